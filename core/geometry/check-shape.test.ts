import assert from "node:assert/strict";
import { test } from "node:test";
import type { ZoneShape } from "../model/zone.ts";
import { checkShape, shapeFaultsMax } from "./check-shape.ts";

type Ring = [number, number][];
const polygon = (...rings: Ring[]): ZoneShape => ({ type: "polygon", polygons: [rings] });
const square = (west: number, south: number, size: number): Ring => [
  [west, south],
  [west + size, south],
  [west + size, south + size],
  [west, south + size],
  [west, south],
];
const kinds = (shape: ZoneShape) => checkShape(shape).map(({ kind }) => kind);

test("sound shapes have no faults", () => {
  const capped: Ring = [0, 60, 120, 180, 240, 300, 0].map((lon) => [
    lon > 180 ? lon - 360 : lon,
    80,
  ]);
  const across: Ring = [
    [170, 0],
    [-170, 0],
    [-170, 10],
    [170, 10],
    [170, 0],
  ];
  const round: Ring = Array.from({ length: 2_001 }, (_, at) => [
    Math.cos((at % 2_000) * 0.001 * Math.PI),
    Math.sin((at % 2_000) * 0.001 * Math.PI),
  ]);
  const sound = [
    polygon(square(0, 0, 1)),
    polygon(square(0, 0, 4), square(1, 1, 1), square(2.5, 2.5, 1)),
    polygon(square(0, 0, 4), square(0, 1, 1)),
    polygon(capped),
    polygon(across),
    polygon(round),
    { type: "circle", center: [0, 0], radiusM: 5 },
    {
      type: "corridor",
      line: [
        [0, 0],
        [1, 1],
        [0, 1],
        [1, 0],
      ],
      widthM: 10,
    },
  ] satisfies ZoneShape[];
  for (const shape of sound) assert.deepEqual(checkShape(shape), []);
});

test("a bow tie is refused with its two edges and the place where they meet", () => {
  const [fault, ...more] = checkShape(
    polygon([
      [0, 0],
      [2, 2],
      [2, 0],
      [0, 2],
      [0, 0],
    ]),
  );
  assert.deepEqual(more, []);
  assert.equal(fault?.kind, "self-intersection");
  assert.deepEqual(fault?.edges, [0, 2]);
  assert.deepEqual(fault?.place, [1, 1]);
  assert.deepEqual(fault?.path, ["polygons", 0, 0]);
  assert.equal(fault?.message, "edges 0 and 2 meet at 1.00000, 1.00000");
});

test("a bow tie across ±180° is refused as well", () => {
  const [fault] = checkShape(
    polygon([
      [179, 0],
      [-179, 2],
      [-179, 0],
      [179, 2],
      [179, 0],
    ]),
  );
  assert.deepEqual(
    [fault?.kind, fault?.edges, fault?.place],
    ["self-intersection", [0, 2], [-180, 1]],
  );
});

test("a spike, an edge on another and a ring that touches itself are refused", () => {
  const spike: Ring = [...square(0, 0, 2).slice(0, 3), [5, 2], [1, 2], [0, 2], [0, 0]];
  assert.deepEqual(new Set(kinds(polygon(spike))), new Set(["self-intersection"]));
  const touching: Ring = [
    [0, 0],
    [4, 0],
    [2, 2],
    [4, 4],
    [0, 4],
    [2, 2],
    [0, 0],
  ];
  assert.ok(kinds(polygon(touching)).includes("self-intersection"));
});

test("rings that are open, empty, too large or wound twice are refused", () => {
  const open = square(0, 0, 1).slice(0, 4);
  const point: Ring = [
    [1, 1],
    [1, 1],
    [1, 1],
    [1, 1],
  ];
  const line: Ring = [
    [0, 0],
    [1, 1],
    [2, 2],
    [0, 0],
  ];
  const half: Ring = [
    [0, 0],
    [180, 0],
    [180, 10],
    [0, 0],
  ];
  const huge: Ring = [
    [-170, -80],
    [-60, -80],
    [60, -80],
    [170, -80],
    [170, 80],
    [60, 80],
    [-60, 80],
    [-170, 80],
    [-170, -80],
  ];
  const twice: Ring = [0, 120, -120, 0, 120, -120, 0].map((lon, at) => [lon, 70 + (at % 6)]);
  assert.deepEqual(kinds(polygon(open)), ["unclosed"]);
  assert.deepEqual(kinds(polygon(point)), ["too-few-points"]);
  assert.deepEqual(new Set(kinds(polygon(line))), new Set(["self-intersection"]));
  assert.ok(kinds(polygon(half)).includes("half-world-edge"));
  assert.deepEqual(kinds(polygon(huge)), ["too-large"]);
  assert.deepEqual(kinds(polygon(twice)), ["around-axis"]);
});

test("holes that cross their polygon or lie outside it are refused", () => {
  const crossing = checkShape(polygon(square(0, 0, 4), square(3, 1, 2)));
  assert.deepEqual(new Set(crossing.map(({ kind }) => kind)), new Set(["rings-cross"]));
  assert.deepEqual(crossing[0]?.otherPath, ["polygons", 0, 1]);
  const outside = checkShape(polygon(square(0, 0, 1), square(3, 3, 1)));
  assert.deepEqual(
    outside.map(({ kind, path }) => [kind, path]),
    [["hole-outside", ["polygons", 0, 1]]],
  );
});

test("a shape with too many vertices is refused; so is a corridor of one point", () => {
  const many: Ring = Array.from({ length: 6_000 }, (_, at) => [at / 100, at % 2]);
  assert.deepEqual(kinds({ type: "polygon", polygons: [[many], [many]] }), ["too-many-vertices"]);
  assert.deepEqual(
    kinds({
      type: "corridor",
      line: [
        [1, 1],
        [1, 1],
      ],
      widthM: 9,
    }),
    ["too-few-points"],
  );
});

test("faults are bounded", () => {
  const zigzag: Ring = Array.from({ length: 200 }, (_, at) => [(at * 37) % 20, (at * 53) % 21]);
  const faults = checkShape(polygon([...zigzag, [0, 0]]));
  assert.equal(faults.length, shapeFaultsMax);
});
