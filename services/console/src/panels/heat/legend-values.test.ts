import assert from "node:assert/strict";
import { test } from "node:test";
import { legendValues } from "./legend-values.ts";

test("marks of a legend are even in value, or in ratio", () => {
  const linear = { least: 10, most: 30, isLogarithmic: false };
  assert.deepEqual(legendValues(linear, 3), [10, 20, 30]);
  const logarithmic = legendValues({ least: 1, most: 10_000, isLogarithmic: true }, 5);
  assert.deepEqual(
    logarithmic.map((value) => Math.round(value)),
    [1, 10, 100, 1_000, 10_000],
  );
  assert.deepEqual(legendValues({ least: 0, most: 0, isLogarithmic: true }, 2), [0, 0]);
});
