import assert from "node:assert/strict";
import test from "node:test";
import { faultOfReport } from "../model/codec.ts";
import { Report, normaliseReport } from "../model/report.ts";
import { createFleet } from "./fleet.ts";
import { createShapes } from "./shapes.ts";
import { distanceM } from "./sphere.ts";

const noonMs = Date.UTC(2026, 5, 3, 2);
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

test("says the same for the same seed and something else for another", () => {
  const config = { seed: 7, flights: 40, stations: 20 };
  const once = createFleet(config).reportsBetween(noonMs, noonMs + minuteMs);
  const again = createFleet(config).reportsBetween(noonMs, noonMs + minuteMs);
  const other = createFleet({ ...config, seed: 8 }).reportsBetween(noonMs, noonMs + minuteMs);
  assert.deepEqual(once, again);
  assert.notDeepEqual(once, other);
  assert.ok(once.length > 300, String(once.length));
});

test("gives each report once, however a span is cut", () => {
  const fleet = createFleet({ seed: 3, flights: 30, stations: 30 });
  const whole = fleet.reportsBetween(noonMs, noonMs + 5 * minuteMs);
  const pieces = [];
  for (let at = noonMs; at < noonMs + 5 * minuteMs; at += 777) {
    pieces.push(...fleet.reportsBetween(at, Math.min(at + 777, noonMs + 5 * minuteMs)));
  }
  assert.deepEqual(pieces, whole);
});

test("every report is valid and already at the stored resolution", () => {
  const fleet = createFleet({ seed: 11, flights: 300, stations: 200 });
  for (const hours of [0, 5, 11, 4000]) {
    const from = noonMs + hours * hourMs;
    for (const report of fleet.arrivalsBetween(from, from + 40_000)) {
      assert.deepEqual(Report.parse(report), report);
      assert.deepEqual(normaliseReport(report), report);
    }
  }
});

test("is full of life from its first second: most aircraft fly, every station has spoken", () => {
  for (const seed of [1, 2, 3]) {
    const fleet = createFleet({ seed, flights: 300, stations: 200, startAt: noonMs });
    for (const at of [noonMs, noonMs + 3 * hourMs, noonMs + 40 * hourMs]) {
      const flying = fleet.flights.filter((flight) => !flight.stateAt(at).onGround).length;
      assert.ok(flying > 180 && flying < 300, `seed ${seed}: ${flying} of 300 fly`);
    }
    const reports = fleet.reportsBetween(noonMs, noonMs + 34_000);
    assert.equal(new Set(reports.map(({ asset }) => asset)).size, 500);
  }
});

test("an aircraft never jumps, and never flies faster or climbs steeper than it may", () => {
  const fleet = createFleet({ seed: 5, flights: 40, stations: 0 });
  for (const flight of fleet.flights) {
    let before = flight.stateAt(noonMs);
    for (let at = noonMs + 2_000; at < noonMs + 4 * hourMs; at += 2_000) {
      const state = flight.stateAt(at);
      const fastest = Math.max(before.speedMps, state.speedMps) + 2;
      const movedM = distanceM(before, state);
      assert.ok(movedM <= 2 * fastest * 1.02 + 1, `${flight.asset} at ${at}: ${movedM} m in 2 s`);
      const rose = Math.abs(state.altitudeM - before.altitudeM);
      assert.ok(rose <= 2 * 13.5, `${flight.asset} at ${at}: ${rose} m up or down in 2 s`);
      assert.ok(state.speedMps <= 262 && Math.abs(state.climbMps) <= 13.5);
      assert.ok(state.altitudeM < 12_600);
      before = state;
    }
  }
});

test("headings point where the aircraft goes, climbs say how fast it rises", () => {
  const fleet = createFleet({ seed: 9, flights: 50, stations: 0 });
  let climbing = 0;
  for (const flight of fleet.flights) {
    const now = flight.stateAt(noonMs);
    const next = flight.stateAt(noonMs + 1_000);
    if (now.leg !== next.leg || now.onGround || next.onGround) continue;
    const rad = Math.PI / 180;
    const north = (next.latDeg - now.latDeg) / rad;
    const east = ((next.lonDeg - now.lonDeg) / rad) * Math.cos(now.latDeg * rad);
    const course = (Math.atan2(east, north) / rad + 360) % 360;
    const off = Math.abs(((course - now.headingDeg + 540) % 360) - 180);
    assert.ok(off < 1, `${flight.asset}: heading ${now.headingDeg}, goes ${course}`);
    assert.ok(Math.abs(next.altitudeM - now.altitudeM - now.climbMps) < 0.2);
    if (now.climbMps > 3) climbing += 1;
  }
  assert.ok(climbing > 0);
});

