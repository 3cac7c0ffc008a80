import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createGeometry } from "@drover/core/geometry/geometry";
import { distanceM } from "@drover/core/geometry/sphere";
import type { ZoneShape } from "@drover/core/model/zone";
import { MoverTable } from "../live/movers.ts";
import { boundsOf, boxOf, setBounds } from "./bounds.ts";
import { boxAround } from "./box-around.ts";
import { clustersOf } from "./cluster-grid.ts";
import { applyGrip, gripsOf } from "./draft-grips.ts";
import { scaleOf, shareOf } from "./heat-colors.ts";
import { placeLabels } from "./label-placement.ts";
import { metresAPixel, scaleFor } from "./scale.ts";
import { outlineOf, placeFrom } from "./zone-outline.ts";

const tableOf = (places: readonly (readonly [number, number])[]): MoverTable => {
  const table = new MoverTable();
  const column = (index: 0 | 1) => Float64Array.from(places, (place) => place[index]);
  const zeros = new Float32Array(places.length);
  table.apply({
    slots: Uint32Array.from(places.keys()),
    at: new Float64Array(places.length),
    lon: column(0),
    lat: column(1),
    altitudeM: zeros,
    speedMps: zeros,
    headingDeg: zeros,
    climbMps: zeros,
    kind: new Uint8Array(places.length),
    flags: new Uint8Array(places.length),
    named: places.map((_, i) => [i, `bus:${i}`, `${i}`]),
    removed: [],
    kinds: ["bus"],
  });
  return table;
};

test("a circle's outline lies at its radius all around, beyond ±180° too", () => {
  const shape: ZoneShape = { type: "circle", center: [179.9, -17], radiusM: 50_000 };
  const ring = outlineOf(shape)[0]?.[0] ?? [];
  assert.ok(ring.length > 60);
  for (const [lon, lat] of ring) {
    assert.ok(Math.abs(distanceM(179.9, -17, lon, lat) - 50_000) < 1);
    assert.ok(lon > 170 && lon < 190, `${lon} is on the other side`);
  }
});

test("a corridor's outline lies at half its width from its line, on both sides and at the ends", () => {
  const line: [number, number][] = [
    [150, -34],
    [151, -33.5],
    [151.2, -32],
  ];
  const shape: ZoneShape = { type: "corridor", line, widthM: 20_000 };
  const geometry = createGeometry(shape);
  const ring = outlineOf(shape)[0]?.[0] ?? [];
  const off = ring.map(([lon, lat]) => Math.abs(geometry.borderM(lon, lat)));
  // On the inner side of a corner the outline cuts across.
  assert.ok(off.filter((metres) => metres > 400).length <= 2, off.map(Math.round).join(" "));
  assert.ok(ring.length > 20);
});

test("a place at a distance and a bearing is at that distance", () => {
  const [lon, lat] = placeFrom([10, 50], 100_000, Math.PI / 2);
  assert.ok(Math.abs(distanceM(10, 50, lon, lat) - 100_000) < 1);
  assert.ok(lon > 10);
});

test("the map's bounds hold what lies over the line, however far it was turned", () => {
  setBounds({ west: 170, south: -20, east: 190, north: 0 });
  const isIn = boundsOf();
  assert.ok(isIn(175, -10) && isIn(-175, -10));
  assert.ok(!isIn(165, -10) && !isIn(-165, -10) && !isIn(175, 5) && !isIn(NaN, NaN));
  assert.deepEqual(boxOf({ west: 170, south: -20, east: 190, north: 0 }), {
    west: 170,
    south: -20,
    east: -170,
    north: 0,
  });
  assert.equal(boxOf({ west: -200, south: -80, east: 200, north: 80 }), undefined);
});

test("the box around movers goes the short way round", () => {
  const around = (places: readonly (readonly [number, number])[]) =>
    boxAround(tableOf(places), () => true);
  const [west, south, east, north] = around([
    [179, -10],
    [-179, 10],
    [175, 0],
  ]) ?? [0, 0, 0, 0];
  assert.deepEqual([west, south, east, north], [175, -10, 181, 10]);
  assert.deepEqual(around([[5, 5]]), [5, 5, 5, 5]);
  assert.equal(around([]), undefined);
});

