import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WatchEvent } from "../../model/event.ts";
import { fuzzRuns } from "../../model/fuzz.ts";
import type { Condition } from "../../model/rule.ts";
import { silenceDefaults } from "./rule-set.ts";
import { nextTickMs } from "./step.ts";
import { isFiring, report, ruleOf, runOf, setOf, t0, temp } from "./testing.ts";

const hot = { type: "threshold", metric: "temp", above: 40, clearAt: 35 } as const;

test("a threshold fires beyond its limit and is cleared only beyond clearAt", () => {
  const run = runOf(setOf([ruleOf(hot)]));
  for (const [index, value] of [39, 41, 39, 36, 35.5, 34, 39].entries())
    run.take(temp(index, value));
  assert.deepEqual(run.told(), ["rule-fired 1", "rule-cleared 5"]);
});

test("a report without the metric leaves the rule as it was", () => {
  const run = runOf(setOf([ruleOf(hot)]));
  run.take(temp(0, 50));
  run.take(report(1));
  run.take(report(2, { measurements: { other: 1 } }));
  assert.deepEqual(run.told(), ["rule-fired 0"]);
  assert.ok(isFiring(run.state));
});

test("an event says the values and limits that decided, and is one by its schema", () => {
  const run = runOf(setOf([ruleOf(hot, { name: "Too hot" })]));
  run.take(temp(0, 41.25, { position: { lat: 1, lon: 2 } }));
  run.take(temp(1, 30));
  const [fired, cleared] = run.events.map((event) => WatchEvent.parse(event));
  assert.equal(fired?.explanation.text, "Too hot: temp is 41.25, above 40 until 35");
  assert.deepEqual(fired?.explanation.values, {
    temp: 41.25,
    "temp.above": 40,
    "temp.clearAt": 35,
  });
  assert.deepEqual(fired?.position, { lat: 1, lon: 2 });
  assert.equal(cleared?.explanation.text, "Too hot: temp is 30, no longer above 40");
});

test("forMs and keepFiringMs are counted by event time, whoever looks when", () => {
  const rule = ruleOf(hot, { forMs: 60_000, keepFiringMs: 30_000 });
  const reports = [temp(0, 50), temp(100, 50), temp(200, 20), temp(300, 20)];
  const run = runOf(setOf([rule]));
  for (const one of reports) run.take(one);
  assert.deepEqual(run.told(), ["rule-fired 60", "rule-cleared 230"]);
  const looked = runOf(setOf([rule]));
  for (const [index, one] of reports.entries()) {
    looked.take(one);
    for (const afterS of [1, 59, 61, 99]) looked.tick(index * 100 + afterS);
  }
  assert.deepEqual(looked.events, run.events);
});

test("what holds again within keepFiringMs goes on firing", () => {
  const run = runOf(setOf([ruleOf(hot, { keepFiringMs: 30_000 })]));
  for (const [atS, value] of [
    [0, 50],
    [10, 20],
    [20, 50],
    [60, 20],
  ] as const) {
    run.take(temp(atS, value));
  }
  run.tick(89);
  assert.deepEqual(run.told(), ["rule-fired 0"]);
  run.tick(90);
  assert.deepEqual(run.told(), ["rule-fired 0", "rule-cleared 90"]);
});

test("a condition that ends before forMs is over tells nothing", () => {
  const run = runOf(setOf([ruleOf(hot, { forMs: 60_000 })]));
  run.take(temp(0, 50));
  run.take(temp(59, 20));
  run.tick(1_000);
  assert.deepEqual(run.told(), []);
  assert.equal(run.state?.rules, undefined);
});

test("a rate is taken over at least its span", () => {
  const rate = { type: "rate", metric: "temp", abovePerSecond: 0.5, overMs: 10_000 } as const;
  const run = runOf(setOf([ruleOf(rate)]));
  // 2 degrees within 2 s, and back: no change over 10 s.
  for (const [atS, value] of [
    [0, 20],
    [2, 22],
    [4, 20],
    [10, 20],
    [12, 20],
  ] as const) {
    run.take(temp(atS, value));
  }
  assert.deepEqual(run.told(), []);
  run.take(temp(20, 26));
  assert.deepEqual(run.told(), ["rule-fired 20"]);
  run.take(temp(30, 26));
  run.take(temp(40, 26));
  assert.deepEqual(run.told(), ["rule-fired 20", "rule-cleared 30"]);
});

