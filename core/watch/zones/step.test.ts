import assert from "node:assert/strict";
import { test } from "node:test";
import { WatchEvent } from "../../model/event.ts";
import { insideOf, markStale, phasesOf, staleAt } from "./asset-zones.ts";
import { stepZones } from "./step.ts";
import { briefly, fixAt, startAt, tell, zoneOf } from "./testing.ts";
import { createZoneSet } from "./zone-set.ts";

const yard = createZoneSet([zoneOf()]);

/** Fixes every `stepS` seconds along the equator. */
const drive = (eastM: readonly number[], stepS = 10) =>
  eastM.map((east, at) => fixAt(at * stepS, [east, 0]));

test("two fixes inside confirm an entry, two beyond the margin an exit, at interpolated times", () => {
  const told = tell(drive([-1_500, -500, 0, 500, 1_500, 2_000]), yard);
  assert.deepEqual(briefly(told.events), ["entered@5", "left@35"]);
  for (const event of told.events) assert.deepEqual(WatchEvent.parse(event), event);
  const [entered] = told.events;
  assert.equal(entered?.zoneVersion, 1);
  assert.equal(entered?.retro, false);
  assert.match(entered?.explanation.text ?? "", /^vehicle:one entered Yard, 5 s before the fix/);
  assert.deepEqual(
    entered?.explanation.fixes?.map(({ at, distanceM }) => [(at - startAt) / 1_000, distanceM]),
    [
      [0, 500],
      [10, -500],
      [20, -1_000],
    ],
  );
  assert.ok(Math.abs((entered?.position?.lon ?? 0) * 111_195 + 1_000) < 1);
});

test("one fix on the other side confirms nothing", () => {
  const inside = tell(drive([0, 100, 1_500, 100, 200]), yard);
  assert.deepEqual(briefly(inside.events), ["entered@0"]);
  assert.deepEqual(insideOf(inside.state), ["yard"]);
  const outside = tell(drive([-1_010, -980, -1_015, -1_010]), yard);
  assert.deepEqual(briefly(outside.events), []);
});

test("who stays within the margin has not left", () => {
  const told = tell(drive([0, 0, 1_050, 1_060, 1_080, 1_050]), yard);
  assert.deepEqual(briefly(told.events), ["entered@0"]);
  const accurate = { accuracyM: 400 };
  const vague = [0, 0, 1_450, 1_450, 1_450].map((east, at) => fixAt(at * 10, [east, 0], accurate));
  assert.deepEqual(briefly(tell(vague, yard).events), ["entered@0"]);
});

test("an exit margin of the zone's own is kept to", () => {
  const set = createZoneSet([
    zoneOf({
      confirmation: { fixes: 1, enterDwellMs: 30_000, exitDwellMs: 60_000, exitMarginM: 0 },
    }),
  ]);
  assert.deepEqual(briefly(tell(drive([0, 1_011, 1_020]), set).events), ["entered@0", "left@9.9"]);
});

test("dwell confirms where the fixes asked for are many", () => {
  const confirmation = { fixes: 10, enterDwellMs: 30_000, exitDwellMs: 20_000 };
  const set = createZoneSet([zoneOf({ confirmation })]);
  const fixes = drive([0, 0, 0, 0, 3_000, 3_000, 3_000, 3_000]);
  assert.deepEqual(briefly(tell(fixes.slice(0, 3), set).events), []);
  assert.deepEqual(briefly(tell(fixes.slice(0, 4), set).events), ["entered@0"]);
  assert.deepEqual(briefly(tell(fixes.slice(0, 6), set).events), ["entered@0"]);
  assert.deepEqual(briefly(tell(fixes.slice(0, 7), set).events), ["entered@0", "left@33.3"]);
});

test("a step that leads through gives one crossing, at the time it came in", () => {
  const told = tell(drive([-5_000, 5_000, 15_000]), yard);
  assert.deepEqual(briefly(told.events), ["crossed@4"]);
  const single = tell(drive([-5_000, 0, 5_000]), yard);
  assert.deepEqual(briefly(single.events), ["crossed@8"]);
  const beside = [fixAt(0, [-5_000, 1_100]), fixAt(10, [5_000, 1_100])];
  assert.deepEqual(briefly(tell(beside, yard).events), []);
});

test("nothing is made of a step that took longer than a quarter of an hour", () => {
  assert.deepEqual(briefly(tell(drive([-5_000, 5_000, 15_000], 901), yard).events), []);
  assert.deepEqual(briefly(tell(drive([-5_000, 0, 0], 901), yard).events), ["entered@901"]);
});

test("who dwells long enough gives `dwelt` once a visit, also when it is noticed on leaving", () => {
  const set = createZoneSet([zoneOf({ dwellMs: 15_000 })]);
  const stays = tell(drive([0, 0, 0, 0, 0]), set);
  assert.deepEqual(briefly(stays.events), ["entered@0", "dwelt@15"]);
  const leaves = [fixAt(0, [0, 0]), fixAt(1, [0, 0]), fixAt(41, [4_000, 0]), fixAt(51, [5_000, 0])];
  assert.deepEqual(briefly(tell(leaves, set).events), ["entered@0", "left@11"]);
  const later = [fixAt(0, [0, 0]), fixAt(1, [0, 0]), fixAt(81, [4_000, 0]), fixAt(91, [5_000, 0])];
  assert.deepEqual(briefly(tell(later, set).events), ["entered@0", "dwelt@15", "left@21"]);
});