test("clusters hold every place once, at its mean", () => {
  const places = fc.array(
    fc.tuple(
      fc.double({ min: -180, max: 180, noNaN: true }),
      fc.double({ min: -90, max: 90, noNaN: true }),
    ),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(places, (all) => {
      const clusters = clustersOf(all, 3, 64);
      assert.equal(
        clusters.reduce((sum, { count }) => sum + count, 0),
        all.length,
      );
    }),
    { seed: 7, numRuns: 100 },
  );
  assert.deepEqual(
    clustersOf(
      [
        [10, 10],
        [10.2, 10.2],
      ],
      0,
      64,
    ),
    [{ count: 2, lon: 10.1, lat: 10.1 }],
  );
});

test("labels do not lie on each other, the most wanted are written, and there is a bound", () => {
  const wish = (slot: number, x: number, rank: number) => ({
    slot,
    x,
    y: 50,
    widthPixels: 60,
    rank,
  });
  const room = { width: 1_000, height: 500, countMax: 3, heightPixels: 16 };
  assert.deepEqual(placeLabels([wish(1, 100, 0), wish(2, 120, 5)], room), [2]);
  assert.deepEqual(placeLabels([wish(1, 100, 0), wish(2, 300, 0)], room), [1, 2]);
  const many = Array.from({ length: 9 }, (_, i) => wish(i, 100 * i + 1, 0));
  assert.equal(placeLabels(many, room).length, 3);
  assert.deepEqual(placeLabels([wish(1, -5, 9)], room), []);
});

test("a scale bar is a round distance that fits", () => {
  for (let zoom = 0; zoom < 20; zoom += 0.37) {
    const { metres, pixels } = scaleFor(metresAPixel(-33, zoom), 100);
    assert.ok(pixels <= 100.001 && pixels > 39, `${pixels}`);
    assert.match(metres.toExponential(), /^[125]e/);
  }
  // 40 075 km of the equator on 512 pixels.
  assert.ok(Math.abs(metresAPixel(0, 0) * 512 - 40_075_017) < 100);
});

test("heat: equal ratios of counts are equal steps of the ramp, and odd cells do not flatten it", () => {
  const counts = scaleOf([1, 10, 100], true);
  assert.equal(shareOf(counts, 10), 0.5);
  const warm = scaleOf([...Array.from({ length: 200 }, (_, i) => i / 10), 5_000], false);
  assert.ok(warm.most < 25);
  assert.equal(shareOf(warm, 5_000), 1);
  assert.equal(shareOf(scaleOf([], true), 1), 0.5);
});

test("a corner is moved, a place between corners becomes one, a rim sets the radius", () => {
  const polygon = {
    mode: "polygon",
    points: [
      [0, 0],
      [2, 0],
      [2, 2],
    ],
  } as const;
  const grips = gripsOf(polygon);
  assert.equal(grips.filter(({ kind }) => kind === "corner").length, 3);
  assert.equal(grips.filter(({ kind }) => kind === "between").length, 3);
  const between = grips.find(({ kind, index }) => kind === "between" && index === 1);
  assert.deepEqual(between?.place, [2, 1]);
  assert.ok(between);
  const { change, grip } = applyGrip(polygon, between, [3, 1]);
  assert.deepEqual(change.points, [
    [0, 0],
    [2, 0],
    [3, 1],
    [2, 2],
  ]);
  assert.deepEqual([grip.kind, grip.index], ["corner", 2]);
  const circle = { mode: "circle", points: [[10, 0]], radiusM: 1_000 } as const;
  const rim = gripsOf(circle).find(({ kind }) => kind === "rim");
  assert.ok(rim);
  assert.equal(applyGrip(circle, rim, [11, 0]).change.radiusM, 111_195);
});
