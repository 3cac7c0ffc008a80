import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ZoneShape } from "../model/zone.ts";
import { isInBoxes } from "./box.ts";
import { edgeDistanceM } from "./edge.ts";
import { createGeometry, type Geometry } from "./geometry.ts";
import { createPath, placeAlong } from "./path.ts";
import { alongArc, arcDistanceM, distanceM, type LonLat, wrapDeg } from "./sphere.ts";

type Ring = [number, number][];
const run = { seed: 11, numRuns: 200 };
const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });

/** Star-shaped rings around a centre anywhere, so that they never meet themselves; longitudes wrapped. */
const star = fc
  .record({
    lon: number(-180, 179.9),
    lat: number(-60, 60),
    radii: fc.array(number(0.2, 5), { minLength: 3, maxLength: 60 }),
  })
  .map(({ lon, lat, radii }) => {
    const ring: Ring = radii.map((radius, at) => {
      const angle = (2 * Math.PI * at) / radii.length;
      return [wrapDeg(lon + radius * Math.cos(angle)), lat + radius * Math.sin(angle)];
    });
    const [first = [0, 0]] = ring;
    return { lon, lat, ring: [...ring, first] satisfies Ring };
  });

/** Winding number by summed angles, in a plane around the place: another way than crossings. */
function isWithin(ring: Ring, [lon, lat]: LonLat): boolean {
  let turned = 0;
  for (let at = 1; at < ring.length; at++) {
    const [a = [0, 0], b = [0, 0]] = [ring[at - 1], ring[at]];
    const [ax, ay, bx, by] = [wrapDeg(a[0] - lon), a[1] - lat, wrapDeg(b[0] - lon), b[1] - lat];
    turned += Math.atan2(ax * by - ay * bx, ax * bx + ay * by);
  }
  return Math.abs(turned) > Math.PI;
}

/** The least distance to many places along every edge. */
function nearestOf(ring: Ring, [lon, lat]: LonLat): number {
  let nearest = Infinity;
  for (let at = 1; at < ring.length; at++) {
    const [a = [0, 0], b = [0, 0]] = [ring[at - 1], ring[at]];
    const dx = wrapDeg(b[0] - a[0]);
    for (let t = 0; t <= 1; t += 1 / 256) {
      const placeLat = a[1] + (b[1] - a[1]) * t;
      nearest = Math.min(nearest, distanceM(lon, lat, a[0] + dx * t, placeLat));
    }
  }
  return nearest;
}

const polygonOf = (...rings: Ring[]): ZoneShape => ({ type: "polygon", polygons: [rings] });

test("distance is symmetric, nought to oneself, and a known one is right", () => {
  const lonLat = fc.tuple(number(-180, 180), number(-90, 90));
  fc.assert(
    fc.property(lonLat, lonLat, (a, b) => {
      assert.ok(Math.abs(distanceM(...a, ...b) - distanceM(...b, ...a)) < 1e-3);
      assert.equal(distanceM(...a, ...a), 0);
    }),
    run,
  );
  // Sydney (-33.9461, 151.1772) to Darwin (-12.4147, 130.8766): 3,150.6 km on the mean sphere.
  const flown = distanceM(151.1772, -33.9461, 130.8766, -12.4147);
  assert.ok(Math.abs(flown - 3_151_000) < 5_000, `${flown}`);
});

test("cross-track distance is the least over the arc", () => {
  const near = fc.tuple(number(-40, 40), number(-70, 70));
  fc.assert(
    fc.property(near, near, near, (place, from, to) => {
      let least = Infinity;
      for (let t = 0; t <= 1; t += 1 / 512) {
        least = Math.min(least, distanceM(...place, ...alongArc(from, to, t)));
      }
      const spacingM = distanceM(...from, ...to) / 512;
      const arcM = arcDistanceM(place, from, to);
      assert.ok(arcM <= least + 1e-3 && arcM >= least - spacingM);
    }),
    run,
  );
});

test("a polygon holds what its winding number says, anywhere, with few corners or many", () => {
  fc.assert(
    fc.property(star, number(-7, 7), number(-7, 7), ({ lon, lat, ring }, dx, dy) => {
      const geometry = createGeometry(polygonOf(ring));
      const place: LonLat = [wrapDeg(lon + dx), lat + dy];
      const borderM = geometry.borderM(...place);
      if (Math.abs(borderM) < 1) return;
      assert.equal(geometry.contains(...place), isWithin(ring, place));
      assert.equal(borderM < 0, isWithin(ring, place));
      if (borderM < 0) assert.ok(isInBoxes(geometry.boxes, ...place));
    }),
    { ...run, numRuns: 600 },
  );
});

test("the distance to a polygon's border is the least to its edges", () => {
  fc.assert(
    fc.property(star, number(-6, 6), number(-6, 6), ({ lon, lat, ring }, dx, dy) => {
      const geometry = createGeometry(polygonOf(ring));
      const place: LonLat = [wrapDeg(lon + dx), lat + dy];
      const least = nearestOf(ring, place);
      const borderM = Math.abs(geometry.borderM(...place));
      // The samples lie up to 2.2 km apart, so they may miss the foot by half of that.
      assert.ok(borderM <= least * 1.003 + 1, `${borderM} ${least}`);
      assert.ok(borderM >= Math.sqrt(Math.max(0, least ** 2 - 2_200 ** 2)) * 0.997 - 1);
      const nearM = geometry.borderM(...place, 5_000);
      if (borderM < 5_000) assert.ok(Math.abs(Math.abs(nearM) - borderM) < 1e-6);
      else assert.ok(Math.abs(nearM) >= 5_000);
    }),
    { ...run, numRuns: 60 },
  );
});

