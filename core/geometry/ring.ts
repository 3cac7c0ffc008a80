// A ring of lon/lat corners laid out without jumps at ±180°, and its area.

import { type Edge } from "./edge.ts";
import { earthRadiusM, type LonLat, radians, wrapDeg } from "./sphere.ts";

export interface Ring {
  /** In order, each the shorter way round; edges without length are left out. */
  readonly edges: readonly Edge[];
  /** For each edge, which corner of the ring it begins at. */
  readonly corners: readonly number[];
  /** Full turns around the axis: 0, or ±1 when a pole lies on either side. */
  readonly turns: number;
  /** ∮ sin(lat) dlon: times R² the area between the ring and the equator. */
  readonly sum: number;
}

/** Lays out a ring. Its last corner is its first again. */
export function createRing(places: readonly LonLat[]): Ring {
  const edges: Edge[] = [];
  const corners: number[] = [];
  const start = places[0] ?? [0, 0];
  let [x1, y1] = start;
  let sum = 0;
  for (let corner = 1; corner < places.length; corner++) {
    const [lon, y2] = places[corner] ?? start;
    const x2 = x1 + wrapDeg(lon - x1);
    if (x1 === x2 && y1 === y2) continue;
    edges.push({ x1, y1, x2, y2 });
    corners.push(corner - 1);
    sum += strip(x2 - x1, y1, y2);
    x1 = x2;
    y1 = y2;
  }
  return { edges, corners, turns: Math.round((x1 - start[0]) / 360), sum };
}

/** ∫ sin(lat) dlon along an edge that is straight in lon/lat, in radians; exact. */
function strip(dxDeg: number, y1Deg: number, y2Deg: number): number {
  const half = ((y2Deg - y1Deg) * radians) / 2;
  const middle = Math.sin(((y1Deg + y2Deg) * radians) / 2);
  return dxDeg * radians * middle * (Math.abs(half) < 1e-9 ? 1 : Math.sin(half) / half);
}

/** Which pole a ring that turns around the axis encloses: the one on its smaller side. */
export function poleOf({ turns, sum }: Ring): "north" | "south" | undefined {
  if (turns === 0) return undefined;
  return sum * turns >= 0 ? "north" : "south";
}

/** Area that the ring encloses, m²; of a ring around the axis the smaller side. */
export function areaOf({ turns, sum }: Ring): number {
  const squared = earthRadiusM * earthRadiusM;
  if (turns === 0) return Math.abs(sum) * squared;
  return (2 * Math.PI * Math.abs(turns) - Math.abs(sum)) * squared;
}
