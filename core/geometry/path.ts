// The way between two fixes: a great circle, cut into pieces that are straight in longitude and
// latitude, because the borders of polygons are (RFC 7946 §3.1.1).

import type { Box } from "./box.ts";
import { alongArc, distanceM, earthRadiusM, type LonLat, radians, wrapDeg } from "./sphere.ts";

export interface Path {
  /** lon, lat of each corner; longitudes go on without a jump, so they may leave [-180, 180]. */
  readonly corners: readonly number[];
  /** Pieces; each is the same fraction of the way. */
  readonly pieces: number;
  readonly lengthM: number;
}

/** Farthest that a piece may lie beside its great circle, metres. */
const sagittaM = 5;
const piecesMax = 64;

/**
 * The way between two places, which must not be antipodes.
 *
 * A chord of length L that is straight in lon/lat lies up to L²·tan(lat)/8R beside the great circle
 * (the curvature of a parallel is tan(lat)/R); there are as many pieces as keep that below 5 m, at
 * most 64, which holds for steps of 1,000 km at 60° of latitude to within 15 m.
 */
export function createPath(from: LonLat, to: LonLat): Path {
  const lengthM = distanceM(...from, ...to);
  const lat = Math.min(89.99, Math.max(Math.abs(from[1]), Math.abs(to[1])));
  const offM = (lengthM * lengthM * Math.tan(lat * radians)) / (8 * earthRadiusM);
  const pieces = Math.min(piecesMax, Math.max(1, Math.ceil(Math.sqrt(offM / sagittaM))));
  const corners = [from[0], from[1]];
  let lon = from[0];
  for (let piece = 1; piece <= pieces; piece++) {
    const place = piece === pieces ? to : alongArc(from, to, piece / pieces);
    lon += wrapDeg(place[0] - lon);
    corners.push(lon, place[1]);
  }
  return { corners, pieces, lengthM };
}

/** The place at a fraction of the way. */
export function placeAlong({ corners, pieces }: Path, fraction: number): LonLat {
  const piece = Math.min(pieces - 1, Math.max(0, Math.floor(fraction * pieces)));
  const t = fraction * pieces - piece;
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = corners.slice(2 * piece, 2 * piece + 4);
  return [wrapDeg(x1 + (x2 - x1) * t), y1 + (y2 - y1) * t];
}

/** The range that the way covers; longitudes may lie outside [-180, 180]. */
export function rangeOfPath({ corners }: Path): Box {
  let west = Infinity;
  let east = -Infinity;
  let south = Infinity;
  let north = -Infinity;
  for (let at = 0; at < corners.length; at += 2) {
    const lon = corners[at] ?? 0;
    const lat = corners[at + 1] ?? 0;
    west = Math.min(west, lon);
    east = Math.max(east, lon);
    south = Math.min(south, lat);
    north = Math.max(north, lat);
  }
  return { west, south, east, north };
}
