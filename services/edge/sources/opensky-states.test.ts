import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@drover/core/service/clock";
import { readStates } from "./opensky-states.ts";
import { createTally } from "./tally.ts";

const tally = () => createTally({ name: "t", kind: "opensky" }, { clock: systemClock });
const config = { source: "opensky" };

const contact: readonly unknown[] = ["ab1644", "UAL421  ", "United States", 1683488743, 1683488744];
const place: readonly unknown[] = [-71.1656, 42.5372, 2217.42, false, 137.8, 342.17, 13];
const rest: readonly unknown[] = [[1, 2], 2194.56, "0421", true, 2, 4, "a column to come"];
const full = [...contact, ...place, ...rest];

test("a row is read by index: longitude before latitude, the geometric height behind the sensors", () => {
  const [report] = readStates({ time: 1683488744, states: [full] }, config, tally());
  assert.deepEqual(report, {
    asset: "aircraft:ab1644",
    kind: "aircraft",
    at: 1683488743000,
    position: { lat: 42.5372, lon: -71.1656, altitudeM: 2194.56, onGround: false },
    motion: { speedMps: 137.8, headingDeg: 342.17, climbMps: 13 },
    measurements: { baroAltitudeM: 2217.42 },
    attributes: {
      callsign: "UAL421",
      originCountry: "United States",
      squawk: "0421",
      category: "A3",
      positionSource: "mlat",
      spi: "true",
    },
    source: "opensky",
  });
});

test("a contact without a position has the time of the contact and no place", () => {
  const row = full.with(3, null);
  const [report] = readStates({ time: 1683488744, states: [row] }, config, tally());
  assert.equal(report?.at, 1683488744000);
  assert.equal(report?.position, undefined);
  assert.equal(report?.measurements?.["baroAltitudeM"], 2217.42);
});

test("without a geometric height the barometric one is the altitude and is not said twice", () => {
  const row = full.with(13, null);
  const [report] = readStates({ time: 1, states: [row] }, config, tally());
  assert.equal(report?.position?.altitudeM, 2217.42);
  assert.equal(report?.measurements, undefined);
});

test("a bad row is counted and does not fail its neighbours", () => {
  const counts = tally();
  const rows = [full, ["ab1644"], null, full.with(0, "XYZ"), full.with(3, 12).with(4, 12), full];
  const reports = readStates({ time: 1, states: rows }, config, counts);
  assert.equal(reports.length, 2);
  assert.deepEqual(counts.status().refused, { "bad-row": 2, "bad-hex": 1, "clock-not-set": 1 });
  assert.equal(counts.status().received, 6);
});

test("0,0 and places off the globe are no positions", () => {
  const counts = tally();
  const rows = [full.with(5, 0).with(6, 0), full.with(6, 91)];
  const reports = readStates({ time: 1, states: rows }, config, counts);
  assert(reports.every((report) => report.position === undefined && report.motion !== undefined));
  assert.deepEqual(counts.status().refused, { "null-island": 1, "position-out-of-range": 1 });
});

test("states: null is an empty sky, and a body without states is refused", () => {
  assert.deepEqual(readStates({ time: 1, states: null }, config, tally()), []);
  for (const body of [null, [], "x", { time: 1 }, { states: {} }]) {
    assert.throws(() => readStates(body, config, tally()), { name: "OpenskyBodyError" });
  }
});
