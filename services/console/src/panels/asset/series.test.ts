import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bucket } from "../../api/assets.ts";
import { measurementSeries, trackSeries } from "./series.ts";

const bucket = (at: number, value: number): Bucket => ({
  at,
  count: 2,
  min: value - 1,
  max: value + 1,
  mean: value,
  first: value,
  last: value,
});

test("a series has its band and breaks where nothing was heard", () => {
  const points = [bucket(0, 20), bucket(60_000, 21), bucket(900_000, 25)];
  const [series] = measurementSeries({
    asset: "station:a",
    from: 0,
    to: 1_000_000,
    stepS: 60,
    series: [{ metric: "temperatureC", points }],
  });
  assert.deepEqual(series?.times, [0, 60, 150, 900]);
  assert.deepEqual(series?.mean, [20, 21, null, 25]);
  assert.deepEqual(series?.min, [19, 20, null, 24]);
  assert.deepEqual(series?.max, [21, 22, null, 26]);
  assert.equal(series?.last, 25);
});

test("points of one bucket give its band, points without the value give none", () => {
  const points = [0, 1_000, 2_000, 10_000].map((at, index) => ({
    at,
    lat: 0,
    lon: 0,
    altitudeM: 100 * (index + 1),
  }));
  const options = { range: { from: 0, to: 100_000 }, buckets: 10, cadenceMs: 1_000 };
  const series = trackSeries([...points, { at: 20_000, lat: 0, lon: 0 }], "altitudeM", options);
  assert.deepEqual(series.times, [0, 10]);
  assert.deepEqual(series.min, [100, 400]);
  assert.deepEqual(series.max, [300, 400]);
  assert.deepEqual(series.mean, [200, 400]);
  assert.deepEqual(trackSeries(points, "speedMps", options).times, []);
});
