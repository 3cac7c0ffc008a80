import assert from "node:assert/strict";
import { test } from "node:test";
import { createRowEncoder } from "@drover/core/model/row-encoder";
import { createFakeClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import type { Entry, StreamLog } from "@drover/core/stream/log";
import { compileRules, silenceDefaults } from "@drover/core/watch/rules/rule-set";
import { createZoneSet } from "@drover/core/watch/zones/zone-set";
import { createWatchCounters } from "./events.ts";
import type { Findings } from "./partition-watch.ts";
import { testConfig } from "./testing.ts";
import { createWatcher } from "./watcher.ts";
import type { WatcherDeps } from "./watcher.ts";

const lease = { partition: 0, token: 1 };
const { signal } = new AbortController();
const ruleSet = compileRules([], { zones: new Set(), silence: silenceDefaults }).set;
const current = {
  revision: 1,
  zones: new Map(),
  rules: new Map(),
  zoneSet: createZoneSet([]),
  ruleSet,
};

/** A watcher of one partition; it works while the test lets time pass. */
function setUp() {
  const clock = createFakeClock();
  const entries: Entry[] = [];
  const told: string[] = [];
  const commits: Parameters<WatcherDeps["consumer"]["commitAll"]>[0][] = [];
  /** What happens while somebody looks how far the log reaches, and why nothing can be committed. */
  const world = { duringLook: () => {}, fault: undefined as Error | undefined };
  const append = (asset: string) => {
    const encoder = createRowEncoder();
    const at = clock.now();
    const stamp = { edge: "", epoch: 1, seq: entries.length + 1, sentAt: at, receivedAt: at };
    const report = { asset, kind: "station", at, measurements: { temp: 20 }, source: "test" };
    encoder.encode(report, { ...stamp, suspect: false });
    const bytes = Buffer.from(encoder.bytes());
    const place = { partition: 0, offset: entries.length, count: 1 };
    entries.push({ ...place, kind: "rows", lane: "live", appendedAt: at, bytes });
  };
  const stream: Pick<StreamLog, "read" | "bounds" | "wait" | "quarantinePartition"> = {
    quarantinePartition: 9,
    bounds: () => {
      world.duringLook();
      return Promise.resolve([{ start: 0, end: entries.length }]);
    },
    read: (_partition, from) => Promise.resolve(entries.slice(from)),
    wait: () => Promise.resolve(),
  };
  const consumer: WatcherDeps["consumer"] = {
    leases: () => [lease],
    checkpoint: () => Promise.resolve({ committed: 0, synced: 0, state: undefined }),
    commitAll: (changes) => {
      if (world.fault !== undefined) return Promise.reject(world.fault);
      commits.push(changes);
      return Promise.resolve();
    },
  };
  const reactions = {
    act: ({ events }: Findings) => {
      told.push(...events.map(({ kind, asset }) => `${kind} ${asset}`));
      return Promise.resolve(true);
    },
  };
  const definitions = { current: () => current, refresh: () => Promise.resolve(false) };
  const counters = createWatchCounters({
    metrics: createMetrics({ service: "test" }),
    log: silentLog,
  });
  const config = { ...testConfig, roundMs: 1_000, commitMs: 3_600_000 };
  const watcher = createWatcher(config, {
    stream,
    consumer,
    definitions,
    reactions,
    clock,
    counters,
  });
  /** Each 30 s a report, until the cadence is known. */
  const hear = async (asset: string) => {
    for (let count = 0; count < 10; count++) {
      append(asset);
      await clock.advance(30_000);
    }
  };
  return { clock, append, hear, told, commits, world, watcher };
}

test("what is silent is found on a partition that always has more to judge", async () => {
  const { clock, append, hear, told, world, watcher } = setUp();
  const stopping = new AbortController();
  const running = watcher.run(stopping.signal);
  await hear("station:silent");
  // Something new is there whenever time is let pass.
  for (let second = 0; second < 600; second += 30) {
    append("station:busy");
    await clock.advance(30_000);
    world.duringLook = () => append("station:busy");
    await watcher.tick(signal);
    world.duringLook = () => {};
  }
  stopping.abort();
  await running;
  assert.deepEqual(told, ["silent station:silent"]);
});

test("states that moved in a look that failed are not written down", async () => {
  const { clock, hear, told, commits, world, watcher } = setUp();
  const stopping = new AbortController();
  const running = watcher.run(stopping.signal);
  await hear("station:silent");
  clock.jump(3_600_000);
  const before = commits.length;
  world.fault = new Error("disk I/O error");
  await assert.rejects(watcher.tick(signal), /disk I\/O/);
  world.fault = undefined;
  stopping.abort();
  await running;
  assert.deepEqual(told, []);
  assert.equal(commits.length, before);
});
