import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bytesText,
  distanceText,
  headingText,
  placeText,
  quantities,
  quantityText,
  wholeText,
} from "./quantity.ts";

test("altitude and speed are told in the viewer's units", () => {
  const { metric, aviation } = quantities;
  assert.equal(quantityText(metric.altitude, 10_668), "10\u2009668 m");
  assert.equal(quantityText(aviation.altitude, 10_668), "35\u2009000 ft");
  assert.equal(quantityText(metric.speed, 250), "900 km/h");
  assert.equal(quantityText(aviation.speed, 250), "486 kt");
  assert.equal(quantityText(aviation.climb, 10), "1969 ft/min");
  assert.equal(quantityText(metric.climb, -2.54), "−2.5 m/s");
  assert.equal(quantityText(metric.altitude, undefined), "–");
  assert.equal(quantityText(metric.altitude, Number.NaN), "–");
});

test("what is shown turns back into what was meant", () => {
  for (const system of Object.values(quantities)) {
    for (const quantity of Object.values(system)) {
      assert.ok(Math.abs(quantity.si(quantity.shown(123.4)) - 123.4) < 1e-9);
    }
  }
});

test("whole numbers stand in groups from five digits on", () => {
  assert.equal(wholeText(9_999.4), "9999");
  assert.equal(wholeText(1_234_567), "1\u2009234\u2009567");
  assert.equal(wholeText(-12_345), "−12\u2009345");
  assert.equal(wholeText(-0.2), "0");
  assert.equal(wholeText(undefined), "–");
});

test("places, distances, bytes and headings", () => {
  assert.equal(placeText(-31.9523, 115.8613), "31.9523° S, 115.8613° E");
  assert.equal(placeText(0, -0.5), "0.0000° N, 0.5000° W");
  assert.equal(distanceText(850), "850 m");
  assert.equal(distanceText(12_500), "12.5 km");
  assert.equal(distanceText(1_250_000), "1250 km");
  assert.equal(bytesText(512), "512 B");
  assert.equal(bytesText(3.4 * 1024 ** 2), "3.4 MiB");
  assert.equal(bytesText(0), "0 B");
  assert.equal(headingText(274.4), "274° W");
  assert.equal(headingText(359.9), "000° N");
  assert.equal(headingText(undefined), "–");
});
