import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { forgetLostTokens } from "./lost-tokens.ts";

/** A table's folder with these parts and notes. */
async function tableOf(parts: readonly string[], logs: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), "lost-tokens-"));
  const table = join(folder, "store", "0fa", "0fa05a31");
  await mkdir(join(table, "deduplication_logs"), { recursive: true });
  for (const part of parts) await mkdir(join(table, part));
  for (const [name, text] of Object.entries(logs)) {
    await writeFile(join(table, "deduplication_logs", name), text);
  }
  const log = (name: string) => readFile(join(table, "deduplication_logs", name), "utf8");
  return {
    folder,
    log,
    names: () => readdir(join(table, "deduplication_logs")),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

test("a token stays as long as its part is there, by itself or within a merged one", async () => {
  const log = [
    "1\t60-20261121_8_8_1\tblock-a",
    "1\t60-20261121_10_10_0\tblock-b",
    "1\tall_3_3_0\tblock-c",
    "1\tall_4_4_0\tblock-d",
    "2\tall_4_4_0\tblock-d",
    "",
  ].join("\n");
  const parts = ["60-20261121_7_12_2_15", "all_3_3_0", "detached"];
  await using table = await tableOf(parts, { "deduplication_log_1.txt": log });
  assert.deepEqual(await forgetLostTokens(table.folder), { tables: 0, tokens: 0 });
  assert.equal(await table.log("deduplication_log_1.txt"), log);
});

test("a token whose part never came in place is forgotten, and no other", async () => {
  const kept = ["1\tall_1_1_0\tblock-a", "2\tall_9_9_0\tblock-old", "not a note"];
  const lost = ["1\tall_2_2_0\tblock-b", "1\tother_1_1_0\tblock-c"];
  const logs = {
    "deduplication_log_1.txt": `${[kept[0], lost[0], kept[1], lost[1], kept[2]].join("\n")}\n`,
    "deduplication_log_2.txt": `${lost[0]}\n`,
    "notes.txt": `${lost[0]}\n`,
  };
  await using table = await tableOf(["all_1_1_0", "tmp_insert_all_2_2_0"], logs);
  assert.deepEqual(await forgetLostTokens(table.folder), { tables: 1, tokens: 2 });
  assert.equal(await table.log("deduplication_log_1.txt"), `${kept.join("\n")}\n`);
  assert.equal(await table.log("deduplication_log_2.txt"), "");
  assert.equal(await table.log("notes.txt"), logs["notes.txt"]);
  assert.equal((await table.names()).length, 3, "nothing is left beside them");
});

test("a folder without tables, or none at all, is no error", async () => {
  await using table = await tableOf([], {});
  assert.deepEqual(await forgetLostTokens(table.folder), { tables: 0, tokens: 0 });
  assert.deepEqual(await forgetLostTokens(join(table.folder, "absent")), { tables: 0, tokens: 0 });
});
