import assert from "node:assert/strict";
import { test } from "node:test";
import { trackFeature } from "./track-geojson.ts";

const start = Date.UTC(2026, 5, 1);
const properties = { asset: "ship:1" };
const point = (second: number, lon: number, lat: number) => ({
  at: start + second * 1_000,
  lon,
  lat,
});

test("a track is a line with its times", () => {
  const points = [{ ...point(0, 130, -12), altitudeM: 5 }, point(1, 131, -12)];
  assert.deepEqual(trackFeature(points, properties), {
    type: "Feature",
    id: "ship:1",
    geometry: {
      type: "LineString",
      coordinates: [
        [130, -12, 5],
        [131, -12],
      ],
    },
    properties: {
      asset: "ship:1",
      coordTimes: ["2026-06-01T00:00:00.000Z", "2026-06-01T00:00:01.000Z"],
    },
  });
});

test("a track over ±180° is cut there, eastward and westward", () => {
  const points = [point(0, 179, -20), point(4, -177, -16), point(8, 177, -20)];
  const { geometry, properties: made } = trackFeature(points, properties);
  assert.deepEqual(geometry, {
    type: "MultiLineString",
    coordinates: [
      [
        [179, -20],
        [180, -19],
      ],
      [
        [-180, -19],
        [-177, -16],
        [-180, -18],
      ],
      [
        [180, -18],
        [177, -20],
      ],
    ],
  });
  assert.deepEqual(made["coordTimes"], [
    ["2026-06-01T00:00:00.000Z", "2026-06-01T00:00:01.000Z"],
    ["2026-06-01T00:00:01.000Z", "2026-06-01T00:00:04.000Z", "2026-06-01T00:00:06.000Z"],
    ["2026-06-01T00:00:06.000Z", "2026-06-01T00:00:08.000Z"],
  ]);
});

test("one place is a point, none is no geometry", () => {
  assert.deepEqual(trackFeature([point(0, 1, 2)], properties).geometry, {
    type: "Point",
    coordinates: [1, 2],
  });
  assert.equal(trackFeature([], properties).geometry, null);
});
