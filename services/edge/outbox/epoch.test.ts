import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMax, EpochsExhaustedError, nextEpoch } from "./epoch.ts";

const year2026Ms = 1_790_000_000_000;

test("an epoch is above the folder's last and not before the time in seconds", () => {
  assert.equal(
    nextEpoch(0, year2026Ms, () => 0),
    1_790_000_000,
  );
  assert.equal(
    nextEpoch(1_800_000_000, year2026Ms, () => 0),
    1_800_000_001,
  );
  assert.equal(
    nextEpoch(5, 1_000, () => 0),
    6,
    "a clock that was never set is not believed",
  );
  assert.equal(
    nextEpoch(5, 4e12, () => 0),
    6,
    "nor one that is far ahead",
  );
});

test("an empty folder with an unset clock draws from all that is below the real time", () => {
  assert.equal(
    nextEpoch(0, 1_000, () => 0),
    1,
  );
  assert.ok(nextEpoch(0, 1_000, () => 0.999) > 1_500_000_000);
  assert.ok(nextEpoch(0, 1_000, () => 0.999) < year2026Ms / 1000);
});

test("a folder restored from a copy draws another epoch than its original did", () => {
  // Same last epoch, a later time: as after a restore. Same time cannot be: it ran in between.
  const original = nextEpoch(1_700_000_000, year2026Ms, () => 0.9);
  const restored = nextEpoch(1_700_000_000, year2026Ms + 3_600_000, () => 0.1);
  assert.ok(restored > original);
});

test("epochs end with an error and never begin anew", () => {
  assert.equal(
    nextEpoch(epochMax - 1, year2026Ms, () => 0.9),
    epochMax,
  );
  assert.throws(() => nextEpoch(epochMax, year2026Ms, () => 0), EpochsExhaustedError);
});
