// The geometry of a GeoJSON feature as the shape of a zone, and what is wrong with it.

import { type Place, zoneLimits } from "./zone.ts";

export interface GeometryFault {
  /** Where in the feature: `geometry.coordinates[0][3]`. */
  readonly field: string;
  readonly detail: string;
  /** Where on Earth. */
  readonly place?: Place;
}

interface Geometry {
  readonly type: string;
  readonly coordinates?: readonly unknown[] | undefined;
}

/** How deep positions lie in the coordinates of what a zone can be. */
const depths: Readonly<Record<string, number>> = {
  Point: 0,
  LineString: 1,
  Polygon: 2,
  MultiPolygon: 3,
};

/** Faults told of one geometry; the rest is likely of the same kind. */
const FAULTS_MAX = 20;

/** Everything about the coordinates that does not need geometry to be seen. */
export function faultsOfGeometry(geometry: Geometry): readonly GeometryFault[] {
  const depth = depths[geometry.type];
  if (depth === undefined) {
    const known = Object.keys(depths).join(", ");
    return [{ field: "geometry.type", detail: `${geometry.type} is no zone; expected ${known}` }];
  }
  const faults: GeometryFault[] = [];
  visit(geometry.coordinates, { depth, field: "geometry.coordinates" }, faults);
  return faults.slice(0, FAULTS_MAX);
}

function visit(
  value: unknown,
  at: { readonly depth: number; readonly field: string },
  faults: GeometryFault[],
): void {
  if (faults.length >= FAULTS_MAX) return;
  const { depth, field } = at;
  if (!Array.isArray(value)) {
    const what = depth === 0 ? "a position [lon, lat]" : "an array of coordinates";
    faults.push({ field, detail: `expected ${what}` });
    return;
  }
  if (depth === 0) {
    const detail = faultOfPosition(value);
    if (detail !== undefined) faults.push({ field, detail });
    return;
  }
  const before = faults.length;
  for (const [index, one] of value.entries()) {
    visit(one, { depth: depth - 1, field: `${field}[${index}]` }, faults);
  }
  const isRing = depth === 1 && field !== "geometry.coordinates";
  if (isRing && faults.length === before) checkRing(value, field, faults);
}

function faultOfPosition(position: readonly unknown[]): string | undefined {
  const [lon, lat] = position;
  if (typeof lon !== "number" || typeof lat !== "number") return "expected a position [lon, lat]";
  if (Math.abs(lat) > 90) {
    return `latitude ${lat} is beyond 90 degrees; GeoJSON writes [lon, lat]`;
  }
  // Programs that draw across ±180° go on counting.
  return Math.abs(lon) > 540 ? `longitude ${lon} is beyond 540 degrees` : undefined;
}

function checkRing(ring: readonly unknown[], field: string, faults: GeometryFault[]): void {
  const places = ring.map(placeOf);
  const first = places[0];
  const last = places.at(-1);
  if (places.length < 4 || first === undefined || last === undefined) {
    faults.push({ field, detail: `a ring has at least 4 positions, not ${places.length}` });
  } else if (first[0] !== last[0] || first[1] !== last[1]) {
    const detail = "the ring is not closed: its last position must be its first";
    faults.push({ field, detail, place: last });
  } else if (places.length > zoneLimits.vertices) {
    const detail = `${places.length} vertices; the limit is ${zoneLimits.vertices}`;
    faults.push({ field, detail, place: first });
  }
}

/**
 * The shape, for `ZoneInput` to check, of a geometry without faults. Altitudes are left out; rings are
 * turned so that the outer one runs counterclockwise (RFC 7946 §3.1.6).
 */
export function shapeOfGeometry(
  geometry: Geometry,
  properties: Readonly<Record<string, unknown>>,
): unknown {
  const { type, coordinates = [] } = geometry;
  switch (type) {
    case "Point":
      return { type: "circle", center: placeOf(coordinates), radiusM: properties["radiusM"] };
    case "LineString":
      return { type: "corridor", line: coordinates.map(placeOf), widthM: properties["widthM"] };
    case "Polygon":
      return { type: "polygon", polygons: [polygonOf(coordinates)] };
    default:
      return { type: "polygon", polygons: coordinates.map(polygonOf) };
  }
}

function polygonOf(rings: unknown): readonly (readonly Place[])[] {
  if (!Array.isArray(rings)) return [];
  return rings.map((ring: unknown, index) => {
    const places = Array.isArray(ring) ? ring.map(placeOf) : [];
    const area = signedArea(places);
    const isTurned = index === 0 ? area < 0 : area > 0;
    return isTurned ? places.toReversed() : places;
  });
}

function placeOf(position: unknown): Place {
  const [lon, lat] = Array.isArray(position) ? position : [];
  return [wrap(Number(lon)), Number(lat)];
}

/** Into ±180°; what lies there already stays as it is, to the last digit. */
function wrap(lon: number): number {
  if (Math.abs(lon) <= 180) return lon;
  return Math.round((lon - 360 * Math.round(lon / 360)) * 1e9) / 1e9;
}

/** Square degrees, above 0 counterclockwise; 0 for a ring round a pole, which has no such sense. */
function signedArea(ring: readonly Place[]): number {
  let area = 0;
  let lon = ring[0]?.[0] ?? 0;
  const start = lon;
  for (let index = 1; index < ring.length; index += 1) {
    const [fromLon, fromLat] = ring[index - 1] ?? [0, 0];
    const [toLon, toLat] = ring[index] ?? [0, 0];
    // An edge goes the shorter way round.
    const next = lon + wrap(toLon - fromLon);
    area += (next - lon) * (fromLat + toLat);
    lon = next;
  }
  return Math.abs(lon - start) > 180 ? 0 : -area / 2;
}
