import assert from "node:assert/strict";
import test from "node:test";
import { bearingDeg, destinationOf, distanceM, greatCircle } from "./sphere.ts";

const lax = { latDeg: 33 + 57 / 60, lonDeg: -(118 + 24 / 60) };
const jfk = { latDeg: 40 + 38 / 60, lonDeg: -(73 + 47 / 60) };
/** The formulary's own sphere: one arc minute is a nautical mile. */
const formularyRadiusRatio = (1852 * 60 * 180) / Math.PI / 6_371_008.8;

test("agrees with the worked example of the Aviation Formulary, LAX to JFK", () => {
  const miles = (distanceM(lax, jfk) / 1852) * formularyRadiusRatio;
  assert.ok(Math.abs(miles - 2144) < 1, `${miles} nmi`);
  assert.ok(Math.abs(bearingDeg(lax, jfk) - 66) < 0.5, `${bearingDeg(lax, jfk)}°`);
});

test("a great circle starts and ends at its places and keeps its course", () => {
  const circle = greatCircle(lax, jfk);
  for (const [along, place] of [
    [0, lax],
    [circle.lengthM, jfk],
  ] as const) {
    const on = circle.at(along);
    assert.ok(distanceM(on, place) < 1);
  }
  const middle = circle.at(circle.lengthM / 2);
  assert.ok(Math.abs(middle.courseDeg - bearingDeg(middle, jfk)) < 1e-6);
  const ahead = destinationOf(middle, middle.courseDeg, 100_000);
  assert.ok(distanceM(ahead, circle.at(circle.lengthM / 2 + 100_000)) < 1);
});

test("crosses the antimeridian and stays within [-180, 180]", () => {
  const auckland = { latDeg: -37, lonDeg: 174.8 };
  const honolulu = { latDeg: 21.3, lonDeg: -157.9 };
  const circle = greatCircle(auckland, honolulu);
  let before = circle.at(0);
  for (let along = 0; along <= circle.lengthM; along += 50_000) {
    const on = circle.at(along);
    assert.ok(on.lonDeg >= -180 && on.lonDeg <= 180);
    assert.ok(distanceM(before, on) < 50_001);
    before = on;
  }
});
