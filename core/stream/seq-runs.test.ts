import assert from "node:assert/strict";
import { test } from "node:test";
import { array, assert as assertProperty, integer, oneof, property } from "fast-check";
import type { Slice } from "./log.ts";
import { runsOf } from "./seq-runs.ts";

const sliceOf = (seqs: number[]): Slice => ({
  partition: 0,
  kind: "rows",
  bytes: new Uint8Array(seqs.length),
  ends: seqs.map((_, index) => index + 1),
  seqs,
});

test("gives the runs of any numbers, near or far apart, and whether one repeats", () => {
  const seq = oneof(integer({ min: 1, max: 40 }), integer({ min: 1, max: 2 ** 50 }));
  const check = property(array(array(seq, { maxLength: 30 }), { maxLength: 4 }), (slices) => {
    const all = slices.flat();
    const { runs, hasRepeats } = runsOf(slices.map(sliceOf));
    assert.equal(hasRepeats, new Set(all).size < all.length);
    const told = runs.flatMap(({ first, last }) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    );
    assert.deepEqual(
      told,
      [...new Set(all)].toSorted((left, right) => left - right),
    );
    for (const [index, { first }] of runs.entries()) {
      assert.ok(index === 0 || first > (runs[index - 1]?.last ?? 0) + 1);
    }
  });
  assertProperty(check, { numRuns: 300, seed: 8 });
});
