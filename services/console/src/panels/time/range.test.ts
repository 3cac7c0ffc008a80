import assert from "node:assert/strict";
import { test } from "node:test";
import {
  instantAt,
  nextInstant,
  rangeAt,
  rangeFault,
  shareOf,
  thinMarks,
  ticksOf,
} from "./range.ts";

const hour = 3_600_000;
const at = Date.UTC(2026, 6, 1, 9, 30);

test("a named range ends now, a custom one stands", () => {
  assert.deepEqual(rangeAt({ name: "1h" }, at), { from: at - hour, to: at });
  const custom = { from: 1, to: 2 };
  assert.deepEqual(rangeAt({ name: "custom", custom }, at), custom);
  assert.deepEqual(rangeAt({ name: "custom" }, at), { from: at - hour, to: at });
});

test("a range without an end, or one that ends first, says why", () => {
  assert.match(rangeFault({ from: 1 }) ?? "", /both/);
  assert.match(rangeFault({ from: 2, to: 2 }) ?? "", /after/);
  assert.equal(rangeFault({ from: 1, to: 2 }), undefined);
});

test("an instant and its share of a range turn into each other, held within", () => {
  const range = { from: at, to: at + hour };
  assert.equal(shareOf(at + hour / 4, range), 0.25);
  assert.equal(instantAt(0.25, range), at + hour / 4);
  assert.equal(shareOf(at - 1, range), 0);
  assert.equal(instantAt(7, range), at + hour);
  assert.equal(shareOf(5, { from: 5, to: 5 }), 0);
});

test("ticks are round, within the range and not too many", () => {
  const ticks = ticksOf({ from: at + 1, to: at + hour }, 6);
  assert.deepEqual(
    ticks.map((one) => (one - at) / 60_000),
    [10, 20, 30, 40, 50, 60],
  );
  const local = ticksOf({ from: at, to: at + 24 * hour }, 4, 9.5 * hour);
  assert.ok(local.every((one) => (one + 9.5 * hour) % (6 * hour) === 0));
  assert.ok(ticksOf({ from: 0, to: 3_650 * 24 * hour }, 8).length <= 9);
  assert.deepEqual(ticksOf({ from: 2, to: 1 }, 5), []);
});

test("marks of one cell are one mark, those outside are none", () => {
  const range = { from: 0, to: 100 };
  const marks = [{ at: 1 }, { at: 2 }, { at: 99 }, { at: 100 }, { at: 101 }, { at: -1 }];
  const thin = thinMarks(marks, range, 10);
  assert.deepEqual(
    thin.map((one) => [one.share, one.marks.length]),
    [
      [0.05, 2],
      [0.95, 2],
    ],
  );
});

test("jumps to the next, never back to where it stands", () => {
  const instants = [5_000, 50_000, 20_000];
  assert.equal(nextInstant(instants, 5_500, "after"), 20_000);
  assert.equal(nextInstant(instants, 20_000, "before"), 5_000);
  assert.equal(nextInstant(instants, 50_000, "after"), undefined);
});
