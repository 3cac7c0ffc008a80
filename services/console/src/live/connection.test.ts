import assert from "node:assert/strict";
import { test } from "node:test";
import { waitMs } from "./connection.ts";
import { stepMsFor } from "./replay.ts";

test("waits double from half a second to half a minute, by chance between half and whole", () => {
  assert.deepEqual([waitMs(0, 0), waitMs(0, 1)], [250, 500]);
  assert.deepEqual([waitMs(3, 0), waitMs(3, 1)], [2_000, 4_000]);
  assert.equal(waitMs(50, 1), 30_000);
});

test("replay's steps grow with the range, between a second and a minute", () => {
  assert.equal(stepMsFor(60_000), 1_000);
  assert.equal(stepMsFor(3 * 3_600_000), 7_500);
  assert.equal(stepMsFor(30 * 86_400_000), 60_000);
});
