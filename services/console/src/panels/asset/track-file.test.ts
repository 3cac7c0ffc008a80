import assert from "node:assert/strict";
import { test } from "node:test";
import type { Track } from "../../api/assets.ts";
import { trackCsv, trackFileName, trackGeoJson } from "./track-file.ts";

const at = Date.UTC(2026, 6, 1, 9, 30);
const track: Track = {
  asset: "aircraft:7c6b2d",
  thinned: false,
  points: [
    { at, lat: -31.9, lon: 115.8, altitudeM: 100, speedMps: 70 },
    { at: at + 1_000, lat: -31.8, lon: 115.9, onGround: false },
  ],
};

test("a track in CSV has a head, ISO times and empty places for what is unknown", () => {
  assert.equal(
    trackCsv(track),
    "at,lat,lon,altitudeM,speedMps,headingDeg,climbMps,onGround\r\n" +
      "2026-07-01T09:30:00.000Z,-31.9,115.8,100,70,,,\r\n" +
      "2026-07-01T09:30:01.000Z,-31.8,115.9,,,,,false\r\n",
  );
});

test("a track in GeoJSON is a line with its times beside it", () => {
  const feature = JSON.parse(trackGeoJson(track));
  assert.deepEqual(feature.geometry, {
    type: "LineString",
    coordinates: [
      [115.8, -31.9, 100],
      [115.9, -31.8],
    ],
  });
  assert.equal(feature.properties.times.length, 2);
  assert.deepEqual(feature.properties.speedMps, [70, null]);
});

test("a track over the date line is cut there", () => {
  const points = [178, 179, -179, -178].map((lon, index) => ({ at: at + index, lat: 0, lon }));
  const feature = JSON.parse(trackGeoJson({ ...track, points }));
  assert.deepEqual(feature.geometry, {
    type: "MultiLineString",
    coordinates: [
      [
        [178, 0],
        [179, 0],
      ],
      [
        [-179, 0],
        [-178, 0],
      ],
    ],
  });
});

test("a file's name has no colon", () => {
  assert.equal(trackFileName(track.asset, at, "csv"), "aircraft-7c6b2d-2026-07-01.csv");
});
