import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fuzzRuns } from "@drover/core/model/fuzz";
import { costOf, isInside, parseBoxes, planBoxes, world } from "./opensky-boxes.ts";
import type { Box } from "./opensky-boxes.ts";

const box = (south: number, west: number, north: number, east: number): Box => ({
  south,
  west,
  north,
  east,
});

test("the cost of a call is by area, as published", () => {
  const table = [
    [box(45.8389, 5.9962, 47.8229, 10.5226), 1],
    [box(0, 0, 5, 5), 1],
    [box(0, 0, 5, 5.01), 2],
    [box(0, 0, 10, 10), 2],
    [box(0, 0, 10, 10.1), 3],
    [box(0, 0, 20, 20), 3],
    [box(0, 0, 20, 20.1), 4],
    [world, 4],
  ] as const;
  for (const [area, cost] of table) assert.equal(costOf(area), cost);
});

test("boxes that cost no more together become one call", () => {
  assert.deepEqual(planBoxes([box(0, 0, 5, 5), box(0, 5, 5, 10)]), [box(0, 0, 5, 10)]);
  const far = [box(0, 0, 5, 5), box(50, 100, 55, 105)];
  assert.deepEqual(planBoxes(far), far);
});

test("a box across 180° is split, also where one side is empty", () => {
  assert.deepEqual(planBoxes([box(-20, 175, -15, -178)]), [
    box(-20, 175, -15, 180),
    box(-20, -180, -15, -178),
  ]);
  assert.deepEqual(planBoxes([box(-20, 175, -15, -180)]), [box(-20, 175, -15, 180)]);
});

test("a plan covers what was asked for and costs no more", () => {
  const lat = fc.tuple(fc.integer({ min: -90, max: 89 }), fc.integer({ min: 1, max: 20 }));
  const anyBox = fc
    .tuple(lat, fc.integer({ min: -180, max: 179 }), fc.integer({ min: 1, max: 40 }))
    .map(([[south, height], west, width]) => {
      const east = west + width;
      return box(south, west, Math.min(90, south + height), east > 180 ? east - 360 : east);
    });
  const place = fc.record({
    lat: fc.double({ min: -90, max: 90, noNaN: true }),
    lon: fc.double({ min: -180, max: 180, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.array(anyBox, { minLength: 1, maxLength: 6 }),
      fc.array(place),
      (boxes, places) => {
        const plan = planBoxes(boxes);
        assert(plan.every((part) => part.west < part.east));
        for (const at of places) if (isInside(boxes, at)) assert(isInside(plan, at));
        const parts = boxes.flatMap((one) => planBoxes([one]));
        const sum = (all: readonly Box[]) => all.reduce((total, one) => total + costOf(one), 0);
        assert(sum(plan) <= sum(parts));
      },
    ),
    { seed: 7, numRuns: fuzzRuns(200) },
  );
});

test("boxes are written as the API writes them", () => {
  assert.deepEqual(parseBoxes("45.8,5.9,47.8,10.5; -20,175,-15,-178"), [
    box(45.8, 5.9, 47.8, 10.5),
    box(-20, 175, -15, -178),
  ]);
  assert.deepEqual(parseBoxes("world"), [world]);
  for (const text of ["", "1,2,3", "1,2,3,x", "1,,3,4", "1,2,3,4,5"]) {
    assert.throws(() => parseBoxes(text), /is not lamin,lomin,lamax,lomax/);
  }
});
