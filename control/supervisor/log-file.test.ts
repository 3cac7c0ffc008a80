import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createLineSplitter, createLogFile } from "./log-file.ts";

test("a log file is set aside at its size and only so many are kept", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "drover-log-"));
  t.after(() => rm(dir, { recursive: true }));
  const path = join(dir, "api.log");
  using log = createLogFile({ path, bytesMax: 20, keepMax: 2 });
  for (let line = 0; line < 9; line += 1) log.write(`line ${line}`);
  assert.deepEqual((await readdir(dir)).toSorted(), ["api.log", "api.log.1", "api.log.2"]);
  assert.equal(await readFile(path, "utf8"), "line 8\n");
  assert.equal(await readFile(`${path}.1`, "utf8"), "line 6\nline 7\n");
  assert.equal(await readFile(`${path}.2`, "utf8"), "line 4\nline 5\n");
  assert.equal(log.dropped(), 0);
});

test("a log goes on behind what an earlier process wrote", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "drover-log-"));
  t.after(() => rm(dir, { recursive: true }));
  const path = join(dir, "api.log");
  for (const line of ["before", "after"]) {
    using log = createLogFile({ path, bytesMax: 1000, keepMax: 1 });
    log.write(line);
  }
  assert.equal(await readFile(path, "utf8"), "before\nafter\n");
});

test("text is cut into lines wherever its pieces end, and an endless line is cut", () => {
  const lines: string[] = [];
  const split = createLineSplitter((line) => lines.push(line));
  for (const piece of ["one\ntw", "o\r\n", "\nthree", "\n"]) split(piece);
  assert.deepEqual(lines, ["one", "two", "three"]);
  split("x".repeat(70_000));
  assert.equal(lines[3]?.length, 65_536);
});