test("a heading that passes north turns by a little", () => {
  const turn = {
    type: "rate",
    metric: "motion.headingDeg",
    abovePerSecond: 5,
    belowPerSecond: -5,
    overMs: 1_000,
  } as const;
  const run = runOf(setOf([ruleOf(turn)]));
  run.take(report(0, { motion: { headingDeg: 358 } }));
  run.take(report(1, { motion: { headingDeg: 1 } }));
  assert.deepEqual(run.told(), []);
  run.take(report(2, { motion: { headingDeg: 351 } }));
  assert.deepEqual(run.told(), ["rule-fired 2"]);
});

test("numbers of a place that is not believed are left out, measurements are not", () => {
  const low = { type: "threshold", metric: "position.altitudeM", below: 100 } as const;
  const run = runOf(setOf([ruleOf({ type: "any", of: [low, hot] })]));
  const position = { lat: 0, lon: 0, altitudeM: 5 };
  run.take(report(0, { position, suspect: true }));
  assert.deepEqual(run.told(), []);
  run.take(temp(1, 50, { position, suspect: true }));
  assert.deepEqual(run.told(), ["rule-fired 1"]);
});

test("an attribute is found in a list, or by a part of it in any case", () => {
  const squawk: Condition = { type: "attribute", name: "squawk", oneOf: ["7500", "7700"] };
  const callsign = { type: "attribute", name: "callsign", contains: "qfa" } as const;
  const run = runOf(setOf([ruleOf(squawk, { id: "r1" }), ruleOf(callsign, { id: "r2" })]));
  run.take(report(0, { attributes: { squawk: "1200", callsign: "VH-ABC" } }));
  run.take(report(1, { attributes: { squawk: "7700" } }));
  run.take(report(2, { attributes: { callsign: "QFA12" } }));
  assert.ok(isFiring(run.state, "r1") && isFiring(run.state, "r2"));
  run.take(report(3, { attributes: { squawk: "7000" } }));
  assert.deepEqual(
    run.events.map(({ kind, rule }) => `${kind} ${rule}`),
    ["rule-fired r1", "rule-fired r2", "rule-cleared r1"],
  );
});

test("all needs every part, any needs one; zones count while the asset is inside", () => {
  const inZone = { type: "in-zone", zone: "z1" } as const;
  const run = runOf(
    setOf([
      ruleOf({ type: "all", of: [inZone, hot] }, { id: "both" }),
      ruleOf({ type: "any", of: [inZone, hot] }, { id: "one" }),
    ]),
  );
  run.take(temp(0, 50));
  run.take(temp(1, 50), ["z1"]);
  run.take(temp(2, 20), ["z1"]);
  run.take(temp(3, 20), []);
  assert.deepEqual(
    run.events.map(({ kind, rule, at }) => `${kind} ${rule} ${(at - t0) / 1_000}`),
    ["rule-fired one 0", "rule-fired both 1", "rule-cleared both 2", "rule-cleared one 3"],
  );
});

test("silence is found by the clock, or by the next report, as the same event", () => {
  const set = setOf([ruleOf({ type: "silence", afterMs: 60_000 })]);
  const looked = runOf(set);
  looked.take(report(0));
  looked.tick(59);
  assert.deepEqual(looked.told(), []);
  assert.equal(nextTickMs(looked.state, { set, asset: "station:a", kind: "station" }), t0 + 60_000);
  looked.tick(60);
  assert.deepEqual(looked.told(), ["rule-fired 60"]);
  looked.take(report(100));
  const found = runOf(set);
  found.take(report(0));
  found.take(report(100));
  assert.deepEqual(found.told(), ["rule-fired 60", "rule-cleared 100"]);
  assert.deepEqual(looked.events, found.events);
});

test("missed reports are counted by the cadence that was learned, bursts included", () => {
  const run = runOf(setOf([ruleOf({ type: "silence", missed: 3 })]));
  run.take(report(0));
  run.tick(10_000);
  assert.deepEqual(run.told(), [], "no cadence is known yet");
  for (let atS = 10; atS <= 80; atS += 10) run.take(report(atS));
  run.tick(109);
  assert.deepEqual(run.told(), []);
  run.tick(110);
  assert.deepEqual(run.told(), ["rule-fired 110"]);
  const bursts = runOf(setOf([ruleOf({ type: "silence", missed: 3 })]));
  for (let minute = 0; minute < 5; minute++) {
    for (const second of [0, 1, 2]) bursts.take(report(minute * 60 + second));
  }
  bursts.tick(242 + 80);
  assert.deepEqual(bursts.told(), []);
});

