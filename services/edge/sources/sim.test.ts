import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { createFleet } from "@drover/core/fleet/fleet";
import type { Report } from "@drover/core/model/report";
import { createFakeClock, type FakeClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createSimSource, simKind, SimOptions } from "./sim.ts";

const nowMs = Date.UTC(2026, 5, 3, 2);

async function stateFolder() {
  const path = await mkdtemp(join(tmpdir(), "drover-sim-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Runs for `ms` of the fake clock. */
async function play(clock: FakeClock, stateDir: string, options: object, ms: number) {
  const source = createSimSource(SimOptions.parse(options), "sim", {
    clock,
    log: silentLog,
    stateDir,
  });
  const stopping = new AbortController();
  const reports: Report[] = [];
  const emit = async (batch: readonly Report[]) => void reports.push(...batch);
  const done = source.run(emit, stopping.signal);
  const asleep = async () => {
    while (clock.sleeping() === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  await asleep();
  for (let gone = 0; gone < ms; gone += 500) {
    await clock.advance(500);
    await asleep();
  }
  stopping.abort(new Error("stop"));
  await done;
  return { reports, status: source.status() };
}

test("tells what the fleet did, from shortly before its start, and goes on after a restart", async () => {
  await using folder = await stateFolder();
  const clock = createFakeClock({ nowMs });
  const options = { flights: 20, stations: 10, seed: 4 };
  const first = await play(clock, folder.path, options, 3_000);
  const second = await play(clock, folder.path, options, 2_000);
  const fleet = createFleet({ flights: 20, stations: 10, seed: 4 });
  assert.deepEqual(
    [...first.reports, ...second.reports],
    fleet.arrivalsBetween(nowMs - 35_000, nowMs + 5_000),
  );
  assert.equal(first.status.emitted, first.reports.length);
  assert.equal(first.status.state, "finished");
});

test("a faster life keeps the times of the clock", async () => {
  await using folder = await stateFolder();
  const clock = createFakeClock({ nowMs });
  const { reports } = await play(clock, folder.path, { flights: 5, speed: 10 }, 2_000);
  assert.ok(reports.length > 200, String(reports.length));
  for (const { at } of reports) assert.ok(at >= nowMs - 35_000 && at <= nowMs + 2_000);
});

test("reads its spec, and says what is wrong with one", () => {
  assert.equal(simKind.prepare("").kind, "ok");
  assert.equal(simKind.prepare("flights=300&seed=1&stations=0&speed=1").kind, "ok");
  assert.deepEqual(simKind.prepare("flights=many"), {
    kind: "mistakes",
    mistakes: ["flights: Invalid input: expected number, received string"],
  });
});
