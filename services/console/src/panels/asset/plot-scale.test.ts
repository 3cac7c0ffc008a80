import assert from "node:assert/strict";
import { test } from "node:test";
import { axisRange } from "./plot-scale.ts";

test("an axis holds its values with room on both sides", () => {
  const [low, high] = axisRange(10, 20);
  assert.ok(low < 10 && low > 8 && high > 20 && high < 22);
});

test("a value that does not change, or hardly, lies in the middle and is not blown up", () => {
  for (const [least, most] of [
    [12.34, 12.34],
    [846.7, 847],
    [0, 0],
    [-5, -5],
  ] as const) {
    const [low, high] = axisRange(least, most);
    assert.ok(Math.abs((low + high) / 2 - (least + most) / 2) < 1e-9);
    assert.ok(high - low >= 0.1 && low < least && high > most);
  }
  const [low, high] = axisRange(846.7, 847);
  assert.ok(high - low > 16);
});

test("nothing to plot has an axis all the same", () => {
  assert.deepEqual(axisRange(Number.NaN, Number.NaN), [0, 1]);
});
