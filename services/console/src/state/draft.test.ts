import assert from "node:assert/strict";
import { test } from "node:test";
import { ZoneShape } from "@drover/core/model/zone";
import { draftOf, shapeOf, withPoint } from "./draft.ts";
import type { Draft } from "./store.ts";

const drafts: readonly Draft[] = [
  {
    mode: "polygon",
    points: [
      [0, 0],
      [1, 0],
      [1, 1],
    ],
    zone: "z",
  },
  { mode: "circle", points: [[3, 4]], radiusM: 500, zone: "z" },
  {
    mode: "corridor",
    points: [
      [0, 0],
      [1, 0],
    ],
    widthM: 2_000,
    zone: "z",
  },
];

for (const draft of drafts) {
  test(`a ${draft.mode} becomes a sound shape, and that the same draft again`, () => {
    const shape = shapeOf(draft);
    assert.ok(shape);
    assert.ok(ZoneShape.safeParse(shape).success);
    assert.deepEqual(draftOf({ id: "z", shape }), draft);
  });
}

test("what is too small is no shape yet", () => {
  assert.equal(
    shapeOf({
      mode: "polygon",
      points: [
        [0, 0],
        [1, 1],
      ],
    }),
    undefined,
  );
  assert.equal(shapeOf({ mode: "circle", points: [[0, 0]], radiusM: 0 }), undefined);
  assert.equal(shapeOf({ mode: "corridor", points: [[0, 0]], widthM: 10 }), undefined);
  assert.equal(shapeOf({ mode: "polygon", points: [] }), undefined);
});

test("a shape with a hole is not drawn by hand, so that the hole is not lost", () => {
  const ring = (size: number): [number, number][] => [
    [0, 0],
    [size, 0],
    [size, size],
    [0, 0],
  ];
  const shape: ZoneShape = { type: "polygon", polygons: [[ring(4), ring(1)]] };
  assert.equal(draftOf({ id: "z", shape }), undefined);
});

test("moving a point leaves the others", () => {
  assert.deepEqual(
    withPoint(
      [
        [0, 0],
        [1, 1],
      ],
      1,
      [5, 5],
    ),
    [
      [0, 0],
      [5, 5],
    ],
  );
});