test("the distance to an edge is right near the poles and across ±180°", () => {
  const edge = { x1: 170, y1: 85, x2: 190, y2: 88 };
  for (const place of [
    [180, 89.5],
    [-179, 86.5],
    [0, 89.9],
    [175, 84],
  ] satisfies [number, number][]) {
    let least = Infinity;
    for (let t = 0; t <= 1; t += 1e-4) {
      least = Math.min(least, distanceM(...place, 170 + 20 * t, 85 + 3 * t));
    }
    assert.ok(Math.abs(edgeDistanceM(edge, ...place) - least) < 20);
  }
});

test("holes are outside, islands in another part inside", () => {
  const square = (size: number): Ring => [
    [-size, -size],
    [size, -size],
    [size, size],
    [-size, size],
    [-size, -size],
  ];
  const geometry = createGeometry({
    type: "polygon",
    polygons: [[square(3), square(2)], [square(1)]],
  });
  assert.deepEqual(
    [0.5, 1.5, 2.5, 3.5].map((lon) => geometry.contains(lon, 0)),
    [true, false, true, false],
  );
  assert.ok(Math.abs(geometry.borderM(1.5, 0) - 55_597) < 50);
  assert.ok(Math.abs(geometry.borderM(2.75, 0) + 27_798) < 50);
});

test("a ring around the axis holds its pole, north or south", () => {
  for (const sign of [1, -1]) {
    const ring: Ring = [0, 60, 120, 180, -120, -60, 0].map((lon) => [lon, sign * 80]);
    for (const turned of [ring, ring.toReversed()]) {
      const geometry = createGeometry(polygonOf(turned));
      assert.equal(geometry.contains(17, sign * 90), true);
      assert.equal(geometry.contains(-179.99, sign * 80.01), true);
      assert.equal(geometry.contains(180, sign * 79.99), false);
      assert.equal(geometry.contains(0, -sign * 85), false);
      assert.ok(Math.abs(geometry.borderM(33, sign * 81) + 111_195) < 200);
      const path = createPath([0, sign * 79], [180, sign * 79]);
      const [from = 0, to = 0] = geometry.spansOf(path);
      assert.ok(Math.abs(from - 1 / 22) < 0.02 && Math.abs(to - 21 / 22) < 0.02, `${from} ${to}`);
    }
  }
  const circle = createGeometry({ type: "circle", center: [10, 89.9], radiusM: 50_000 });
  assert.equal(circle.contains(-170, 89.8), true);
  assert.deepEqual(
    circle.boxes.map(({ west, east, north }) => [west, east, north]),
    [[-180, 180, 90]],
  );
});

test("shapes across ±180° are two boxes and hold both sides", () => {
  const shapes: ZoneShape[] = [
    polygonOf([
      [179, -1],
      [-179, -1],
      [-179, 1],
      [179, 1],
      [179, -1],
    ]),
    { type: "circle", center: [180, 0], radiusM: 111_000 },
    {
      type: "corridor",
      line: [
        [179, 0],
        [-179, 0],
      ],
      widthM: 100_000,
    },
  ];
  for (const shape of shapes) {
    const geometry = createGeometry(shape);
    assert.equal(geometry.boxes.length, 2);
    for (const lon of [179.5, -179.5, 180, -180]) {
      assert.equal(geometry.contains(lon, 0), true, `${shape.type} ${lon}`);
      assert.equal(isInBoxes(geometry.boxes, lon, 0), true);
    }
    assert.equal(geometry.contains(178, 0), false);
    assert.equal(geometry.contains(0, 0), false);
    const spans = geometry.spansOf(createPath([177, 0], [-177, 0]));
    assert.equal(spans.length, 2, shape.type);
    assert.ok(Math.abs((spans[0] ?? 0) + (spans[1] ?? 0) - 1) < 1e-3);
  }
});

const anyShape: fc.Arbitrary<ZoneShape> = fc.oneof(
  star.map(({ ring }) => polygonOf(ring)),
  fc.record({
    type: fc.constant("circle" as const),
    center: fc.tuple(number(-180, 180), number(-70, 70)),
    radiusM: number(100, 300_000),
  }),
  star.map(({ ring }) => ({ type: "corridor" as const, line: ring, widthM: 20_000 })),
);

test("what the spans of a way say agrees with its places", () => {
  fc.assert(
    fc.property(anyShape, number(-4, 4), number(-4, 4), (shape, dx, dy) => {
      const geometry = createGeometry(shape);
      const [lon, lat] = shape.type === "circle" ? shape.center : centreOf(geometry);
      const path = createPath([wrapDeg(lon - dx), lat - dy], [wrapDeg(lon + dy), lat + dx]);
      const spans = geometry.spansOf(path);
      for (let t = 0.5 / 64; t < 1; t += 1 / 64) {
        const place = placeAlong(path, t);
        if (Math.abs(geometry.borderM(...place)) < 50) continue;
        const isIn = spans.some((from, at) => at % 2 === 0 && t > from && t < (spans[at + 1] ?? 0));
        assert.equal(isIn, geometry.contains(...place), `${shape.type} at ${t}`);
      }
    }),
    { ...run, numRuns: 100 },
  );
});

const centreOf = ({ boxes }: Geometry): LonLat => {
  const [box = { west: 0, east: 0, south: 0, north: 0 }] = boxes;
  return [(box.west + box.east) / 2, (box.south + box.north) / 2];
};

test("a way is a great circle within metres, over a pole too", () => {
  const path = createPath([0, 60], [3, 60]);
  for (const t of [0.1, 0.33, 0.5, 0.77]) {
    assert.ok(arcDistanceM(placeAlong(path, t), [0, 60], [3, 60]) < 6);
  }
  const over = createPath([10, 89.9], [-170, 89.9]);
  assert.ok(placeAlong(over, 0.5)[1] > 89.99);
});