test("a device whose clock is slow is not taken for a silent one", () => {
  const run = runOf(setOf([ruleOf({ type: "silence", afterMs: 60_000 })]));
  run.take(report(0), [], t0 + 600_000);
  run.tick(659);
  assert.deepEqual(run.told(), []);
  run.tick(660);
  assert.deepEqual(run.told(), ["rule-fired 60"]);
});

test("an asset of a steady kind that falls silent and comes back is told without a rule", () => {
  const run = runOf(setOf([], silenceDefaults));
  for (let atS = 0; atS <= 300; atS += 30) run.take(report(atS, { position: { lat: 1, lon: 2 } }));
  run.tick(449);
  assert.deepEqual(run.told(), []);
  run.tick(450);
  run.tick(900);
  run.take(report(1_000));
  run.take(report(1_030));
  assert.deepEqual(run.told(), ["silent 450", "back 1000"]);
  const [silent] = run.events;
  assert.match(
    silent?.explanation.text ?? "",
    /not heard for 2.5 min; it usually reports every 30 s/,
  );
  assert.deepEqual(silent?.position, { lat: 1, lon: 2 });
});

test("what comes and goes by nature is not told, and costs nothing to remember", () => {
  const run = runOf(setOf([], silenceDefaults));
  for (let atS = 0; atS <= 300; atS += 30) {
    run.take(report(atS, { asset: "aircraft:7c0001", kind: "aircraft" }));
  }
  assert.equal(run.state, undefined);
});

test("late data undoes nothing, and what it finds in a gap is retro", () => {
  const run = runOf(setOf([ruleOf(hot)]));
  for (let atS = 0; atS <= 60; atS += 10) run.take(temp(atS, 20));
  run.take(temp(4_000, 20));
  // The backlog of the hour between, oldest first.
  run.take(temp(1_000, 45));
  run.take(temp(1_100, 44));
  run.take(temp(1_200, 30));
  // One that comes twice, and one from before the gap.
  run.take(temp(1_100, 50));
  run.take(temp(30, 50));
  assert.deepEqual(run.told(), ["~rule-fired 1000", "~rule-cleared 1200"]);
  assert.ok(!isFiring(run.state));
  run.take(temp(4_010, 50));
  assert.ok(isFiring(run.state));
});

test("a rule that was changed while it fires goes on or ends by its new words", () => {
  const run = runOf(setOf([ruleOf(hot)]));
  run.take(temp(0, 50));
  const state = run.state;
  const stricter = runOf(setOf([ruleOf({ ...hot, above: 45, clearAt: 45 }, { version: 2 })]));
  stricter.state = state;
  stricter.take(temp(1, 46));
  assert.deepEqual(stricter.told(), []);
  const looser = runOf(setOf([ruleOf({ ...hot, above: 60 }, { version: 2 })]));
  looser.state = state;
  looser.take(temp(1, 46));
  assert.deepEqual(looser.told(), ["rule-cleared 1"]);
  const removed = runOf(setOf([]));
  removed.state = state;
  removed.take(temp(1, 46));
  assert.equal(removed.state?.rules, undefined);
});

// Outside the dead band of the hysteresis the newest value alone says what holds.
const values = fc.constantFrom(20, 30, 45, 60);
const deliveries = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 300 }), values), {
    minLength: 1,
    maxLength: 30,
    selector: ([atS]) => atS,
  })
  .chain((reports) =>
    fc.record({
      reports: fc.constant(reports),
      order: fc.shuffledSubarray(reports, { minLength: reports.length }),
    }),
  );

test("reports in any order end with the same rules firing for the newest data", () => {
  fc.assert(
    fc.property(deliveries, fc.constantFrom(0, 5_000, 60_000), ({ reports, order }, forMs) => {
      const set = setOf([
        ruleOf(hot, { forMs, keepFiringMs: forMs }),
        ruleOf({ type: "silence", afterMs: 30_000 }, { id: "r2" }),
      ]);
      const [ordered, shuffled] = [runOf(set), runOf(set)];
      for (const [atS, value] of reports.toSorted((a, b) => a[0] - b[0])) {
        ordered.take(temp(atS, value));
      }
      for (const [atS, value] of order) shuffled.take(temp(atS, value));
      for (const run of [ordered, shuffled]) run.tick(10_000);
      for (const id of ["r1", "r2"]) {
        assert.equal(isFiring(shuffled.state, id), isFiring(ordered.state, id), id);
      }
      assert.equal(shuffled.state?.at, ordered.state?.at);
    }),
    { numRuns: fuzzRuns(200), seed: 7 },
  );
});

