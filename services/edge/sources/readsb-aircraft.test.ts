import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@drover/core/service/clock";
import { readAircraft } from "./readsb-aircraft.ts";
import { createTally } from "./tally.ts";

const tally = () => createTally({ name: "t", kind: "readsb" }, { clock: systemClock });
const config = { source: "readsb" };
const entry = {
  hex: "7C6B2D",
  type: "adsb_icao",
  flight: "QFA12   ",
  r: "VH-OQA",
  t: "A388",
  alt_baro: 35_000,
  alt_geom: 36_000,
  gs: 480.5,
  track: 0.1,
  baro_rate: -64,
  squawk: "0012",
  emergency: "none",
  category: "A5",
  lat: -33.5,
  lon: 151.25,
  nac_p: 9,
  rc: 186,
  seen_pos: 2.5,
  seen: 0.1,
  lastPosition: { lat: 1, lon: 1 },
  rr_lat: 2,
  rr_lon: 2,
};
const one = (given: Record<string, unknown>, now = 1_700_000_000.5) =>
  readAircraft({ now, messages: 1, aircraft: [given] }, config, tally())[0];

test("an entry is converted to SI and timed by its own fix", () => {
  assert.deepEqual(one(entry), {
    asset: "aircraft:7c6b2d",
    kind: "aircraft",
    at: 1_699_999_998_000,
    // 36 000 ft × 0.3048; NACp 9 is an error below 30 m.
    position: {
      lat: -33.5,
      lon: 151.25,
      altitudeM: 10_972.800000000001,
      accuracyM: 30,
      onGround: false,
    },
    // 480.5 kt × 1852 / 3600; −64 ft/min × 0.3048 / 60.
    motion: { speedMps: 480.5 * (1852 / 3600), headingDeg: 0.1, climbMps: -0.32512 },
    measurements: { baroAltitudeM: 10_668 },
    attributes: {
      callsign: "QFA12",
      squawk: "0012",
      category: "A5",
      registration: "VH-OQA",
      type: "A388",
      positionSource: "adsb",
    },
    source: "readsb",
  });
});

test("both dialects give the same: seconds with aircraft, milliseconds with ac", () => {
  const ours = readAircraft({ now: 1_700_000_000.5, aircraft: [entry] }, config, tally());
  const theirs = readAircraft(
    { now: 1_700_000_000_500, ac: [entry], msg: "No error" },
    config,
    tally(),
  );
  assert.deepEqual(theirs, ours);
});

test("the names of older decoders are taken", () => {
  const old = {
    hex: "400f99",
    altitude: 34_000,
    speed: 429,
    vert_rate: 64,
    track: 347,
    lat: 46.9,
    lon: -0.6,
  };
  const report = one({ ...old, seen: 0.5, validposition: 1, validtrack: 1 });
  assert.equal(report?.at, 1_700_000_000_000);
  assert.equal(report?.position?.altitudeM, 34_000 * 0.3048);
  assert.equal(report?.motion?.climbMps, (64 * 0.3048) / 60);
  const invalid = one({ ...old, seen: 0.5, validposition: 0, validtrack: 0 });
  assert.equal(invalid?.position, undefined);
  assert.equal(invalid?.motion?.headingDeg, undefined);
});

test("the word ground is an altitude of none and an aircraft on the ground", () => {
  const report = one({ ...entry, alt_baro: "ground", alt_geom: undefined });
  assert.deepEqual(report?.position, { lat: -33.5, lon: 151.25, accuracyM: 30, onGround: true });
});

test("an old or a guessed place is no position, and a place without age is none", () => {
  const guessed = one({ ...entry, lat: undefined, lon: undefined, seen_pos: undefined });
  assert.equal(guessed?.position, undefined);
  assert.equal(guessed?.at, 1_700_000_000_400);
  assert.equal(one({ ...entry, seen_pos: undefined })?.position, undefined);
});

test("the radius of containment stands in where no accuracy is told; 0 is unknown", () => {
  const told = (given: Record<string, unknown>) => one({ ...entry, ...given })?.position?.accuracyM;
  assert.equal(told({ nac_p: undefined }), 186);
  assert.equal(told({ nac_p: 0 }), 186);
  assert.equal(told({ nac_p: 0, rc: 0 }), undefined);
  assert.equal(told({ nac_p: 11 }), 3);
});

test("an address that is no ICAO one stays apart from the ICAO address", () => {
  assert.equal(one({ ...entry, hex: "~7c6b2d" })?.asset, "aircraft:~7c6b2d");
});

test("a decoder whose clock was never set is refused, not believed", () => {
  const counts = tally();
  assert.deepEqual(readAircraft({ now: 12.3, aircraft: [entry] }, config, counts), []);
  assert.equal(counts.status().refused["clock-not-set"], 1);
});

test("bad entries are counted; a body without time or list is refused whole", () => {
  const counts = tally();
  readAircraft(
    { now: 1.7e9, aircraft: [1, null, {}, { hex: "zzzzzz" }, { hex: "7c6b2d" }] },
    config,
    counts,
  );
  assert.deepEqual(counts.status().refused, { "bad-row": 2, "bad-hex": 2, "bad-time": 1 });
  for (const body of [null, [], { now: 1 }, { aircraft: [] }, { now: "1", aircraft: [] }]) {
    assert.throws(() => readAircraft(body, config, tally()), { name: "AircraftBodyError" });
  }
});
