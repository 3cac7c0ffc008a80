// Where an asset went. A long track is thinned, bucket of time by bucket, keeping what a reader would
// miss: the ends, the highest and lowest place, take-off and landing. Most tracks are read as they are
// and thinned here, which is one question; beyond `PLACES_READ` the database thins them.

import { absent, flags } from "../../model/row.ts";
import type { History } from "../client.ts";
import { hasPosition, isSuspect } from "../columns.ts";
import { instant } from "./box.ts";
import { thinTrack } from "./thin-track.ts";
import type { TrackRow } from "./thin-track.ts";

export interface TrackQuery {
  readonly asset: string;
  /** Event time, epoch ms; both ends belong to it. */
  readonly from: number;
  readonly to: number;
  /** Most points; at least 2. */
  readonly points: number;
}

export interface TrackPoint {
  readonly at: number;
  readonly lat: number;
  readonly lon: number;
  readonly altitudeM?: number;
  readonly speedMps?: number;
  readonly headingDeg?: number;
  readonly climbMps?: number;
  readonly onGround?: boolean;
}

export interface Track {
  readonly asset: string;
  readonly points: readonly TrackPoint[];
  /** Whether there are more places than points. */
  readonly thinned: boolean;
}

/** Points that a bucket can give: ends, extremes, take-off, landing. */
const POINTS_PER_BUCKET = 6;
/** Places that one query looks at; a track of 1 Hz has so many in three weeks. */
const PLACES_MAX = 2_000_000;
/** Places that are read as they are. */
const PLACES_READ = 20_000;

const columns =
  "toUnixTimestamp64Milli(at) AS t, lat_e7, lon_e7, altitude_cm, speed_cmps, heading_cdeg, climb_cmps, flags";
const places = `FROM reports
  WHERE asset = {asset:String} AND at BETWEEN ${instant("from")} AND ${instant("to")}
    AND ${hasPosition} AND NOT ${isSuspect}`;

/** Believed places of one asset in the order of time, thinned to the wanted number. */
export async function assetTrack(history: History, query: TrackQuery): Promise<Track> {
  const { asset, from, to } = query;
  const points = Math.max(2, query.points);
  const rows = await readRows(
    history,
    `SELECT ${columns} ${places} ORDER BY at LIMIT ${PLACES_READ + 1}`,
    { asset, from, to },
  );
  if (rows.length > PLACES_READ) return thinnedInDatabase(history, { ...query, points });
  if (rows.length <= points) return { asset, points: rows.map(pointOf), thinned: false };
  const [first, last] = [rows[0], rows.at(-1)];
  const width = widthOf(points, first?.[0] ?? 0, last?.[0] ?? 0);
  return { asset, points: fit(thinTrack(rows, width), points).map(pointOf), thinned: true };
}

async function thinnedInDatabase(history: History, query: TrackQuery): Promise<Track> {
  const { asset, from, to, points } = query;
  const params = { asset, from, to };
  const settings = {
    max_rows_to_read: String(PLACES_MAX * 4),
    read_overflow_mode: "break",
  } as const;
  const [ends] = await history.rows<{ first: number; last: number }>(
    `SELECT toUnixTimestamp64Milli(min(at)) AS first, toUnixTimestamp64Milli(max(at)) AS last ${places}`,
    { params, settings },
  );
  if (ends === undefined) return { asset, points: [], thinned: false };
  const width = widthOf(points, ends.first, ends.last);
  const rows = await readRows(history, thinnedSql(), { ...params, width, first: ends.first });
  return { asset, points: fit(rows, points).map(pointOf), thinned: true };
}

/** Buckets so wide that no more than the wanted points come out of them, ms. */
function widthOf(points: number, first: number, last: number): number {
  const buckets = Math.max(1, Math.floor((points - 2) / POINTS_PER_BUCKET));
  return Math.floor((last - first) / buckets) + 1;
}

/** Of each bucket: first, last, lowest, highest, first on the ground after the air and back. */
function thinnedSql(): string {
  const row = "(t, lat_e7, lon_e7, altitude_cm, speed_cmps, heading_cdeg, climb_cmps, flags)";
  const ground = `bitAnd(flags, ${flags.groundKnown | flags.onGround})`;
  const isAt = `altitude_cm != ${absent}`;
  const candidates = [
    `argMin(${row}, t)`,
    `argMax(${row}, t)`,
    `argMinIf(${row}, (altitude_cm, t), ${isAt})`,
    `argMaxIf(${row}, (altitude_cm, t), ${isAt})`,
    `argMinIf(${row}, t, isLanding)`,
    `argMinIf(${row}, t, isTakeOff)`,
  ].join(", ");
  return `SELECT DISTINCT point.1, point.2, point.3, point.4, point.5, point.6, point.7, point.8 FROM (
      SELECT arrayJoin([${candidates}]) AS point
      FROM (SELECT *, ground = 3 AND before = 1 AS isLanding, ground = 1 AND before = 3 AS isTakeOff
        FROM (SELECT ${columns}, ${ground} AS ground,
            lagInFrame(${ground}, 1, ${ground}) OVER (ORDER BY at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
          ${places}))
      GROUP BY intDiv(t - {first:Int64}, {width:Int64}))
    WHERE point.1 != 0 ORDER BY point.1`;
}

async function readRows(
  history: History,
  sql: string,
  params: Readonly<Record<string, unknown>>,
): Promise<readonly TrackRow[]> {
  const bytes = await history.bytes(`${sql} FORMAT JSONCompactEachRow`, { params });
  const text = bytes.toString("utf8").trimEnd();
  if (text === "") return [];
  return text.split("\n").map((line): TrackRow => JSON.parse(line));
}

/** Rarely a few too many: then from the middle, never the ends. */
function fit(rows: readonly TrackRow[], points: number): readonly TrackRow[] {
  if (rows.length <= points) return rows;
  const step = (rows.length - 1) / (points - 1);
  return Array.from({ length: points }, (_, index) => rows[Math.round(index * step)]).filter(
    (row) => row !== undefined,
  );
}

function pointOf(row: TrackRow): TrackPoint {
  const [at, lat, lon, altitude, speed, heading, climb, bits] = row;
  return {
    at,
    lat: lat / 1e7,
    lon: lon / 1e7,
    ...(altitude !== absent && { altitudeM: altitude / 100 }),
    ...(speed !== absent && { speedMps: speed / 100 }),
    ...(heading !== absent && { headingDeg: heading / 100 }),
    ...(climb !== absent && { climbMps: climb / 100 }),
    ...((bits & flags.groundKnown) !== 0 && { onGround: (bits & flags.onGround) !== 0 }),
  };
}
