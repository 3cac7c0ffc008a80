// How much was heard where: H3 cells by hour, and single places with a level of detail.

import type { History } from "../client.ts";
import { quantity } from "../columns.ts";
import type { heatResolutions } from "../derived.ts";
import { boxParams, insideBox, instant } from "./box.ts";
import type { Box } from "./box.ts";

export interface HeatQuery {
  readonly box?: Box | undefined;
  /** Event time, epoch ms; whole hours from that of `from` up to, not with, `to`. */
  readonly from: number;
  readonly to: number;
  readonly resolution: HeatResolution;
  /** Most cells; the fullest are kept. */
  readonly cellsMax: number;
}

export type HeatResolution = (typeof heatResolutions)[number];

export interface HeatCell {
  /** H3 index in hexadecimal, as h3-js takes it. */
  readonly cell: string;
  readonly reports: number;
  /** Centre of the cell, degrees. */
  readonly lat: number;
  readonly lon: number;
}

/** The resolution whose cells are a few pixels wide at a web map's zoom. */
export function heatResolutionFor(zoom: number): HeatResolution {
  if (zoom < 5) return 3;
  return zoom < 8.5 ? 5 : 7;
}

export async function heatCells(
  history: History,
  query: HeatQuery,
): Promise<{ cells: readonly HeatCell[]; isCut: boolean }> {
  const { box, from, to, resolution, cellsMax } = query;
  const fullest = "ORDER BY reports DESC, id LIMIT {limit:UInt32}";
  const counted = `SELECT cell AS id, sum(heat.reports) AS reports FROM heat
    WHERE resolution = {resolution:UInt8}
      AND bucket >= toStartOfHour(${instant("from")}) AND bucket < ${instant("to")}
    GROUP BY cell`;
  // Where a cell lies is computed for those that are answered, unless the box decides which.
  const chosen =
    box === undefined
      ? `${counted} ${fullest}`
      : `SELECT id, reports, h3ToGeo(id) AS centre FROM (${counted})
         WHERE ${insideBox(centre("lat"), centre("lon"), box)} ${fullest}`;
  const bytes = await history.bytes(
    `SELECT h3ToString(id), reports, ${centre("lat")}, ${centre("lon")}
     FROM (SELECT id, reports, h3ToGeo(id) AS centre FROM (${chosen}))
     ORDER BY reports DESC, id FORMAT JSONCompactEachRow`,
    {
      params: { ...(box && boxParams(box)), from, to, resolution, limit: cellsMax + 1 },
    },
  );
  const cells = parseLines(bytes);
  return { cells: cells.slice(0, cellsMax), isCut: cells.length > cellsMax };
}

function parseLines(bytes: Buffer): HeatCell[] {
  const text = bytes.toString("utf8").trimEnd();
  if (text === "") return [];
  const rows: [string, number, number, number][] = JSON.parse(`[${text.replaceAll("\n", ",")}]`);
  return rows.map(([cell, reports, lat, lon]) => ({ cell, reports, lat, lon }));
}

/** h3ToGeo gives (latitude, longitude). */
const centre = (part: "lat" | "lon"): string => `centre.${part === "lat" ? 1 : 2}`;

export interface MapQuery {
  readonly box: Box;
  readonly from: number;
  readonly to: number;
  readonly pointsMax: number;
}

export interface MapPoint {
  readonly asset: string;
  readonly at: number;
  readonly lat: number;
  readonly lon: number;
  readonly altitudeM: number | null;
  readonly speedMps: number | null;
  readonly headingDeg: number | null;
}

/**
 * Places in a box, every asset's alike thinned: of 1,000 reports 1, 10 or 100, whatever is the most
 * that fits into `pointsMax`. `share` says which part of all reports that is.
 */
export async function mapPoints(
  history: History,
  query: MapQuery,
): Promise<{ points: readonly MapPoint[]; share: number }> {
  const { box, from, to, pointsMax } = query;
  const params = { ...boxParams(box), from, to };
  const inside = `at BETWEEN ${instant("from")} AND ${instant("to")} AND ${insideMercator(box)}`;
  const counts = await history.rows<{ level: number; places: number }>(
    `SELECT level, count() AS places FROM map_points WHERE ${inside} GROUP BY level ORDER BY level`,
    { params },
  );
  let level = 0;
  let total = 0;
  for (const one of counts) {
    total += one.places;
    if (total <= pointsMax) level = Math.max(level, one.level);
  }
  const lon = "x / 4294967295 * 360 - 180";
  const lat = "degrees(2 * atan(exp(pi() * (1 - 2 * (y / 4294967295)))) - pi() / 2)";
  const points = await history.rows<MapPoint>(
    `SELECT asset, toUnixTimestamp64Milli(at) AS at, ${lat} AS lat, ${lon} AS lon,
       ${quantity("altitude_cm", 100)} AS altitudeM, ${quantity("speed_cmps", 100)} AS speedMps,
       ${quantity("heading_cdeg", 100)} AS headingDeg
     FROM (SELECT * FROM map_points WHERE ${inside} AND level <= {level:UInt8} LIMIT {limit:UInt32})`,
    { params: { ...params, level, limit: pointsMax } },
  );
  return { points, share: [0.001, 0.01, 0.1][level] ?? 0.001 };
}

const mercatorXOf = (name: string): string =>
  `toUInt32(({${name}:Float64} + 180) / 360 * 4294967295)`;
const mercatorYOf = (name: string): string =>
  `toUInt32(greatest(0., least(1., 0.5 - log(tan(pi() / 4 + radians(greatest(-85.05, least(85.05, {${name}:Float64}))) / 2)) / (2 * pi()))) * 4294967295)`;

/** The box in the table's own coordinates, so that its indexes help. */
function insideMercator(box: Box): string {
  const [west, east] = [mercatorXOf("boxWest"), mercatorXOf("boxEast")];
  const inX =
    box.west > box.east ? `(x >= ${west} OR x <= ${east})` : `x BETWEEN ${west} AND ${east}`;
  return `${inX} AND y BETWEEN ${mercatorYOf("boxNorth")} AND ${mercatorYOf("boxSouth")}`;
}
