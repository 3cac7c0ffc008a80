// One edge that is straight in longitude and latitude, and the distance to it.

import { degreeM, distanceM, radians, wrapDeg } from "./sphere.ts";

/** From lon, lat to lon, lat; the second longitude may leave [-180, 180], never 180° from the first. */
export interface Edge {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Beyond this latitude a plane says too little about longitudes. */
const polarDeg = 80;

/** A lower bound of the distance, metres, by latitude alone. */
export function leastM(edge: Edge, lat: number): number {
  const south = Math.min(edge.y1, edge.y2);
  const north = Math.max(edge.y1, edge.y2);
  return (lat < south ? south - lat : lat > north ? lat - north : 0) * degreeM;
}

/**
 * Distance of a place to an edge, metres. The foot is found in a plane whose east is scaled by the
 * cosine of the latitude between place and foot, its distance by the haversine: the foot's error
 * counts only in the second order, so the distance is right within 0.2 % up to 300 km. Near the
 * poles the foot is searched for instead.
 */
export function edgeDistanceM(edge: Edge, lon: number, lat: number): number {
  const { y1, y2 } = edge;
  if (Math.max(Math.abs(lat), Math.abs(y1), Math.abs(y2)) > polarDeg) {
    return searchedM(edge, lon, lat);
  }
  const dx = edge.x2 - edge.x1;
  const dy = y2 - y1;
  // Of the edge's copies, one in 360°, the one whose middle is nearest.
  const px = wrapDeg(lon - edge.x1 - dx / 2) + dx / 2;
  const py = lat - y1;
  let t = footOf(dx, dy, px, py, Math.cos(lat * radians));
  t = footOf(dx, dy, px, py, Math.cos(((lat + y1 + t * dy) / 2) * radians));
  return distanceM(px, lat, t * dx, y1 + t * dy);
}

// oxlint-disable-next-line max-params -- plain numbers, asked millions of times
function footOf(dx: number, dy: number, px: number, py: number, scale: number): number {
  const ex = dx * scale;
  const squared = ex * ex + dy * dy;
  if (squared === 0) return 0;
  return Math.min(1, Math.max(0, (px * scale * ex + py * dy) / squared));
}

/** The best of so many places, then between its neighbours by golden section. */
const samples = 16;

function searchedM({ x1, y1, x2, y2 }: Edge, lon: number, lat: number): number {
  const at = (t: number): number => distanceM(lon, lat, x1 + (x2 - x1) * t, y1 + (y2 - y1) * t);
  let best = 0;
  for (let sample = 1; sample <= samples; sample++) {
    if (at(sample / samples) < at(best / samples)) best = sample;
  }
  return at(least(at, Math.max(0, best - 1) / samples, Math.min(samples, best + 1) / samples));
}

const golden = (Math.sqrt(5) - 1) / 2;

/** Where a function with one minimum between `from` and `to` is least (J. Kiefer 1953, golden section). */
export function least(of: (t: number) => number, from: number, to: number): number {
  let a = from;
  let b = to;
  let left = b - golden * (b - a);
  let right = a + golden * (b - a);
  let atLeft = of(left);
  let atRight = of(right);
  for (let round = 0; round < 48; round++) {
    if (atLeft < atRight) {
      b = right;
      right = left;
      atRight = atLeft;
      left = b - golden * (b - a);
      atLeft = of(left);
    } else {
      a = left;
      left = right;
      atLeft = atRight;
      right = a + golden * (b - a);
      atRight = of(right);
    }
  }
  return (a + b) / 2;
}
