import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { distanceM } from "@drover/core/geometry/sphere";
import { driftOf, horizonMs, horizonMsMax, placeAt, staleAfterMs } from "./dead-reckoning.ts";

const report = { lon: 150, lat: -30, at: 1_000, speedMps: 250, headingDeg: 90, horizonMs: 30_000 };

test("a mover goes on along its track at its speed", () => {
  const [lon, lat] = placeAt(report, 11_000);
  assert.equal(lat, -30);
  assert.ok(Math.abs(distanceM(150, -30, lon, lat) - 2_500) < 1);
});

test("it is carried on for its horizon and no longer", () => {
  assert.deepEqual(placeAt(report, 31_000), placeAt(report, 900_000));
});

test("before its report it is where it reported", () => {
  assert.deepEqual(placeAt(report, 0), [150, -30]);
});

test("without speed or heading it stays", () => {
  assert.deepEqual(driftOf(10, NaN, 90), [0, 0]);
  assert.deepEqual(driftOf(10, 100, NaN), [0, 0]);
  assert.deepEqual(driftOf(10, 0, 90), [0, 0]);
});

test("in any direction and at any latitude short of the poles it goes as far as its speed says", () => {
  const places = fc.record({
    lat: fc.double({ min: -85, max: 85, noNaN: true }),
    speedMps: fc.double({ min: 1, max: 300, noNaN: true }),
    headingDeg: fc.double({ min: 0, max: 360, noNaN: true }),
  });
  fc.assert(
    fc.property(places, ({ lat, speedMps, headingDeg }) => {
      const from = { lon: 0, lat, at: 0, speedMps, headingDeg, horizonMs: 60_000 };
      const [lon, to] = placeAt(from, 10_000);
      const metres = distanceM(0, lat, lon, to);
      assert.ok(Math.abs(metres / (speedMps * 10) - 1) < 0.01, `${metres} of ${speedMps * 10}`);
    }),
    { seed: 7, numRuns: 200 },
  );
});

test("the horizon is twice the cadence, within bounds; until that is known what is usual", () => {
  assert.equal(horizonMs("aircraft", 5_000), 10_000);
  assert.equal(horizonMs("aircraft", NaN), 15_000);
  assert.equal(horizonMs("aircraft", 100), 2_000);
  assert.equal(horizonMs("vessel", 600_000), horizonMsMax);
});

test("nothing is stale sooner than is usual for its kind, nor before two of its reports are missing", () => {
  assert.equal(staleAfterMs("aircraft", 1_000), 15_000);
  assert.equal(staleAfterMs("aircraft", 60_000), 120_000);
  assert.equal(staleAfterMs("station", NaN), 600_000);
  assert.equal(staleAfterMs("submarine", NaN), 120_000);
});

test("a kind is carried on as usual, whatever it is named", () => {
  assert.equal(staleAfterMs("constructor", NaN), staleAfterMs("balloon", NaN));
  assert.equal(horizonMs("constructor", NaN), horizonMs("balloon", NaN));
});