test("a leg runs gate to gate: taxi, take-off, cruise at a flight level, landing, the next leg", () => {
  const [flight] = createFleet({ seed: 2, flights: 1, stations: 0, startAt: noonMs }).flights;
  assert.ok(flight);
  const [first, second] = flight.legs;
  assert.ok(first && second);
  const seen = new Set<string>();
  for (let at = noonMs; at < noonMs + 60 * hourMs; at += 20_000) {
    const state = flight.stateAt(at);
    const phase = state.isParked ? "gate" : state.onGround ? "ground" : "air";
    seen.add(`${state.leg.from.iata}-${state.leg.to.iata} ${phase}`);
  }
  for (const leg of [first, second]) {
    for (const phase of ["gate", "ground", "air"]) {
      assert.ok(
        seen.has(`${leg.from.iata}-${leg.to.iata} ${phase}`),
        `${phase} of ${leg.callsign}`,
      );
    }
  }
  assert.equal(first.to, second.from);
});

test("addresses are unique and lie in a national block, callsigns look like callsigns", () => {
  const fleet = createFleet({ seed: 4, flights: 3_000, stations: 0 });
  assert.equal(new Set(fleet.flights.map(({ hex }) => hex)).size, 3_000);
  for (const flight of fleet.flights.slice(0, 300)) {
    assert.match(flight.hex, /^[0-9a-f]{6}$/);
    for (const leg of flight.legs) {
      assert.match(leg.callsign, /^[A-Z]{3}\d{1,4}$/);
      assert.match(leg.squawk, /^[0-7]{4}$/);
      assert.ok(!/^7[567]/.test(leg.squawk));
    }
  }
  const qantas = fleet.flights.find((flight) => flight.legs[0]?.callsign.startsWith("QFA"));
  assert.match(qantas?.hex ?? "", /^7[c-f]/);
});

test("a link that drops delays its stations' reports and loses or repeats none", () => {
  const fleet = createFleet({ seed: 6, flights: 0, stations: 120 });
  const flaky = fleet.sites.filter((site) => site.isFlaky);
  assert.ok(flaky.length >= 4, `${flaky.length} flaky sites`);
  // A span that starts and ends with every link up would be rare; compare by station and time.
  const until = noonMs + 2.5 * hourMs;
  const truth = fleet.reportsBetween(noonMs, until);
  const arrived = fleet.arrivalsBetween(noonMs, until + 15 * minuteMs);
  const key = (report: Report) => `${report.asset} ${report.at}`;
  const byKey = new Map(arrived.map((report) => [key(report), report]));
  assert.equal(byKey.size, arrived.length, "no report arrives twice");
  for (const report of truth) {
    const { historical, ...rest } = byKey.get(key(report)) ?? {};
    assert.deepEqual(rest, report);
    const site = fleet.stations.find(({ asset }) => asset === report.asset)?.site;
    assert.equal(historical === true, site?.outageAt(report.at) !== undefined);
  }
  assert.ok(arrived.filter((report) => report.historical).length > 100);
});

test("stations measure days: warmer after noon than before dawn, tanks and batteries within bounds", () => {
  const fleet = createFleet({ seed: 12, flights: 0, stations: 60 });
  let warmer = 0;
  for (const station of fleet.stations) {
    // Solar 04:00 and 15:00 at the station's own longitude.
    const dawn = Date.UTC(2026, 0, 10) + (4 - station.lonDeg / 15) * hourMs;
    const [early] = station.reportsBetween(dawn, dawn + 40_000);
    const [late] = station.reportsBetween(dawn + 11 * hourMs, dawn + 11 * hourMs + 40_000);
    assert.ok(early?.measurements && late?.measurements);
    if ((late.measurements["temperatureC"] ?? 0) > (early.measurements["temperatureC"] ?? 0)) {
      warmer += 1;
    }
    for (const { batteryV, tankPct, humidityPct, pressureHpa } of [
      early.measurements,
      late.measurements,
    ]) {
      assert.ok(batteryV !== undefined && batteryV > 11 && batteryV < 14.5);
      if (tankPct !== undefined) assert.ok(tankPct >= 0 && tankPct <= 100);
      if (humidityPct !== undefined) assert.ok(humidityPct >= 4 && humidityPct <= 100);
      if (pressureHpa !== undefined) assert.ok(pressureHpa > 900 && pressureHpa < 1_040);
    }
  }
  assert.ok(warmer > 55, `${warmer} of 60`);
});

test("shapes are valid, of the quoted size, and no (asset, at) comes twice", () => {
  for (const [shape, bytes] of [
    ["aircraft", 228],
    ["sensor", 113],
  ] as const) {
    const shapes = createShapes({
      shape,
      assets: 100,
      startAt: noonMs,
      intervalMs: 1_000,
      seed: 1,
    });
    const reports = [...shapes.take(950), ...shapes.take(50)];
    assert.equal(shapes.taken(), 1_000);
    const total = reports.reduce((sum, report) => sum + JSON.stringify(report).length, 0);
    assert.ok(Math.abs(total / 1_000 - bytes) < 15, `${shape}: ${total / 1_000} bytes`);
    assert.equal(new Set(reports.map(({ asset, at }) => `${asset} ${at}`)).size, 1_000);
    for (const report of reports) assert.equal(faultOfReport({ ...report }), undefined);
  }
});