test("looking at the clock at any time changes no event, and each is told once", () => {
  const looks = fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 40 });
  fc.assert(
    fc.property(deliveries, looks, ({ reports }, ticks) => {
      const set = setOf(
        [
          ruleOf(hot, { forMs: 20_000, keepFiringMs: 10_000 }),
          ruleOf({ type: "silence", afterMs: 15_000 }, { id: "r2" }),
          ruleOf(
            { type: "any", of: [hot, { type: "silence", missed: 2 }] },
            { id: "r3", forMs: 7_000 },
          ),
        ],
        silenceDefaults,
      );
      const sorted = reports.toSorted((a, b) => a[0] - b[0]);
      const plain = runOf(set);
      for (const [atS, value] of sorted) plain.take(temp(atS, value));
      plain.tick(10_000);
      const looked = runOf(set);
      const marks = [
        ...sorted.map(([atS, value]) => ({ atS, value })),
        ...ticks.map((atS) => ({ atS, value: undefined })),
        { atS: 10_000, value: undefined },
      ].toSorted((a, b) => a.atS - b.atS || (a.value === undefined ? 1 : -1));
      for (const { atS, value } of marks) {
        if (value === undefined) looked.tick(atS);
        else looked.take(temp(atS, value));
      }
      const ids = (run: typeof plain) => run.events.map(({ id, at }) => `${id} ${at}`).toSorted();
      assert.deepEqual(ids(looked), ids(plain));
      assert.equal(new Set(ids(plain)).size, plain.events.length);
    }),
    { numRuns: fuzzRuns(200), seed: 11 },
  );
});

test("what fired by time and is ended by an older report is cleared when it fired, not before", () => {
  const silent = { type: "silence", afterMs: 120_000 } as const;
  const unheard = runOf(setOf([ruleOf(silent)]));
  unheard.take(report(0));
  unheard.tick(130);
  unheard.take(report(10));
  assert.deepEqual(unheard.told(), ["rule-fired 120", "rule-cleared 120"]);
  const lasting = runOf(setOf([ruleOf(hot, { forMs: 60_000, keepFiringMs: 5_000 })]));
  lasting.take(temp(0, 50));
  lasting.tick(70);
  for (const atS of [10, 20]) lasting.take(temp(atS, 20));
  assert.deepEqual(lasting.told(), ["rule-fired 60", "rule-cleared 60"]);
});

test("an asset is not heard again before it was said to be silent", () => {
  const run = runOf(setOf([ruleOf(hot)], { ...silenceDefaults, roamingKinds: [] }));
  for (let atS = 0; atS <= 600; atS += 60) run.take(report(atS));
  run.tick(10_000);
  run.take(report(660));
  const [silent, back] = run.events;
  assert.deepEqual([silent?.kind, back?.kind], ["silent", "back"]);
  assert.ok((silent?.at ?? 0) > t0 + 660_000);
  assert.equal(back?.at, silent?.at);
});

test("numbers at the ends of their range make no event that cannot be written down", () => {
  const rate = { type: "rate", metric: "temp", abovePerSecond: 0.5, overMs: 1_000 } as const;
  const run = runOf(setOf([ruleOf({ type: "any", of: [rate, hot] })]));
  run.take(temp(0, -1.7e308));
  run.take(temp(2, 1.7e308));
  run.take(temp(4, 20));
  run.take(temp(6, 20));
  assert.deepEqual(run.told(), ["rule-fired 2", "rule-cleared 4"]);
  for (const event of run.events) WatchEvent.parse(event);
});

test("a state that was written down with no number for a leaf is judged on", () => {
  const rate = { type: "rate", metric: "temp", abovePerSecond: 0.5, overMs: 1_000 } as const;
  const run = runOf(setOf([ruleOf(rate)]));
  run.take(temp(0, 0));
  run.take(temp(2, 100));
  assert.ok(run.state?.rules?.["r1"] !== undefined);
  const written = { ...run.state.rules["r1"], seen: { 0: Number.POSITIVE_INFINITY } };
  run.state = JSON.parse(JSON.stringify({ ...run.state, rules: { r1: written } }));
  run.tick(3);
  run.take(report(4, { at: t0 + 4_000, measurements: { temp: 1.7e308 } }));
  run.take(temp(6, -1.7e308));
  run.take(temp(8, -1.7e308));
  for (const event of run.events) WatchEvent.parse(event);
  assert.equal(run.events.at(-1)?.kind, "rule-cleared");
});
