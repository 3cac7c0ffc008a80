import assert from "node:assert/strict";
import { test } from "node:test";
import { boxOf } from "./box-of.ts";

test("a circle's box reaches its radius on every side", () => {
  const [west, south, east, north] = boxOf({ type: "circle", center: [131, -12], radiusM: 11_132 });
  assert.ok(Math.abs(north - south - 0.2) < 1e-6);
  assert.ok(east - west > 0.2 && east - west < 0.21);
});

test("a shape over the date line has one box, not the whole world", () => {
  const ring: [number, number][] = [
    [179, -1],
    [-179, -1],
    [-179, 1],
    [179, 1],
    [179, -1],
  ];
  assert.deepEqual(boxOf({ type: "polygon", polygons: [[ring]] }), [179, -1, 181, 1]);
  const back = ring.toReversed().map(([lon, lat]): [number, number] => [-lon, lat]);
  assert.deepEqual(boxOf({ type: "polygon", polygons: [[back]] }), [179, -1, 181, 1]);
});

test("holes do not matter, parts do", () => {
  const square = (lon: number): [number, number][] => [
    [lon, 0],
    [lon + 1, 0],
    [lon + 1, 1],
    [lon, 0],
  ];
  const shape = { type: "polygon" as const, polygons: [[square(10), square(10.2)], [square(20)]] };
  assert.deepEqual(boxOf(shape), [10, 0, 21, 1]);
});

test("a corridor is wider than its line", () => {
  const [west, south, east, north] = boxOf({
    type: "corridor",
    line: [
      [0, 0],
      [1, 0],
    ],
    widthM: 22_264,
  });
  assert.ok(Math.abs(south + 0.1) < 1e-6 && Math.abs(north - 0.1) < 1e-6);
  assert.ok(west < 0 && east > 1);
});
