import assert from "node:assert/strict";
import { test } from "node:test";
import { appliesText, bandText, daysText, scheduleText, shapeText } from "./zone-words.ts";

const ring: [number, number][] = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 0],
];

test("a shape in words", () => {
  assert.equal(shapeText({ type: "circle", center: [0, 0], radiusM: 5_000 }), "circle of 5 km");
  assert.equal(shapeText({ type: "corridor", line: ring, widthM: 800 }), "corridor 800 m wide");
  assert.equal(shapeText({ type: "polygon", polygons: [[ring]] }), "polygon, 3 corners");
  assert.equal(
    shapeText({ type: "polygon", polygons: [[ring, ring]] }),
    "polygon, 6 corners, 1 cut out",
  );
  assert.equal(
    shapeText({ type: "polygon", polygons: [[ring], [ring]] }),
    "polygon, 6 corners, 2 parts",
  );
});

test("a band, a selection and a schedule in words, and nothing for what is not limited", () => {
  assert.equal(bandText({ floorM: 0, ceilingM: 3_000 }), "0 to 3000 m");
  assert.equal(bandText({ floorM: 500 }), "above 500 m");
  assert.equal(bandText({ ceilingM: 500 }), "below 500 m");
  assert.equal(bandText({}), "");
  assert.equal(
    appliesText({ applies: { kinds: ["aircraft"], assets: ["a:1", "a:2"] } }),
    "aircraft and 2 named",
  );
  assert.equal(appliesText({}), "");
  const windows = [{ days: [1, 2, 3, 4, 5], from: "08:00", to: "18:00" }];
  assert.equal(
    scheduleText({ schedule: { timeZone: "Australia/Darwin", windows } }),
    "Mon–Fri 08:00–18:00 (Australia/Darwin)",
  );
  assert.equal(scheduleText({}), "");
});

test("days are told as a run where they are one", () => {
  assert.equal(daysText([7, 6]), "Sat, Sun");
  assert.equal(daysText([3, 1, 2]), "Mon–Wed");
  assert.equal(daysText([1, 3, 5]), "Mon, Wed, Fri");
  assert.equal(daysText([1, 2, 3, 4, 5, 6, 7]), "every day");
});
