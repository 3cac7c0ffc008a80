import assert from "node:assert/strict";
import { test } from "node:test";
import { dayCounts } from "./day-counts.ts";

test("days on which nothing was are there, with 0", () => {
  const range = { from: Date.UTC(2026, 6, 1, 18), to: Date.UTC(2026, 6, 4, 0) };
  assert.deepEqual(dayCounts(range, [{ day: "2026-07-02", count: 5 }]), [
    { day: "2026-07-01", count: 0 },
    { day: "2026-07-02", count: 5 },
    { day: "2026-07-03", count: 0 },
  ]);
});
