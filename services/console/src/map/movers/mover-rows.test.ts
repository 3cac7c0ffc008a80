import assert from "node:assert/strict";
import { test } from "node:test";
import { MoverTable } from "../../live/movers.ts";
import { altitudeRamps } from "../ramps.ts";
import { MoverRows, rowBytes, settleSeconds } from "./mover-rows.ts";

const baseMs = 1_700_000_000_000;
const look = {
  ramp: altitudeRamps.altitude,
  isShown: () => true,
  isSelected: () => false,
};

/** One aircraft, heading east at the equator at 111.2 m/s: a thousandth of a degree a second. */
function fly(table: MoverTable, at: number, lon: number, name?: string): void {
  table.apply({
    slots: Uint32Array.of(0),
    at: Float64Array.of(at),
    lon: Float64Array.of(lon),
    lat: Float64Array.of(0),
    altitudeM: Float32Array.of(9_000),
    speedMps: Float32Array.of(111.195),
    headingDeg: Float32Array.of(90),
    climbMps: Float32Array.of(NaN),
    kind: Uint8Array.of(0),
    flags: Uint8Array.of(0),
    named: name === undefined ? [] : [[0, name, name]],
    removed: [],
    kinds: ["aircraft"],
  });
}

const near = (a: number, b: number, within = 2e-6) =>
  assert.ok(Math.abs(a - b) < within, `${a} is not ${b}`);

test("a mover is drawn where it is by now, and stops at its horizon", () => {
  const table = new MoverTable();
  const rows = new MoverRows(baseMs);
  fly(table, baseMs, 150.123_456_7, "aircraft:a");
  rows.write(table, [0], look, baseMs);
  near(rows.seen(0, baseMs)[0], 150.123_456_7);
  near(rows.seen(0, baseMs + 5_000)[0], 150.128_456_7, 1e-5);
  near(rows.seen(0, baseMs + 60_000)[0], rows.seen(0, baseMs + 15_000)[0]);
});

test("a report that is elsewhere than expected moves it there smoothly, not at once", () => {
  const table = new MoverTable();
  const rows = new MoverRows(baseMs);
  fly(table, baseMs, 150, "aircraft:a");
  rows.write(table, [0], look, baseMs);
  const now = baseMs + 4_000;
  const before = rows.seen(0, now)[0];
  fly(table, now, 150.01);
  rows.write(table, [0], look, now);
  near(rows.seen(0, now)[0], before, 1e-5);
  assert.ok(rows.jumpDegMax > 0.005);
  const settled = now + settleSeconds * 1_000;
  near(rows.seen(0, settled)[0], 150.01 + 0.001 * settleSeconds, 1e-5);
});

test("a far jump is shown as one, and a new asset in an old slot does not fly there", () => {
  const table = new MoverTable();
  const rows = new MoverRows(baseMs);
  fly(table, baseMs, 150, "aircraft:a");
  rows.write(table, [0], look, baseMs);
  fly(table, baseMs + 1_000, 20, "aircraft:b");
  rows.write(table, [0], look, baseMs + 1_000);
  near(rows.seen(0, baseMs + 1_000)[0], 20);
});

test("what a filter does not let through is not drawn", () => {
  const table = new MoverTable();
  const rows = new MoverRows(baseMs);
  fly(table, baseMs, 150, "aircraft:a");
  rows.write(table, [0], { ...look, isShown: () => false }, baseMs);
  assert.equal(rows.isDrawn(0), false);
  rows.write(table, [0], look, baseMs);
  assert.equal(rows.isDrawn(0), true);
});

test("rows keep what they hold when there are more", () => {
  const table = new MoverTable();
  const rows = new MoverRows(baseMs);
  fly(table, baseMs, 150, "aircraft:a");
  rows.write(table, [0], look, baseMs);
  table.apply({
    slots: Uint32Array.of(5_000),
    at: Float64Array.of(baseMs),
    lon: Float64Array.of(1),
    lat: Float64Array.of(2),
    altitudeM: Float32Array.of(NaN),
    speedMps: Float32Array.of(NaN),
    headingDeg: Float32Array.of(NaN),
    climbMps: Float32Array.of(NaN),
    kind: Uint8Array.of(0),
    flags: Uint8Array.of(0),
    named: [[5_000, "aircraft:z", "z"]],
    removed: [],
    kinds: ["aircraft"],
  });
  rows.write(table, [5_000], look, baseMs);
  assert.ok(rows.bytes.byteLength >= 5_001 * rowBytes);
  near(rows.seen(0, baseMs)[0], 150);
  near(rows.seen(5_000, baseMs)[1], 2);
});
