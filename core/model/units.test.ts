import assert from "node:assert/strict";
import { it } from "node:test";
import {
  headingFromDegrees,
  metresFromFeet,
  metresPerNauticalMile,
  mpsFromFeetPerMinute,
  mpsFromKmh,
  mpsFromKnots,
} from "./units.ts";

const close = (actual: number, expected: number) =>
  assert(Math.abs(actual - expected) < 1e-9 * Math.max(1, Math.abs(expected)), `${actual}`);

it("converts by the definitions: 1 ft = 0.3048 m, 1 kn = 1852 m an hour", () => {
  close(metresFromFeet(35_000), 10_668);
  close(mpsFromKnots(3_600), metresPerNauticalMile);
  close(mpsFromKnots(450), 231.5);
  close(mpsFromFeetPerMinute(-600), -3.048);
  close(mpsFromKmh(36), 10);
});

it("brings any angle into [0, 360)", () => {
  for (const [given, expected] of [
    [0, 0],
    [360, 0],
    [-90, 270],
    [725, 5],
    [-0, 0],
    [-720, 0],
  ]) {
    close(headingFromDegrees(given ?? Number.NaN), expected ?? Number.NaN);
  }
  assert(headingFromDegrees(-1e-20) < 360, "a hair below zero");
});
