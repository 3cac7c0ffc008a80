import assert from "node:assert/strict";
import { test } from "node:test";
import { gapsOf, medianStep } from "./gaps.ts";

const every = (stepMs: number, count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => from + index * stepMs);

test("silence much longer than usual is a gap", () => {
  const instants = [...every(30_000, 10), ...every(30_000, 10, 1_000_000)];
  assert.deepEqual(gapsOf(instants, 1_300_000), [{ from: 270_000, to: 1_000_000, isOpen: false }]);
});

test("a missed point or two is none, nor is a minute of a fast one", () => {
  assert.deepEqual(gapsOf([0, 30_000, 60_000, 150_000, 180_000], 180_000), []);
  assert.deepEqual(gapsOf([...every(1_000, 20), 70_000], 70_000), []);
});

test("who is silent until now has a gap that is open", () => {
  assert.deepEqual(gapsOf(every(10_000, 5), 400_000), [
    { from: 40_000, to: 400_000, isOpen: true },
  ]);
});

test("of one point or none nothing can be said", () => {
  assert.deepEqual(gapsOf([], 1e9), []);
  assert.deepEqual(gapsOf([5], 1e9), []);
  assert.equal(medianStep([1]), undefined);
  assert.equal(medianStep([0, 1, 3, 6]), 2);
});
