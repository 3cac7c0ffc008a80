import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report } from "@drover/core/model/report";
import { createRepeatFilter } from "./repeat-filter.ts";

const report = (asset: string, at: number, lat?: number): Report => ({
  asset,
  kind: "aircraft",
  at,
  ...(lat !== undefined && { position: { lat, lon: 1 } }),
  source: "test",
});

test("the same asset, time and place is a repeat; another of the three is not", () => {
  const filter = createRepeatFilter();
  const table = [
    [report("aircraft:a", 1, 5), "new"],
    [report("aircraft:a", 1, 5), "repeated"],
    [report("aircraft:a", 2, 5), "new"],
    [report("aircraft:a", 1, 6), "new"],
    [report("aircraft:b", 1, 5), "new"],
    [report("aircraft:a", 1), "new"],
    [report("aircraft:a", 1), "repeated"],
    // A history that is read again after a restart.
    [report("aircraft:a", 2, 5), "repeated"],
  ] as const;
  for (const [given, want] of table) assert.equal(filter.check(given), want);
  filter.clear();
  assert.equal(filter.check(report("aircraft:a", 1, 5)), "new");
});

test("one fix whose time moves by tenths of a second is one fix; a later one at the same place is not", () => {
  const filter = createRepeatFilter({ toleranceMs: 300 });
  const at = (ms: number) => filter.check(report("aircraft:a", ms, 5));
  assert.deepEqual([1_000, 1_100, 900, 1_301, 2_301].map(at), [
    "new",
    "repeated",
    "repeated",
    "new",
    "new",
  ]);
});

test("reports without a place are thinned, those with one never", () => {
  const filter = createRepeatFilter({ contactEveryMs: 10_000 });
  assert.equal(filter.check(report("aircraft:a", 0)), "new");
  assert.equal(filter.check(report("aircraft:a", 9_999)), "thinned");
  assert.equal(filter.check(report("aircraft:a", 9_999, 5)), "new");
  assert.equal(filter.check(report("aircraft:a", 10_000)), "thinned");
  assert.equal(filter.check(report("aircraft:a", 19_999)), "new");
});

test("memory is bounded: the oldest is forgotten, the last of a generation is not", () => {
  const filter = createRepeatFilter({ keysMax: 100 });
  for (let at = 0; at < 1_000; at++) assert.equal(filter.check(report("aircraft:a", at, 5)), "new");
  assert.equal(filter.check(report("aircraft:a", 950, 5)), "repeated");
  assert.equal(filter.check(report("aircraft:a", 1, 5)), "new");
});
