import assert from "node:assert/strict";
import { test } from "node:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Report } from "@drover/core/model/report";
import { createWatchRig, essence, eventually } from "./testing.ts";
import type { WatchRig } from "./testing.ts";

const t0 = Date.now() - 60 * 60_000;
const by = { by: "test" };
const limits = { timeout: 20_000 };

function station(name: string, atS: number, temp: number): Report {
  return {
    asset: `station:${name}`,
    kind: "station",
    at: t0 + atS * 1_000,
    position: { lat: -12.4, lon: 130.9 },
    measurements: { temp },
    source: "test",
  };
}

const hot = {
  name: "Too hot",
  condition: { type: "threshold", metric: "temp", above: 40, clearAt: 35 },
  forMs: 0,
  keepFiringMs: 0,
  severity: "warning",
  isEnabled: true,
} as const;

test(
  "a rule fires and is cleared, once, with an alert that follows it",
  { timeout: 60_000 },
  async () => {
    await using rig = await createWatchRig();
    await rig.rules.create(hot, { ...by, id: "hot" });
    const watch = await rig.start("one");
    await rig.append([station("a", 0, 20), station("b", 1, 20), station("a", 30, 45)]);
    await rig.drained();
    const [standing] = (await rig.alerts.list({ states: ["raised"] }, { limit: 10 })).items;
    assert.equal(standing?.cause, "rule:hot:station:a");
    await rig.append([station("a", 60, 30)]);
    await rig.drained();
    await watch.stop();
    assert.deepEqual(
      (await rig.told()).map(({ kind, asset }) => `${kind} ${asset}`),
      ["rule-fired station:a", "rule-cleared station:a"],
    );
    assert.equal((await rig.alerts.list({ states: ["cleared"] }, { limit: 10 })).items.length, 1);
  },
);

test(
  "a rule that is made while reports come is judged within a look",
  { timeout: 60_000 },
  async () => {
    await using rig = await createWatchRig();
    const watch = await rig.start("one");
    await rig.append([station("a", 0, 50)]);
    await rig.drained();
    await rig.rules.create(hot, { ...by, id: "hot" });
    let atS = 1;
    await eventually(async () => {
      await rig.append([station("a", atS++, 50)]);
      await rig.drained();
      return (await rig.told()).length === 1;
    });
    await rig.rules.remove("hot", by);
    await eventually(
      async () => (await rig.alerts.list({ states: ["raised"] }, { limit: 10 })).items.length === 0,
    );
    await watch.stop();
  },
);

test(
  "what is silent is found without a report, by rule and by itself",
  { timeout: 60_000 },
  async () => {
    await using rig = await createWatchRig();
    const condition = { type: "silence", missed: 3 } as const;
    await rig.rules.create({ ...hot, name: "Silent", condition }, { ...by, id: "silent" });
    const watch = await rig.start("one");
    // Heard every 30 s until half an hour ago.
    const reports = Array.from({ length: 20 }, (_, index) => station("a", index * 30, 20));
    await rig.append(reports);
    await eventually(async () => (await rig.told()).length === 2);
    await rig.append([station("a", 3_600, 20)]);
    await rig.drained();
    await watch.stop();
    assert.deepEqual(
      (await rig.told()).map(({ kind, at }) => `${kind} ${(at - t0) / 1_000}`),
      ["rule-fired 660", "silent 720", "back 3600", "rule-cleared 3600"],
    );
  },
);

test("alerts of a rule that is gone are ended, whenever they were raised", limits, async () => {
  await using rig = await createWatchRig();
  const standing = async () => (await rig.alerts.list({ states: ["raised"] }, { limit: 10 })).items;
  /** As somebody does who does not know yet that the rule is gone. */
  const raise = async (asset: string) => {
    const explanation = { text: "it was hot" };
    const event = { id: asset, at: Date.now(), retro: false, explanation };
    const subject = { cause: `rule:gone:${asset}`, rule: "gone", asset };
    const change = { kind: "raise", ...subject, event, title: "Hot", severity: "warning" } as const;
    await rig.alerts.apply([change], Date.now());
    assert.equal((await standing()).length, 1);
  };
  await raise("station:a");
  const watch = await rig.start("one");
  await eventually(async () => (await standing()).length === 0);
  await raise("station:b");
  await eventually(async () => (await standing()).length === 0);
  await watch.stop();
});

