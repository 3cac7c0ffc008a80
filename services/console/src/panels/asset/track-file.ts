// A track as a file for other programs.

import type { Track } from "../../api/assets.ts";

const columns = [
  "at",
  "lat",
  "lon",
  "altitudeM",
  "speedMps",
  "headingDeg",
  "climbMps",
  "onGround",
] as const;

/**
 * CSV (RFC 4180), one line a point, times in ISO 8601, SI units as in the names of the columns. The
 * values are numbers and times alone, so that nothing needs quotes.
 */
export function trackCsv({ points }: Track): string {
  const lines = points.map((point) =>
    columns
      .map((name) => (name === "at" ? new Date(point.at).toISOString() : String(point[name] ?? "")))
      .join(","),
  );
  return `${[columns.join(","), ...lines].join("\r\n")}\r\n`;
}

/**
 * A GeoJSON feature (RFC 7946): a line, cut where it crosses ±180° (§3.1.9), with the times and the
 * quantities of its points beside it, in the order of the points.
 */
export function trackGeoJson(track: Track): string {
  const { asset, points, thinned } = track;
  const lines: number[][][] = [];
  let line: number[][] = [];
  let lastLon = Number.NaN;
  for (const { lon, lat, altitudeM } of points) {
    if (Math.abs(lon - lastLon) > 180) {
      lines.push(line);
      line = [];
    }
    line.push(altitudeM === undefined ? [lon, lat] : [lon, lat, altitudeM]);
    lastLon = lon;
  }
  lines.push(line);
  const [only] = lines;
  const geometry =
    lines.length === 1 && only !== undefined
      ? only.length === 1
        ? { type: "Point", coordinates: only[0] }
        : { type: "LineString", coordinates: only }
      : { type: "MultiLineString", coordinates: lines.filter(({ length }) => length > 1) };
  const properties = {
    asset,
    thinned,
    times: points.map(({ at }) => new Date(at).toISOString()),
    speedMps: points.map(({ speedMps }) => speedMps ?? null),
    headingDeg: points.map(({ headingDeg }) => headingDeg ?? null),
  };
  return JSON.stringify({ type: "Feature", geometry, properties }, null, 1);
}

/** A name that every file system takes: `aircraft-7c6b2d-2026-07-01.csv`. */
export function trackFileName(asset: string, toMs: number, ending: string): string {
  const name = asset.replaceAll(/[^a-z0-9-]+/g, "-");
  return `${name}-${new Date(toMs).toISOString().slice(0, 10)}.${ending}`;
}
