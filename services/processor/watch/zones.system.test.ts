import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report } from "@drover/core/model/report";
import type { ZoneInput } from "@drover/core/model/zone";
import { createWatchRig, essence, eventually } from "./testing.ts";
import type { WatchRig } from "./testing.ts";

const t0 = Date.now() - 60 * 60_000;
const by = { by: "test" };
const limits = { timeout: 20_000 };
/** These reports are of an hour ago: the clock on the wall says nothing of them. */
const timeless = { config: { settleMs: 600_000 } };
const harbour: ZoneInput = {
  name: "Harbour",
  shape: { type: "circle", center: [130.9, -12.4], radiusM: 5_000 },
  alert: { on: ["entered"], severity: "warning" },
  isEnabled: true,
};

/** North to south through the zone at 200 m/s, which it enters after 225 s and leaves after 275 s. */
function flight(name: string, atS: number): Report {
  const lat = -12.4 + (50_000 - atS * 200) / 111_195;
  return {
    asset: `aircraft:${name}`,
    kind: "aircraft",
    at: t0 + atS * 1_000,
    position: { lat, lon: 130.9, altitudeM: 1_000 },
    source: "test",
  };
}

const seconds = (from: number, to: number, stepS = 5): readonly number[] =>
  Array.from({ length: Math.ceil((to - from) / stepS) }, (_, index) => from + index * stepS);

const createHarbour = (rig: WatchRig) => rig.zones.create(harbour, { ...by, id: "harbour" });

test("a visit gives two events and an alert that stands between them", limits, async () => {
  await using rig = await createWatchRig();
  await createHarbour(rig);
  const watch = await rig.start("one", timeless);
  await rig.append(seconds(0, 250).map((atS) => flight("a", atS)));
  await rig.drained();
  const raised = (await rig.alerts.list({ states: ["raised"] }, { limit: 10 })).items;
  assert.deepEqual(
    raised.map(({ cause }) => cause),
    ["zone:harbour:entered:aircraft:a"],
  );
  await rig.append(seconds(250, 500).map((atS) => flight("a", atS)));
  await rig.drained();
  await watch.stop();
  const told = await rig.told();
  assert.deepEqual(
    told.map(({ kind, zone, retro }) => [kind, zone, retro]),
    [
      ["entered", "harbour", false],
      ["left", "harbour", false],
    ],
  );
  assert.ok(
    Math.abs((told[0]?.at ?? 0) - t0 - 225_000) < 1_000,
    "entered when it crossed the border",
  );
  assert.equal((await rig.alerts.list({ states: ["raised"] }, { limit: 10 })).items.length, 0);
});

test(
  "a visit that lies wholly inside an outage is found when the backlog comes",
  limits,
  async () => {
    await using rig = await createWatchRig();
    await using plain = await createWatchRig();
    for (const one of [rig, plain]) await createHarbour(one);
    const watch = await rig.start("one", timeless);
    const reportsOf = (from: number, to: number) =>
      seconds(from, to).map((atS) => flight("a", atS));
    await rig.append(reportsOf(0, 150));
    // The link is down for 250 s; what is newest comes first.
    await rig.append(reportsOf(400, 500));
    await rig.drained();
    await rig.append(reportsOf(150, 400), {
      lane: "backfill",
      receivedAt: () => t0 + 500_000,
    });
    await rig.drained();
    await watch.stop();
    const undisturbed = await plain.start("one", timeless);
    await plain.append(reportsOf(0, 500));
    await plain.drained();
    await undisturbed.stop();
    const visits = async (one: WatchRig) =>
      (await one.told()).map(({ kind, at, id }) => `${kind} ${at} ${id}`);
    assert.deepEqual(await visits(rig), await visits(plain));
    assert.deepEqual(
      (await rig.told()).map(({ kind, retro }) => [kind, retro]),
      [
        ["entered", true],
        ["left", true],
      ],
    );
  },
);

test("visits are the same however often the watch is stopped and goes on", limits, async () => {
  await using rig = await createWatchRig();
  await using plain = await createWatchRig();
  for (const one of [rig, plain]) await createHarbour(one);
  const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const batches = seconds(0, 600, 20).map((from) =>
    names.flatMap((name, index) =>
      seconds(from, from + 20).map((atS) => flight(name, atS - index * 10)),
    ),
  );
  for (const [index, batch] of batches.entries()) {
    await rig.append(batch);
    if (index % 6 !== 5) continue;
    const watch = await rig.start(`life ${index}`, timeless);
    await rig.drained();
    await watch.stop();
  }
  const watch = await plain.start("one", timeless);
  for (const batch of batches) await plain.append(batch);
  await plain.drained();
  await watch.stop();
  const expected = essence(await plain.told());
  assert.equal(expected.length, 2 * names.length);
  assert.deepEqual(essence(await rig.told()), expected);
});

test(
  "more assets in a zone than a rule allows fire it once, and clear it when they leave",
  limits,
  async () => {
    await using rig = await createWatchRig();
    await createHarbour(rig);
    const condition = { type: "count", zone: "harbour", above: 2 } as const;
    const rule = { name: "Crowd", condition, forMs: 0, keepFiringMs: 0, isEnabled: true } as const;
    await rig.rules.create(
      { ...rule, severity: "critical", applies: { kinds: ["aircraft"] } },
      { ...by, id: "crowd" },
    );
    const members = [await rig.start("one", timeless), await rig.start("two", timeless)];
    const ruleEvents = async () => (await rig.told()).filter((event) => event.rule === "crowd");
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names.slice(0, 2)) {
      await rig.append(seconds(200, 255).map((atS) => flight(name, atS)));
    }
    await rig.drained();
    assert.deepEqual(await ruleEvents(), []);
    for (const name of names.slice(2)) {
      await rig.append(seconds(200, 255).map((atS) => flight(name, atS)));
    }
    await eventually(async () => (await ruleEvents()).length === 1);
    for (const name of names) await rig.append(seconds(255, 400).map((atS) => flight(name, atS)));
    await eventually(async () => (await ruleEvents()).length === 2);
    for (const member of members) await member.stop();
    assert.deepEqual(
      (await ruleEvents()).map(({ kind, asset, zone }) => [kind, asset, zone]),
      [
        ["rule-fired", undefined, "harbour"],
        ["rule-cleared", undefined, "harbour"],
      ],
    );
  },
);
