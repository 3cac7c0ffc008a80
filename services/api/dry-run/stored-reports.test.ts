import assert from "node:assert/strict";
import { test } from "node:test";
import { planBatches } from "./stored-reports.ts";

test("assets are taken together up to a page, one that has more in parts of time", () => {
  const counts = [
    { asset: "a", rows: 40 },
    { asset: "b", rows: 60 },
    { asset: "c", rows: 1 },
    { asset: "d", rows: 250 },
    { asset: "e", rows: 100 },
    { asset: "f", rows: 3 },
  ];
  const range = { from: 0, to: 1_000 };
  assert.deepEqual(planBatches(counts, range, 100), [
    { first: "a", last: "b", ...range },
    { first: "c", last: "c", ...range },
    { first: "d", last: "d", from: 0, to: 334 },
    { first: "d", last: "d", from: 334, to: 668 },
    { first: "d", last: "d", from: 668, to: 1_000 },
    { first: "e", last: "e", ...range },
    { first: "f", last: "f", ...range },
  ]);
  assert.deepEqual(planBatches([], range, 100), []);
});
