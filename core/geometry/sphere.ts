// Great circles on a sphere of the Earth's mean radius. Places are lon, lat in degrees, as in
// GeoJSON. Against the WGS 84 ellipsoid distances are off by up to 0.56 %.

/** Mean radius R1 of WGS 84, metres (IUGG). */
export const earthRadiusM = 6_371_008.8;
export const radians = Math.PI / 180;
/** Length of one degree of latitude, metres. */
export const degreeM = earthRadiusM * radians;

/** [lon, lat], degrees. */
export type LonLat = readonly [number, number];

/** A difference of longitudes brought into [-180, 180). */
export function wrapDeg(degrees: number): number {
  return degrees - 360 * Math.floor((degrees + 180) / 360);
}

/**
 * Haversine distance, metres. Source: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope
 * 68 (1984).
 */
export function distanceM(lonA: number, latA: number, lonB: number, latB: number): number {
  const halfLat = Math.sin(((latB - latA) * radians) / 2);
  const halfLon = Math.sin(((lonB - lonA) * radians) / 2);
  const squared =
    halfLat * halfLat + Math.cos(latA * radians) * Math.cos(latB * radians) * halfLon * halfLon;
  return 2 * earthRadiusM * Math.asin(Math.min(1, Math.sqrt(squared)));
}

type Vector = readonly [number, number, number];

function vectorOf([lon, lat]: LonLat): Vector {
  const flat = Math.cos(lat * radians);
  return [flat * Math.cos(lon * radians), flat * Math.sin(lon * radians), Math.sin(lat * radians)];
}

function placeOf([x, y, z]: Vector): LonLat {
  return [Math.atan2(y, x) / radians, Math.atan2(z, Math.hypot(x, y)) / radians];
}

const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/**
 * Distance of a place to the great-circle arc between two others (the shorter way), metres: cross-track
 * distance where the foot lies on the arc, otherwise the distance to the nearer end. Source: E.
 * Williams, "Aviation Formulary" V1.47, in vectors, which keep their precision for short arcs.
 */
export function arcDistanceM(place: LonLat, from: LonLat, to: LonLat): number {
  const p = vectorOf(place);
  const a = vectorOf(from);
  const b = vectorOf(to);
  const normal = cross(a, b);
  const length = Math.hypot(...normal);
  const isBeside = length > 1e-15 && dot(cross(normal, a), p) >= 0 && dot(cross(b, normal), p) >= 0;
  if (isBeside) return earthRadiusM * Math.abs(Math.asin(dot(normal, p) / length));
  return Math.min(distanceM(...place, ...from), distanceM(...place, ...to));
}

/** The place at a fraction of the great-circle arc between two places that are not antipodes. */
export function alongArc(from: LonLat, to: LonLat, fraction: number): LonLat {
  const a = vectorOf(from);
  const b = vectorOf(to);
  const angle = Math.atan2(Math.hypot(...cross(a, b)), dot(a, b));
  if (angle < 1e-12) return fraction < 0.5 ? from : to;
  const wa = Math.sin((1 - fraction) * angle);
  const wb = Math.sin(fraction * angle);
  return placeOf([a[0] * wa + b[0] * wb, a[1] * wa + b[1] * wb, a[2] * wa + b[2] * wb]);
}
