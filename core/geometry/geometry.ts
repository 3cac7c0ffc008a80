// A shape made ready for questions.

import type { ZoneShape } from "../model/zone.ts";
import type { Box } from "./box.ts";
import { circleGeometry } from "./circle.ts";
import { corridorGeometry } from "./corridor.ts";
import { createCover } from "./cover.ts";
import type { Path } from "./path.ts";
import { polygonGeometry } from "./polygon.ts";

export interface Geometry {
  /** Together they hold the shape. */
  readonly boxes: readonly Box[];
  /** How big it is across, metres: a circle's diameter, a corridor's width, the root of a polygon's area. */
  readonly sizeM: number;
  contains(lon: number, lat: number): boolean;
  /**
   * Distance to the border, metres, below 0 inside. Exact when it is nearer than `limitM`; otherwise any
   * number of the right sign that is at least so far from 0.
   */
  borderM(lon: number, lat: number, limitM?: number): number;
  /** The parts of a way that lie inside, as fractions of it in turn: [in, out, in, out …]. */
  spansOf(path: Path): readonly number[];
}

/** Makes a shape ready. It is taken to be sound: see `checkShape`. */
export function createGeometry(shape: ZoneShape): Geometry {
  switch (shape.type) {
    case "circle":
      return circleGeometry(shape);
    case "corridor":
      return createCover(corridorGeometry(shape));
    case "polygon":
      return createCover(polygonGeometry(shape));
  }
}
