// A track as GeoJSON. A line over ±180° is cut there (RFC 7946 §3.1.9); the times of its positions
// are in `coordTimes`, in the same nesting, as programs that read GPX write them.

import { coordinatesOf, pointFeature } from "./geojson.ts";

export interface TimedPlace {
  readonly at: number;
  readonly lat: number;
  readonly lon: number;
  readonly altitudeM?: number | undefined;
}

/** A feature without a geometry when there is no place at all, a Point when there is one. */
export function trackFeature(
  points: readonly TimedPlace[],
  properties: Readonly<Record<string, unknown>>,
) {
  const asset = String(properties["asset"]);
  const [first] = points;
  if (points.length < 2) {
    const coordTimes = points.map(({ at }) => timeOf(at));
    return pointFeature(asset, first, { ...properties, coordTimes });
  }
  const lines = cut(points);
  const coordinates = lines.map((line) => line.map(coordinatesOf));
  const times = lines.map((line) => line.map(({ at }) => timeOf(at)));
  const isOne = lines.length === 1;
  return {
    type: "Feature" as const,
    id: asset,
    geometry: isOne
      ? { type: "LineString", coordinates: coordinates[0] }
      : { type: "MultiLineString", coordinates },
    properties: { ...properties, coordTimes: isOne ? times[0] : times },
  };
}

const timeOf = (at: number): string => new Date(at).toISOString();

function cut(points: readonly TimedPlace[]): readonly (readonly TimedPlace[])[] {
  let line: TimedPlace[] = [];
  const lines = [line];
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    if (before !== undefined && Math.abs(point.lon - before.lon) > 180) {
      const border = before.lon > 0 ? 180 : -180;
      const reach = Math.abs(border - before.lon);
      const way = reach + Math.abs(-border - point.lon);
      const share = way === 0 ? 0 : reach / way;
      const lat = before.lat + share * (point.lat - before.lat);
      const at = Math.round(before.at + share * (point.at - before.at));
      line.push({ at, lat, lon: border });
      line = [{ at, lat, lon: -border }];
      lines.push(line);
    }
    line.push(point);
  }
  return lines;
}
