import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createFakeClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createRecorder, RecordOptions } from "./record.ts";

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "drover-record-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

test("files turn over at their size and the oldest go at the bound of all", async (t) => {
  const dir = join(await folder(t), "made", "by", "itself");
  const clock = createFakeClock({ nowMs: Date.UTC(2026, 0, 10) });
  const options = RecordOptions.parse({ dir, fileBytes: 1_024, totalBytes: 4_096 });
  const deps = { clock, log: silentLog };
  const line = "x".repeat(99);
  {
    await using recorder = createRecorder(options, { prefix: "sbs", ext: "log" }, deps);
    for (let i = 0; i < 100; i++) await recorder.write(line);
    assert.equal(recorder.lost(), 0);
  }
  const names = await readdir(dir);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(dir, name))).size));
  assert(sizes.every((size) => size <= 1_024));
  assert(sizes.reduce((sum, size) => sum + size) <= 4_096);
  assert(
    names.every((name) => name.startsWith("sbs.20260110T000000.000Z") && name.endsWith(".log")),
  );
  const last = await readFile(join(dir, names.toSorted().at(-1) ?? ""), "utf8");
  assert.equal(last.split("\n")[0], line);
});

test("a recording that cannot be written is counted and does not stop the source", async (t) => {
  const options = RecordOptions.parse("/dev/null/no-folder");
  const clock = createFakeClock();
  t.assert.deepEqual(options.dir, "/dev/null/no-folder");
  await using recorder = createRecorder(
    options,
    { prefix: "a", ext: "log" },
    { clock, log: silentLog },
  );
  await recorder.write("one");
  await recorder.write("two");
  assert.equal(recorder.lost(), 2);
});