test("an edge that is silent is told once, and when it is back", { timeout: 60_000 }, async () => {
  await using rig = await createWatchRig();
  const note = (edge: string, agoMs: number) =>
    rig.links.note([{ edge, receivedAt: Date.now() - agoMs, epoch: 1, through: 1 }]);
  await note("edge-2", 200_000);
  await note("edge-1", 0);
  const first = await rig.start("one");
  await eventually(async () => (await rig.told()).length === 1);
  await first.stop();
  const second = await rig.start("two");
  await note("edge-2", 0);
  await eventually(async () => (await rig.told()).length === 2);
  await second.stop();
  assert.deepEqual(
    (await rig.told()).map(({ kind, asset }) => `${kind} ${asset}`),
    ["silent edge:edge-2", "back edge:edge-2"],
  );
  const { items } = await rig.alerts.list({}, { limit: 10 });
  assert.deepEqual(
    items.map(({ cause, state }) => `${cause} ${state}`),
    ["edge:edge-2 cleared"],
  );
});

test("alarms of what lies behind a silent edge are held back", { timeout: 60_000 }, async () => {
  await using rig = await createWatchRig();
  const condition = { type: "silence", afterMs: 60_000 } as const;
  await rig.rules.create({ ...hot, name: "Silent", condition }, { ...by, id: "silent" });
  const heardMs = 200_000;
  const note = (edge: string, agoMs: number) => ({
    edge,
    receivedAt: Date.now() - agoMs,
    epoch: 1,
    through: 1,
  });
  await rig.links.note([note("edge-1", heardMs), note("edge-2", 0)]);
  await rig.append([station("a", 3_600 - heardMs / 1_000, 20)]);
  const watch = await rig.start("one");
  const standing = async () => (await rig.alerts.list({ states: ["raised"] }, { limit: 10 })).items;
  await eventually(async () => (await standing()).length === 2);
  await watch.stop();
  const held = (await standing()).map(({ cause, inhibitedBy }) => `${cause} by ${inhibitedBy}`);
  assert.deepEqual(held.toSorted(), [
    "edge:edge-1 by undefined",
    "rule:silent:station:a by edge:edge-1",
  ]);
});

test(
  "two members share the partitions and one takes over when the other leaves",
  { timeout: 60_000 },
  async () => {
    await using rig = await createWatchRig();
    await rig.rules.create({ ...hot, forMs: 40_000 }, { ...by, id: "hot" });
    const names = ["a", "b", "c", "d", "e", "f"];
    const first = await rig.start("one", timeless);
    const second = await rig.start("two", timeless);
    const shared = async () => {
      const { perPartition } = await rig.stream.lag("watch");
      return new Set(perPartition.map(({ owner }) => owner)).size === 2;
    };
    await eventually(shared);
    for (let atS = 0; atS < 600; atS += 10) {
      await rig.append(names.map((name, index) => station(name, atS, wave(atS + index * 50))));
      if (atS === 200) await first.stop();
      if (atS === 400) await (await rig.start("three", timeless)).stop();
    }
    await rig.drained();
    await second.stop();
    await using plain = await createWatchRig();
    await plain.rules.create({ ...hot, forMs: 40_000 }, { ...by, id: "hot" });
    const watch = await plain.start("one", timeless);
    for (let atS = 0; atS < 600; atS += 10) {
      await plain.append(names.map((name, index) => station(name, atS, wave(atS + index * 50))));
    }
    await plain.drained();
    await watch.stop();
    const expected = essence(await plain.told());
    assert.ok(expected.length > 10);
    assert.deepEqual(essence(await rig.told()), expected);
  },
);

