// Batches for the conformance suite: rows of one byte that tell their own number, and a plain model
// of what a log must do with them.

import type { AppendBatch, AppendResult, Entry, Identity, Slice, StreamLog } from "./log.ts";

export const wide = { maxBytes: 64 * 1024 * 1024, maxCount: 1_000_000 } as const;

export interface Row {
  readonly partition: number;
  readonly seq: number;
  /** What the row says; its bytes are `text` and a line end. */
  readonly text: string;
}

export const rowOf = (partition: number, seq: number, text = `${partition}:${seq}`): Row => ({
  partition,
  seq,
  text,
});

/** The rows of one batch, a slice per partition in the order of the rows. */
export function batchOf(
  rows: readonly Row[],
  more: Partial<Omit<AppendBatch, "slices">> & { quarantine?: number } = {},
): AppendBatch {
  const { quarantine, ...rest } = more;
  const identity: Identity = rest.identity ?? { kind: "seq", edge: "edge-1", epoch: 1 };
  const byPartition = Map.groupBy(rows, ({ partition }) => partition);
  const slices = [...byPartition].map(([partition, mine]): Slice => {
    const kind = partition === quarantine ? "quarantine" : "rows";
    const parts = mine.map(({ text }) => Buffer.from(`${text}\n`));
    let end = 0;
    const ends = parts.map((part) => (end += part.length));
    const seqs = mine.map(({ seq }) => seq);
    const slice = { partition, kind, bytes: Buffer.concat(parts), ends, seqs } as const;
    if (identity.kind === "seq") return slice;
    return { ...slice, keys: mine.map(({ text }) => text), ats: seqs };
  });
  return { lane: "live", ...rest, identity, slices };
}

/** A run of numbers, one partition after another. */
export function runOf(first: number, last: number, partitions: number): Row[] {
  const rows: Row[] = [];
  for (let seq = first; seq <= last; seq++) rows.push(rowOf(seq % partitions, seq));
  return rows;
}

export const textsOf = (entries: readonly Entry[]): string[] =>
  entries.flatMap(({ bytes }) => Buffer.from(bytes).toString().split("\n").slice(0, -1));

/** Everything a partition holds, row by row. */
export async function textsIn(log: StreamLog, partition: number): Promise<string[]> {
  const bounds = (await log.bounds())[partition];
  const texts: string[] = [];
  let offset = bounds?.start ?? 0;
  while (offset < (bounds?.end ?? 0)) {
    const entries = await log.read(partition, offset, wide);
    texts.push(...textsOf(entries));
    const last = entries.at(-1);
    if (last === undefined) throw new Error(`partition ${partition} ends early, at ${offset}`);
    offset = last.offset + last.count;
  }
  return texts;
}

/** Everything the log holds, row by row, in no order that means anything across partitions. */
export async function allTexts(log: StreamLog): Promise<string[]> {
  const texts: string[] = [];
  for (let partition = 0; partition <= log.partitions; partition++) {
    texts.push(...(await textsIn(log, partition)));
  }
  return texts;
}

/** A log as simple as can be: a set of numbers per sender, a list of rows per partition. */
export class ModelLog {
  readonly partitions: string[][];
  readonly #seen = new Map<string, Set<number | string>>();

  constructor(partitions: number) {
    this.partitions = Array.from({ length: partitions + 1 }, () => []);
  }

  append(rows: readonly Row[], sender: { edge: string; epoch: number } | undefined): AppendResult {
    const name = sender === undefined ? "" : `${sender.edge}/${sender.epoch}`;
    const seen = this.#seen.get(name) ?? new Set();
    this.#seen.set(name, seen);
    const result = { accepted: 0, quarantined: 0, duplicates: 0, through: 0 };
    // The order in which a batch's slices stand, for the rows of a batch that repeat a number.
    for (const [partition, mine] of Map.groupBy(rows, (row) => row.partition)) {
      for (const row of mine) {
        const id = sender === undefined ? row.text : row.seq;
        if (seen.has(id)) result.duplicates++;
        else {
          seen.add(id);
          this.partitions[partition]?.push(row.text);
          result[partition === this.partitions.length - 1 ? "quarantined" : "accepted"]++;
        }
      }
    }
    if (sender !== undefined) while (seen.has(result.through + 1)) result.through++;
    return result;
  }
}
