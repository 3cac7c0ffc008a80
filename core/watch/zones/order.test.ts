import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { WatchEvent } from "../../model/event.ts";
import type { Fix } from "./fix.ts";
import { rowLength } from "./fix.ts";
import { keptFixes } from "./asset-zones.ts";
import { stepZones } from "./step.ts";
import { briefly, fixAt, startAt, tell, zoneOf } from "./testing.ts";
import { createZoneSet } from "./zone-set.ts";

const zones = createZoneSet([
  zoneOf({ dwellMs: 60_000 }),
  zoneOf({
    id: "block",
    shape: {
      type: "polygon",
      polygons: [
        [
          [
            [0.01, -0.01],
            [0.03, -0.01],
            [0.03, 0.01],
            [0.01, 0.01],
            [0.01, -0.01],
          ],
        ],
      ],
    },
    ceilingM: 1_000,
  }),
  zoneOf({
    id: "road",
    shape: {
      type: "corridor",
      line: [
        [-0.02, 0.005],
        [0.04, 0.005],
      ],
      widthM: 200,
    },
    confirmation: { fixes: 3, enterDwellMs: 30_000, exitDwellMs: 60_000, exitMarginM: 30 },
    schedule: {
      timeZone: "UTC",
      windows: [{ days: [1, 2, 3, 4, 5, 6, 7], from: "00:05", to: "00:20" }],
    },
  }),
]);

/** What stands in the end. */
const visits = (events: readonly WatchEvent[]) =>
  events.map(({ id, kind, zone, at }) => `${at} ${kind} ${zone} ${id}`).toSorted();

/** Walks of an asset near the zones: steps of seconds to half an hour, some fixes of one moment, some noise. */
const walk = fc
  .array(
    fc.record({
      afterS: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 1_800 })),
      eastM: fc.integer({ min: -3_000, max: 4_500 }),
      northM: fc.integer({ min: -1_500, max: 1_500 }),
      altitudeM: fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: undefined }),
      accuracyM: fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((steps) => {
    let seconds = 0;
    return steps.map(({ afterS, eastM, northM, ...rest }) => {
      seconds += afterS;
      return fixAt(seconds, [eastM, northM], rest);
    });
  });

const shuffled = walk.chain((fixes) =>
  fc.tuple(fc.constant(fixes), fc.shuffledSubarray(fixes, { minLength: fixes.length })),
);

test("any order of delivery ends in the same events", () => {
  fc.assert(
    fc.property(shuffled, ([fixes, anyOrder]) => {
      assert.deepEqual(visits(tell(anyOrder, zones).events), visits(tell(fixes, zones).events));
    }),
    { numRuns: 300, seed: 7 },
  );
});

test("a fix that is delivered again changes nothing", () => {
  fc.assert(
    fc.property(shuffled, ([fixes, again]) => {
      const { state } = tell(fixes, zones);
      for (const fix of again) {
        const step = stepZones(state, fix, zones);
        assert.deepEqual([step.events, step.retracted, step.state], [[], [], state]);
      }
    }),
    { numRuns: 50, seed: 7 },
  );
});

test("a state that went through JSON judges on as if it had not", () => {
  fc.assert(
    fc.property(walk, fc.nat(), (fixes, cut) => {
      const at = cut % fixes.length;
      const first = tell(fixes.slice(0, at), zones);
      const state = first.state && JSON.parse(JSON.stringify(first.state));
      const rest = tell(fixes.slice(at), zones, state);
      const whole = tell(fixes, zones);
      assert.deepEqual(visits([...first.all, ...rest.all]), visits(whole.all));
    }),
    { numRuns: 100, seed: 7 },
  );
});

const yard = createZoneSet([zoneOf()]);
const standing = (from: number, to: number, eastM: number): Fix[] =>
  Array.from({ length: (to - from) / 4 }, (_, at) => fixAt(from + at * 4, [eastM, at % 3]));