/** These reports are of an hour ago and come within a second: the clock on the wall says nothing of them. */
const timeless = { config: { settleMs: 600_000 } };

/** Between 20 and 50 degrees, in 200 s. */
const wave = (atS: number): number => 35 + 15 * Math.sin((atS / 200) * 2 * Math.PI);

test(
  "what late data shows of a gap is retro and changes nothing that holds now",
  { timeout: 60_000 },
  async () => {
    await using rig = await createWatchRig();
    await rig.rules.create(hot, { ...by, id: "hot" });
    const watch = await rig.start("one", timeless);
    for (let atS = 0; atS <= 60; atS += 10) await rig.append([station("a", atS, 20)]);
    await rig.append([station("a", 2_000, 20)]);
    const backlog = [700, 710, 720, 730].map((atS) => station("a", atS, atS < 725 ? 50 : 20));
    await rig.append(backlog, { lane: "backfill", receivedAt: () => t0 + 2_001_000 });
    await rig.drained();
    await watch.stop();
    assert.deepEqual(
      (await rig.told()).map(({ kind, at, retro }) => `${kind} ${(at - t0) / 1_000} ${retro}`),
      ["rule-fired 700 true", "rule-cleared 730 true"],
    );
    assert.equal((await rig.alerts.list({ states: ["raised"] }, { limit: 10 })).items.length, 0);
  },
);

const main = fileURLToPath(import.meta.resolve("../main.ts"));

/** A watch in a process of its own, under the same name in each of its lives. */
function spawnWatch(rig: WatchRig) {
  return spawn(process.execPath, [main], {
    env: {
      DROVER_PIPELINE: "watch",
      DROVER_STREAM_URL: rig.streamUrl,
      DROVER_RECORDS_URL: rig.recordsUrl,
      DROVER_INSTANCE: "victim",
      DROVER_WATCH_ROUND_MS: "1",
      DROVER_WATCH_ROUND_ROWS: "100",
      DROVER_WATCH_COMMIT_MS: "30",
      DROVER_WATCH_SETTLE_MS: "600000",
      DROVER_LOG_LEVEL: "error",
      DROVER_PROBE_MS: "0",
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
}

test(
  "killed again and again, it tells what an undisturbed one tells, each once",
  { timeout: 120_000 },
  async () => {
    await using rig = await createWatchRig();
    await using plain = await createWatchRig();
    const rule = { ...hot, forMs: 40_000, keepFiringMs: 20_000 };
    for (const one of [rig, plain]) await one.rules.create(rule, { ...by, id: "hot" });
    const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
    const batches = Array.from({ length: 90 }, (_, step) =>
      names.map((name, index) => station(name, step * 10, wave(step * 10 + index * 13))),
    );
    let child = spawnWatch(rig);
    for (const [step, batch] of batches.entries()) {
      await rig.append(batch);
      if (step % 30 !== 29 || step === 89) continue;
      // In the middle of its work: something is recorded that is not written down, or the reverse.
      const before = await rig.events.newestNumber();
      await eventually(async () => (await rig.events.newestNumber()) > before);
      child.kill("SIGKILL");
      await once(child, "exit");
      child = spawnWatch(rig);
    }
    await rig.drained();
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    assert.equal(code, 0);
    const watch = await plain.start("one", timeless);
    for (const batch of batches) await plain.append(batch);
    await plain.drained();
    await watch.stop();
    const expected = essence(await plain.told());
    assert.ok(expected.length > 150, `${expected.length} events`);
    assert.deepEqual(essence(await rig.told()), expected);
    const causes = async ({ alerts }: WatchRig) => {
      const { items } = await alerts.list({}, { limit: 1_000 });
      return items.map(({ cause, state, count }) => `${cause} ${state} ${count}`).toSorted();
    };
    assert.deepEqual(await causes(rig), await causes(plain));
  },
);