test("floor and ceiling count, and the time of passing them is interpolated", () => {
  const set = createZoneSet([zoneOf({ floorM: 300, ceilingM: 1_000 })]);
  const climb = [0, 200, 400, 600, 1_200, 1_400].map((altitudeM, at) =>
    fixAt(at * 10, [0, 0], { altitudeM }),
  );
  assert.deepEqual(briefly(tell(climb, set).events), ["entered@15", "left@36.7"]);
  const through = [fixAt(0, [0, 0], { altitudeM: 0 }), fixAt(10, [500, 0], { altitudeM: 2_000 })];
  assert.deepEqual(briefly(tell(through, set).events), ["crossed@1.5"]);
  const below = [0, 10, 20].map((at) => fixAt(at, [0, 0], { altitudeM: 250 }));
  assert.deepEqual(briefly(tell(below, set).events), []);
  const noisy = [990, 980, 1_010, 990, 1_020, 995].map((altitudeM, at) =>
    fixAt(at * 10, [0, 0], { altitudeM }),
  );
  assert.deepEqual(briefly(tell(noisy, set).events), ["entered@0"]);
});

test("a fix without altitude says nothing of a zone with a band", () => {
  const set = createZoneSet([zoneOf({ floorM: 300 })]);
  const fixes = [
    fixAt(0, [0, 0], { altitudeM: 500 }),
    fixAt(10, [0, 0], { altitudeM: 500 }),
    fixAt(20, [5_000, 0]),
    fixAt(30, [5_000, 0]),
  ];
  const told = tell(fixes, set);
  assert.deepEqual(briefly(told.events), ["entered@0"]);
  assert.deepEqual(insideOf(told.state), ["yard"]);
});

test("suspect fixes are no evidence", () => {
  const fixes = drive([0, 0, 5_000, 6_000, 0]).map((fix, at) => ({
    ...fix,
    isSuspect: at === 2 || at === 3,
  }));
  assert.deepEqual(briefly(tell(fixes, yard).events), ["entered@0"]);
  const [first = fixAt(0, [0, 0])] = fixes;
  assert.equal(stepZones(undefined, { ...first, isSuspect: true }, yard).outcome, "suspect");
});

test("a zone is about the kinds and assets that it names", () => {
  const kinds = createZoneSet([zoneOf({ applies: { kinds: ["aircraft"] } })]);
  assert.deepEqual(briefly(tell(drive([0, 0]), kinds).events), []);
  const assets = createZoneSet([zoneOf({ applies: { assets: ["vehicle:one"] } })]);
  assert.deepEqual(briefly(tell(drive([0, 0]), assets).events), ["entered@0"]);
});

test("silence makes stale, not left", () => {
  const { state } = tell(drive([0, 0, 0]), yard);
  const at = staleAt(state) ?? 0;
  assert.equal(at, startAt + 20_000 + 60_000);
  assert.equal(markStale(state, at - 1), state);
  const stale = markStale(state, at);
  assert.deepEqual(phasesOf(stale), [{ zone: "yard", phase: "stale" }]);
  const told = tell([fixAt(7_200, [10, 0])], yard, stale);
  assert.deepEqual(told.all, []);
  assert.deepEqual(phasesOf(told.state), [{ zone: "yard", phase: "in" }]);
});

test("a zone that ends, is disabled or is changed to mean others is left at that moment", () => {
  const inside = tell(drive([0, 0, 0]), yard);
  const at = startAt + 25_000;
  const next = fixAt(30, [0, 0]);
  const leaving = (zone: Parameters<typeof zoneOf>[0]) =>
    tell([next], createZoneSet([zoneOf({ validUntil: at }), zoneOf(zone)]), inside.state);
  const changed = { version: 2, validFrom: at };
  assert.deepEqual(briefly(leaving({ ...changed, isEnabled: false }).events), ["left@25"]);
  assert.deepEqual(briefly(leaving({ ...changed, applies: { kinds: ["ship"] } }).events), [
    "left@25",
  ]);
  assert.deepEqual(briefly(leaving({ validUntil: at }).events), ["left@25"]);
  const renamed = leaving({ ...changed, name: "Yard 2" });
  assert.deepEqual(renamed.events, []);
  assert.deepEqual(insideOf(renamed.state), ["yard"]);
  const gone = tell([next], createZoneSet([zoneOf({ id: "other" })]), inside.state);
  assert.deepEqual([gone.events, insideOf(gone.state)], [[], ["other"].slice(1)]);
});

test("late data meets the zone as it was", () => {
  const moved = zoneOf({
    version: 2,
    validFrom: startAt + 1_000_000,
    shape: { type: "circle", center: [1, 1], radiusM: 1_000 },
  });
  const set = createZoneSet([zoneOf({ validUntil: startAt + 1_000_000 }), moved]);
  const fixes = [
    fixAt(0, [5_000, 0]),
    fixAt(2_000, [5_000, 0]),
    fixAt(2_010, [5_000, 0]),
    fixAt(100, [0, 0]),
    fixAt(110, [0, 0]),
  ];
  const told = tell(fixes, set);
  assert.deepEqual(briefly(told.events), ["entered@80", "left@2000"]);
  assert.deepEqual(
    told.events.map(({ zoneVersion }) => zoneVersion),
    [1, 2],
  );
});

test("no zones, nothing to remember; a zone that cannot be made ready is named", () => {
  assert.equal(tell(drive([0, 0]), createZoneSet([])).state, undefined);
  const schedule = {
    timeZone: "Mars/Olympus",
    windows: [{ days: [1], from: "08:00", to: "09:00" }],
  };
  const set = createZoneSet([zoneOf({ schedule }), zoneOf({ id: "other" })]);
  assert.equal(set.size, 1);
  assert.deepEqual(
    set.faults.map(({ zone }) => zone),
    ["yard"],
  );
});
