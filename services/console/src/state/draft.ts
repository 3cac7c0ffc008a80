// Between a shape as it is drawn by hand and a zone's.

import type { Zone, ZoneShape } from "@drover/core/model/zone";
import type { Draft } from "./store.ts";

type Point = Draft["points"][number];

/** The zone's shape that a draft stands for; nothing while it is too small to be one. */
export function shapeOf({ mode, points, radiusM = 0, widthM = 0 }: Draft): ZoneShape | undefined {
  const [first] = points;
  if (first === undefined) return undefined;
  switch (mode) {
    case "circle":
      return radiusM < 1 ? undefined : { type: "circle", center: [...first], radiusM };
    case "corridor":
      if (points.length < 2 || widthM < 1) return undefined;
      return { type: "corridor", line: points.map(([lon, lat]) => [lon, lat]), widthM };
    case "polygon": {
      if (points.length < 3) return undefined;
      const ring = [...points, first].map(([lon, lat]): [number, number] => [lon, lat]);
      return { type: "polygon", polygons: [[ring]] };
    }
  }
}

/** The draft of a zone's shape; nothing when it has holes or parts, which are not drawn by hand. */
export function draftOf({ id, shape }: Pick<Zone, "id" | "shape">): Draft | undefined {
  switch (shape.type) {
    case "circle":
      return { mode: "circle", points: [shape.center], radiusM: shape.radiusM, zone: id };
    case "corridor":
      return { mode: "corridor", points: shape.line, widthM: shape.widthM, zone: id };
    case "polygon": {
      const [rings, ...parts] = shape.polygons;
      const [ring, ...holes] = rings ?? [];
      if (ring === undefined || parts.length > 0 || holes.length > 0) return undefined;
      return { mode: "polygon", points: ring.slice(0, -1), zone: id };
    }
  }
}

/** The points with one of them moved. */
export const withPoint = (points: readonly Point[], index: number, to: Point): readonly Point[] =>
  points.map((one, i) => (i === index ? to : one));
