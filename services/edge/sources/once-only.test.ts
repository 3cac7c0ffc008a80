import assert from "node:assert/strict";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Report } from "@drover/core/model/report";
import { openOnceOnly } from "./once-only.ts";

const folder = await mkdtemp(join(tmpdir(), "drover-once-"));
after(() => rm(folder, { recursive: true, force: true }));

const reportOf = (seq: number): Report => ({
  asset: "station:gate-1",
  kind: "station",
  at: 1_790_000_000_000 + seq,
  measurements: { a: seq },
  source: "mqtt",
});
const reports = (count: number) => Array.from({ length: count }, (_, seq) => reportOf(seq));

test("knows after a restart what was taken before, also behind a torn digest", async () => {
  const config = { file: join(folder, "restart/seen"), reportsMax: 1_000 };
  const taken: Report[] = [];
  const emit = async (batch: readonly Report[]) => void taken.push(...batch);
  {
    using once = await openOnceOnly(config);
    assert.deepEqual(await once.take(reports(10), emit), { emitted: 10, repeated: 0 });
  }
  await appendFile(config.file, "torn");
  for (let restart = 0; restart < 2; restart++) {
    using once = await openOnceOnly(config);
    const late = reports(11 + restart).map((report) => ({ ...report, historical: true }));
    assert.deepEqual(await once.take(late, emit), { emitted: 1, repeated: 10 + restart });
  }
  assert.equal(taken.length, 12);
});

test("forgets the oldest generation at its bound, not the one before", async () => {
  using once = await openOnceOnly({ file: join(folder, "bound"), reportsMax: 10 });
  const emit = async () => {};
  for (let seq = 0; seq < 25; seq++) await once.take([reportOf(seq)], emit);
  assert.equal((await once.take([reportOf(10)], emit)).repeated, 1);
  assert.equal((await once.take([reportOf(9)], emit)).repeated, 0);
});

test("what the outbox refused may come again; a twin waits for the first to be durable", async () => {
  using once = await openOnceOnly({ file: join(folder, "twins"), reportsMax: 10 });
  const failing = async () => Promise.reject(new Error("disk full"));
  await assert.rejects(once.take(reports(1), failing), /disk full/);
  const gate = Promise.withResolvers<void>();
  const first = once.take(reports(1), () => gate.promise);
  let isTwinDone = false;
  const twin = once.take([...reports(1), ...reports(1)], failing).then((taken) => {
    isTwinDone = true;
    return taken;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isTwinDone, false);
  gate.resolve();
  assert.deepEqual(await Promise.all([first, twin]), [
    { emitted: 1, repeated: 0 },
    { emitted: 0, repeated: 2 },
  ]);
});