test("a visit wholly inside an outage is found when the backlog comes, however long both are", () => {
  const before = standing(0, 600, -3_000);
  const during: Fix[] = [];
  for (let s = 600; s < 7_800; s += 4) {
    const eastM = s < 2_000 ? -3_000 + (s - 600) * 2 : s < 6_000 ? -200 : -200 - (s - 6_000) * 2;
    during.push(fixAt(s, [eastM, 0]));
  }
  const after = standing(7_800, 8_400, -3_000);
  const inOrder = tell([...before, ...during, ...after], yard);
  assert.deepEqual(briefly(inOrder.events), ["entered@1600", "left@6400"]);

  const late = tell([...before, ...after.slice(0, 70), ...during, ...after.slice(70)], yard);
  assert.deepEqual(visits(late.events), visits(inOrder.events));
  assert.deepEqual(
    late.events.map(({ retro }) => retro),
    [true, true],
  );

  // The live lane goes on while the backlog drains five times as fast.
  const mixed = [...before];
  const lanes = { live: [...after], backlog: [...during] };
  while (lanes.live.length + lanes.backlog.length > 0) {
    mixed.push(...lanes.live.splice(0, 1), ...lanes.backlog.splice(0, 12));
  }
  assert.deepEqual(visits(tell(mixed, yard).events), visits(inOrder.events));

  // Against the order of time, thinned fixes are missed: the visit is found, its end is coarser.
  const newestFirst = tell([...before, ...after, ...during.toReversed()], yard).events;
  assert.deepEqual(
    newestFirst.map(({ kind }) => kind),
    ["entered", "left"],
  );
  for (const [at, event] of newestFirst.entries()) {
    assert.ok(Math.abs(event.at - (inOrder.events[at]?.at ?? 0)) < 10 * 60_000);
  }
});

test("a crossing that was reckoned is taken back when the backlog shows the way around", () => {
  const gap = [fixAt(0, [-3_000, 0]), fixAt(120, [3_000, 0])];
  const reckoned = tell(gap, yard);
  assert.deepEqual(briefly(reckoned.events), ["crossed@40"]);
  const around = [fixAt(40, [-3_000, 5_000]), fixAt(80, [3_000, 5_000])];
  assert.deepEqual(tell(around, yard, reckoned.state).events, []);
  assert.deepEqual(briefly(tell([...gap, ...around], yard).events), []);
});

test("what is merely out of order by a minute is news, what is older is retro", () => {
  const entry = (lateS: number) =>
    tell([fixAt(0, [-3_000, 0]), fixAt(10, [0, 0]), fixAt(lateS, [0, 0])], yard).events;
  assert.deepEqual(
    entry(9).map(({ retro }) => retro),
    [false],
  );
  const old = [fixAt(0, [-3_000, 0]), fixAt(200, [0, 0]), fixAt(100, [0, 0])];
  assert.deepEqual(
    tell(old, yard).events.map(({ retro }) => retro),
    [true],
  );
  const backlog = [fixAt(0, [0, 0], { isLate: true }), fixAt(10, [0, 0], { isLate: true })];
  assert.deepEqual(
    tell(backlog, yard).events.map(({ retro }) => retro),
    [true],
  );
});

test("an asset's state is bounded, and data beyond its window is refused", () => {
  const fixes = Array.from({ length: 10_000 }, (_, at) =>
    fixAt(at * 10, [Math.sin(at / 50) * 3_000, Math.cos(at / 7) * 500]),
  );
  let state: ReturnType<typeof stepZones>["state"];
  for (const fix of fixes) {
    ({ state } = stepZones(state, fix, zones));
    assert.ok((state?.fixes.length ?? 0) <= keptFixes * rowLength);
    assert.ok((state?.marks.length ?? 0) <= keptFixes);
  }
  assert.equal(stepZones(state, fixAt(5, [0, 0]), zones).outcome, "too-late");
  assert.equal(stepZones(state, fixAt(99_990, [0, 0]), zones).outcome, "repeated");
  assert.ok((state?.horizon ?? 0) > startAt);
});

test("thinning changes no event of data in order of time", () => {
  const fixes = Array.from({ length: 3_000 }, (_, at) =>
    fixAt(at * 7, [Math.sin(at / 40) * 2_500, Math.cos(at / 9) * 700], { accuracyM: at % 30 }),
  );
  const told = tell(fixes, yard);
  assert.ok(told.events.length > 10);
  assert.equal(told.all.length, told.events.length);
  for (const { retro } of told.all) assert.equal(retro, false);
});
