import assert from "node:assert/strict";
import { test } from "node:test";
import { array, assert as assertProperty, integer, property, record } from "fast-check";
import { IntervalSet } from "./interval-set.ts";

const ranges = array(
  record({ first: integer({ min: 1, max: 60 }), length: integer({ min: 0, max: 8 }) }),
  { maxLength: 20 },
);

test("is what a plain set of numbers is, whatever ranges are added in whatever order", () => {
  const check = property(ranges, (ranges) => {
    const set = new IntervalSet();
    const plain = new Set<number>();
    for (const { first, length } of ranges) {
      const last = first + length;
      const numbers = Array.from({ length: length + 1 }, (_, index) => first + index);
      assert.equal(
        set.overlaps(first, last),
        numbers.some((seq) => plain.has(seq)),
      );
      set.add(first, last);
      for (const seq of numbers) plain.add(seq);
    }
    let through = 0;
    while (plain.has(through + 1)) through++;
    assert.equal(set.through, through);
    for (let seq = 1; seq <= 70; seq++) assert.equal(set.has(seq), plain.has(seq));
    const starts = [...plain].filter((seq) => seq > through && !plain.has(seq - 1));
    assert.equal(set.gaps, starts.length);
    const firstAbove = Math.min(...starts);
    assert.deepEqual(
      set.firstGap(),
      starts.length === 0 ? undefined : { first: through + 1, last: firstAbove - 1 },
    );
    const decoded = IntervalSet.decode(set.encode());
    assert.deepEqual(decoded.ranges(), set.ranges());
    const copy = set.clone();
    copy.add(1, 100);
    assert.deepEqual(decoded.ranges(), set.ranges());
  });
  assertProperty(check, { numRuns: 300, seed: 2 });
});

test("keeps numbers up to 2^53 - 1 and takes a byte or two for a range", () => {
  const set = new IntervalSet();
  set.add(1, 2 ** 40);
  set.add(Number.MAX_SAFE_INTEGER - 5, Number.MAX_SAFE_INTEGER);
  assert.deepEqual(IntervalSet.decode(set.encode()).ranges(), set.ranges());
  const holes = new IntervalSet();
  for (let seq = 2; seq <= 2_000; seq += 2) holes.add(seq, seq);
  assert.equal(holes.gaps, 1_000);
  assert.ok(holes.encode().length <= 2_001);
});

test("refuses bytes that no set encodes to", () => {
  assert.throws(() => IntervalSet.decode(Uint8Array.of(5, 1, 0)), RangeError);
  assert.throws(() => IntervalSet.decode(Uint8Array.of(200)), RangeError);
  assert.throws(() => IntervalSet.decode(Uint8Array.of(5, 9)), RangeError);
});
