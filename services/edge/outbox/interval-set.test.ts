import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createIntervalSet } from "./interval-set.ts";

const LIMIT = 40;
const range = fc
  .tuple(fc.integer({ min: 1, max: LIMIT }), fc.integer({ min: 1, max: LIMIT }))
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

test("an interval set answers as a plain set of numbers does", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), range), { maxLength: 30 }),
      range,
      (edits, asked) => {
        const intervals = createIntervalSet();
        const plain = new Set<number>();
        for (const [isAdded, [first, last]] of edits) {
          if (isAdded) intervals.add(first, last);
          else intervals.remove(first, last);
          for (let value = first; value <= last; value++) {
            if (isAdded) plain.add(value);
            else plain.delete(value);
          }
        }
        const [first, last] = asked;
        const inside = Array.from({ length: last - first + 1 }, (_, index) => first + index);
        const holes = inside.filter((value) => !plain.has(value));
        assert.equal(intervals.count, plain.size);
        assert.equal(intervals.countIn(first, last), inside.length - holes.length);
        assert.equal(intervals.covers(first, last), holes.length === 0);
        assert.equal(intervals.lowestHole(first, last)?.first, holes[0]);
        assert.equal(intervals.highestHole(first, last)?.last, holes.at(-1));
        for (const hole of [
          intervals.lowestHole(first, last),
          intervals.highestHole(first, last),
        ]) {
          if (hole === undefined) continue;
          for (let value = hole.first; value <= hole.last; value++) assert.ok(!plain.has(value));
          assert.ok(hole.first === first || plain.has(hole.first - 1));
          assert.ok(hole.last === last || plain.has(hole.last + 1));
        }
        const listed = intervals.list();
        assert.equal(listed.length, intervals.size);
        for (const [index, { first }] of listed.entries()) {
          const before = listed[index - 1];
          assert.ok(before === undefined || before.last + 1 < first, "ranges touch");
        }
        for (const value of inside) assert.equal(intervals.has(value), plain.has(value));
      },
    ),
    { numRuns: 400, seed: 11 },
  );
});
