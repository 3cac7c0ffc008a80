import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { StampedReport } from "@drover/core/model/report";
import { applyReport, stateOf, viewOf, type AssetState } from "./asset-state.ts";
import { reportOf } from "./testing.ts";

test("latest is the maximum event time, not the last to arrive", () => {
  const state = stateOf(reportOf({ at: 2_000, position: { lat: 2, lon: 2 } }));
  applyReport(state, reportOf({ at: 1_000, position: { lat: 1, lon: 1 } }));
  assert.equal(state.at, 2_000);
  assert.deepEqual(viewOf(state).position, { at: 2_000, lat: 2, lon: 2 });
});

test("a report without a position keeps the last known place and its age", () => {
  const state = stateOf(reportOf({ at: 1_000, position: { lat: -12.4, lon: 130.9 } }));
  applyReport(state, reportOf({ at: 9_000, measurements: { batteryV: 3.9 } }));
  assert.equal(state.at, 9_000);
  assert.deepEqual(viewOf(state).position, { lat: -12.4, lon: 130.9, at: 1_000 });
});

test("a suspect report is a sign of life, but its place is not believed", () => {
  const state = stateOf(reportOf({ at: 1_000, position: { lat: 1, lon: 1 } }));
  applyReport(state, reportOf({ at: 2_000, position: { lat: 80, lon: 1 }, suspect: true }));
  assert.equal(state.at, 2_000);
  assert.deepEqual(state.position?.value, { lat: 1, lon: 1 });
});

test("a report that changes nothing says so", () => {
  const state = stateOf(reportOf({ at: 2_000 }));
  assert.equal(applyReport(state, reportOf({ at: 1_000 })), false);
});

test("any order of delivery ends in the same state", () => {
  const report = fc
    .record({
      at: fc.integer({ min: 1, max: 5 }),
      seq: fc.integer({ min: 1, max: 50 }),
      lat: fc.option(fc.integer({ min: -90, max: 90 }), { nil: undefined }),
      metric: fc.option(fc.integer(), { nil: undefined }),
      suspect: fc.boolean(),
    })
    .map(({ at, seq, lat, metric, suspect }) =>
      reportOf({
        at,
        seq,
        suspect,
        ...(lat !== undefined && { position: { lat, lon: 0 } }),
        ...(metric !== undefined && { measurements: { m: metric } }),
      }),
    );
  const distinct = fc.uniqueArray(report, {
    minLength: 1,
    maxLength: 12,
    selector: ({ seq }) => seq,
  });
  const run = (reports: readonly StampedReport[]): AssetState => {
    const [first, ...rest] = reports;
    assert.ok(first);
    const state = stateOf(first);
    for (const one of rest) applyReport(state, one);
    return state;
  };
  fc.assert(
    fc.property(distinct, fc.infiniteStream(fc.nat()), (reports, order) => {
      const shuffled = reports
        .map((one) => ({ one, key: order.next().value }))
        .toSorted((left, right) => left.key - right.key)
        .map(({ one }) => one);
      assert.deepEqual(viewOf(run(shuffled)), viewOf(run(reports)));
    }),
    { seed: 11, numRuns: 300 },
  );
});
