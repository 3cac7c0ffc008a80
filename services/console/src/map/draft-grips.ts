// What of a draft can be taken hold of, and what moving it does.

import { distanceM } from "@drover/core/geometry/sphere";
import type { LonLat } from "@drover/core/geometry/sphere";
import type { Draft } from "../state/store.ts";
import { withPoint } from "../state/draft.ts";
import { placeFrom } from "./zone-outline.ts";

export interface Grip {
  /** A corner (of a circle its middle), the place between two corners, a circle's rim. */
  readonly kind: "corner" | "between" | "rim";
  /** Of the corner; between: of the one before. */
  readonly index: number;
  readonly place: LonLat;
}

const EAST = Math.PI / 2;

export function gripsOf(draft: Draft): readonly Grip[] {
  const { mode, points, radiusM = 0 } = draft;
  const corners = points.map((place, index): Grip => ({ kind: "corner", index, place }));
  const [center] = points;
  if (mode === "circle") {
    if (center === undefined) return [];
    return [...corners, { kind: "rim", index: 0, place: placeFrom(center, radiusM, EAST) }];
  }
  const isRing = mode === "polygon" && points.length > 2;
  const between = points.flatMap((place, index): Grip[] => {
    const next = points[index + 1] ?? (isRing ? center : undefined);
    return next === undefined ? [] : [{ kind: "between", index, place: middleOf(place, next) }];
  });
  return [...between, ...corners];
}

/** The change when a grip is moved there, and what is held from then on. */
export function applyGrip(
  draft: Draft,
  grip: Grip,
  place: LonLat,
): { readonly change: Partial<Draft>; readonly grip: Grip } {
  const { points } = draft;
  switch (grip.kind) {
    case "corner":
      return { change: { points: withPoint(points, grip.index, place) }, grip };
    case "rim": {
      const [center = place] = points;
      const radiusM = Math.round(distanceM(center[0], center[1], place[0], place[1]));
      return { change: { radiusM: Math.max(1, radiusM) }, grip };
    }
    case "between": {
      const index = grip.index + 1;
      const change = { points: points.toSpliced(index, 0, place) };
      return { change, grip: { kind: "corner", index, place } };
    }
  }
}

/** The shorter way round. */
function middleOf(a: LonLat, b: LonLat): LonLat {
  const turns = 360 * Math.round((b[0] - a[0]) / 360);
  const lon = (a[0] + b[0] - turns) / 2;
  return [lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon, (a[1] + b[1]) / 2];
}
