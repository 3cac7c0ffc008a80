// The engine writes an insert's token down just before it puts the insert's part in place. Killed in
// between, it knows the token and lacks the rows, and would drop the very repetition that brings them.
// So before it opens its folder, tokens of parts that are not there are taken out of its notes.
//
// The notes are lines `operation TAB part TAB block`, 1 for a block that came and 2 for one that was
// dropped, in `deduplication_logs` beside the parts. A part is the folder
// `<partition>_<first block>_<last block>_<level>`; a merged one stands for all blocks in between.

import { randomUUID } from "node:crypto";
import { readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const partPattern = /^([^_]+)_(\d+)_(\d+)_\d+(?:_\d+)?$/;
const lognamePattern = /^deduplication_log_\d+\.txt$/;
const CAME = "1";
const DROPPED = "2";

export interface LostTokens {
  /** Folders of tables in which tokens were taken out. */
  readonly tables: number;
  readonly tokens: number;
}

/** Only while no engine has the folder open. Damaged or unknown lines are left as they are. */
export async function forgetLostTokens(folder: string): Promise<LostTokens> {
  let tables = 0;
  let tokens = 0;
  const store = join(folder, "store");
  for (const shard of await namesIn(store)) {
    for (const table of await namesIn(join(store, shard))) {
      const forgotten = await forgetInTable(join(store, shard, table));
      if (forgotten > 0) tables += 1;
      tokens += forgotten;
    }
  }
  return { tables, tokens };
}

async function forgetInTable(table: string): Promise<number> {
  const logs = join(table, "deduplication_logs");
  const names = (await namesIn(logs)).filter((name) => lognamePattern.test(name));
  if (names.length === 0) return 0;
  const texts = new Map<string, string>();
  for (const name of names.toSorted((a, b) => numberOf(a) - numberOf(b))) {
    texts.set(name, await readFile(join(logs, name), "utf8"));
  }
  const lost = lostBlocks([...texts.values()], coverOf(await namesIn(table)));
  if (lost.size === 0) return 0;
  for (const [name, text] of texts) {
    const lines = text.split("\n");
    const kept = lines.filter((line) => {
      const note = readNote(line);
      return note === undefined || lost.get(note.block) !== note.part;
    });
    if (kept.length === lines.length) continue;
    // In one step, so that a kill here leaves the old notes or the new ones.
    const aside = join(logs, `.${name}.${randomUUID()}`);
    await writeFile(aside, kept.join("\n"));
    await rename(aside, join(logs, name));
  }
  return lost.size;
}

/** Blocks that the notes end up knowing, and whose part is not there: block → part. */
function lostBlocks(
  texts: readonly string[],
  isThere: (part: string) => boolean,
): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const text of texts) {
    for (const line of text.split("\n")) {
      const note = readNote(line);
      if (note?.operation === CAME) known.set(note.block, note.part);
      if (note?.operation === DROPPED) known.delete(note.block);
    }
  }
  for (const [block, part] of known) if (isThere(part)) known.delete(block);
  return known;
}

function readNote(line: string) {
  const [operation, part, block] = line.split("\t");
  if (part === undefined || block === undefined) return undefined;
  return { operation, part, block };
}

const numberOf = (name: string): number => Number(/\d+/.exec(name)?.[0]);

/** Whether a part is there, by itself or in one that it was merged into. */
function coverOf(names: readonly string[]): (part: string) => boolean {
  const spans = new Map<string, [first: number, last: number][]>();
  for (const name of names) {
    const [, partition, first, last] = partPattern.exec(name) ?? [];
    // `tmp_insert_…`, `delete_tmp_…`: on its way, or leaving.
    if (partition === undefined || name.includes("tmp_")) continue;
    const list = spans.get(partition) ?? [];
    list.push([Number(first), Number(last)]);
    spans.set(partition, list);
  }
  return (part) => {
    const [, partition, first, last] = partPattern.exec(part) ?? [];
    if (partition === undefined) return true;
    const list = spans.get(partition) ?? [];
    return list.some(([from, to]) => from <= Number(first) && Number(last) <= to);
  };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}
