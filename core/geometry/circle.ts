import type { z } from "zod";
import type { CircleShape } from "../model/zone.ts";
import { type Box, boxesOf } from "./box.ts";
import type { Geometry } from "./geometry.ts";
import type { Path } from "./path.ts";
import { convexSpan, eachPiece, unionOf } from "./spans.ts";
import { degreeM, distanceM, earthRadiusM, radians } from "./sphere.ts";

/**
 * The box of everything within `radiusM` of a place. A circle reaches asin(sin r / cos lat) to the
 * sides (J. P. Snyder, "Map Projections: A Working Manual", 1987), more than r / cos lat.
 */
export function reachOf(lon: number, lat: number, radiusM: number): Box {
  const south = lat - radiusM / degreeM;
  const north = lat + radiusM / degreeM;
  const ratio = Math.sin(radiusM / earthRadiusM) / Math.cos(lat * radians);
  if (south <= -90 || north >= 90 || ratio >= 1) return { west: -180, south, east: 180, north };
  const aside = Math.asin(ratio) / radians;
  return { west: lon - aside, south, east: lon + aside, north };
}

export function circleGeometry({ center, radiusM }: z.infer<typeof CircleShape>): Geometry {
  const [lon0, lat0] = center;
  const borderM = (lon: number, lat: number): number => distanceM(lon, lat, lon0, lat0) - radiusM;
  return {
    boxes: boxesOf(reachOf(lon0, lat0, radiusM)),
    sizeM: 2 * radiusM,
    contains: (lon, lat) => borderM(lon, lat) < 0,
    borderM,
    spansOf(path: Path) {
      const spans: [number, number][] = [];
      eachPiece(path, ({ x1, y1, x2, y2, from, share }) => {
        const at = (t: number): number => borderM(x1 + (x2 - x1) * t, y1 + (y2 - y1) * t);
        const span = convexSpan(at, distanceM(x1, y1, x2, y2));
        if (span !== undefined) spans.push([from + span[0] * share, from + span[1] * share]);
      });
      return unionOf(spans);
    },
  };
}
