import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { absent, flags } from "../../model/row.ts";
import { thinTrack } from "./thin-track.ts";
import type { TrackRow } from "./thin-track.ts";

const air = flags.groundKnown;
const ground = flags.groundKnown | flags.onGround;

const row = (t: number, altitude: number, bits: number = air): TrackRow => [
  t,
  0,
  0,
  altitude,
  absent,
  absent,
  absent,
  bits,
];

test("a bucket keeps its ends, its lowest and highest place, take-off and landing", () => {
  const rows = [
    row(0, 500),
    row(1, 100),
    row(2, 900),
    row(3, 300, ground),
    row(4, 300, ground),
    row(5, 350),
    row(6, 400),
    row(7, 420),
  ];
  assert.deepEqual(
    thinTrack(rows, 100).map(([t]) => t),
    [0, 1, 2, 3, 5, 7],
  );
});

test("of equally high places the newest stays, of equally low ones the oldest", () => {
  const rows = [row(0, 5), row(1, 1), row(2, 9), row(3, 9), row(4, 1), row(5, 5)];
  assert.deepEqual(
    thinTrack(rows, 100).map(([t]) => t),
    [0, 1, 3, 5],
  );
});

test("no bucket gives more than six places, and every extreme of the whole stays", () => {
  const rowsOf = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 10_000 }), fc.constantFrom(air, ground)), {
      minLength: 1,
      maxLength: 300,
    })
    .map((list) => list.map(([altitude, bits], index) => row(index * 7, altitude, bits)));
  fc.assert(
    fc.property(rowsOf, fc.integer({ min: 1, max: 500 }), (rows, widthMs) => {
      const kept = thinTrack(rows, widthMs);
      const counts = new Map<number, number>();
      for (const [t] of kept) {
        const bucket = Math.floor(t / widthMs);
        counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
      }
      assert.ok([...counts.values()].every((count) => count <= 6));
      const heights = (list: readonly TrackRow[]) => list.map((one) => one[3]);
      assert.equal(Math.max(...heights(kept)), Math.max(...heights(rows)));
      assert.equal(Math.min(...heights(kept)), Math.min(...heights(rows)));
      assert.equal(kept[0], rows[0]);
      assert.equal(kept.at(-1), rows.at(-1));
    }),
    { seed: 7 },
  );
});

test("nothing gives nothing", () => {
  assert.deepEqual(thinTrack([], 10), []);
});
