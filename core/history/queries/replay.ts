// What moved, step by step, for all assets at once: of each step the last believed fix of each asset. One
// window of steps is one query; the reader goes on from where a window ended.

import { absent, flags } from "../../model/row.ts";
import type { History } from "../client.ts";
import { hasPosition, isSuspect } from "../columns.ts";
import { boxParams, insideBox, instant, type Box } from "./box.ts";

export interface ReplayWindow {
  /** Event time, epoch ms; `to` does not belong to it. */
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  /** Fixes before `from`, at most so old, count for the first step. */
  readonly lookbackMs: number;
  /**
   * Assets with a fix inside during the window or `heardMs` before; those outside at the end of a step are
   * given too, so that it is seen who left.
   */
  readonly box?: Box | undefined;
  readonly heardMs: number;
  readonly kinds?: readonly string[] | undefined;
  /** Most fixes; those of the first steps are given. */
  readonly fixesMax: number;
}

export interface ReplayFix {
  /** Steps since `from`. */
  readonly step: number;
  readonly asset: string;
  readonly at: number;
  readonly lat: number;
  readonly lon: number;
  /** NaN where it is not known, as in the three that follow. */
  readonly altitudeM: number;
  readonly speedMps: number;
  readonly headingDeg: number;
  readonly climbMps: number;
  readonly onGround: boolean;
  /** Callsign or name said in this step; empty without one. */
  readonly label: string;
  /** Whether the place is inside the box; true without one. */
  readonly isInside: boolean;
}

/** Rows that one window may look at; beyond it the question takes too much. */
const ROWS_READ_MAX = 300_000_000;

const columns = "lat_e7, lon_e7, altitude_cm, speed_cmps, heading_cdeg, climb_cmps, flags";
const millis = "toUnixTimestamp64Milli(at)";
const label =
  "argMaxIf(if(attributes['callsign'] != '', attributes['callsign'], attributes['name']), at, " +
  "attributes['callsign'] != '' OR attributes['name'] != '')";

type Row = readonly [
  step: number,
  asset: string,
  last: readonly [number, number, number, number, number, number, number, number],
  label: string,
  isInside: 0 | 1,
];

/** Fixes in the order of steps and assets; at most `fixesMax`. */
export async function replayFixes(
  history: History,
  window: ReplayWindow,
): Promise<readonly ReplayFix[]> {
  const { from, to, stepMs, lookbackMs, box, heardMs, kinds, fixesMax } = window;
  const believed = `${hasPosition} AND NOT ${isSuspect}`;
  const ofKinds = kinds === undefined ? "" : "AND kind IN {kinds:Array(String)}";
  const here = box && insideBox("lat_e7 / 1e7", "lon_e7 / 1e7", box);
  const wasHere =
    here === undefined
      ? ""
      : `AND asset IN (SELECT asset FROM reports
          WHERE at >= ${instant("heardFrom")} AND at < ${instant("to")} AND ${believed} ${ofKinds} AND ${here})`;
  const isInside = box ? insideBox("last.2 / 1e7", "last.3 / 1e7", box) : "1";
  const sql = `SELECT step, asset, last, label, toUInt8(${isInside}) FROM (
      SELECT if(${millis} < {from:Int64}, 0, intDiv(${millis} - {from:Int64}, {stepMs:Int64})) AS step,
        asset, argMax((${millis}, ${columns}), (at, epoch, seq)) AS last, ${label} AS label
      FROM reports
      WHERE at >= ${instant("first")} AND at < ${instant("to")} AND ${believed} ${ofKinds} ${wasHere}
      GROUP BY step, asset)
    ORDER BY step, asset LIMIT {limit:UInt32} FORMAT JSONCompactEachRow`;
  const bytes = await history.bytes(sql, {
    params: {
      ...(box && { ...boxParams(box), heardFrom: from - heardMs }),
      ...(kinds && { kinds }),
      from,
      to,
      first: Math.max(0, from - lookbackMs),
      stepMs,
      limit: fixesMax,
    },
    settings: { max_rows_to_read: String(ROWS_READ_MAX) },
  });
  const text = bytes.toString("utf8").trimEnd();
  if (text === "") return [];
  return text.split("\n").map((line) => fixOf(JSON.parse(line)));
}

function fixOf([step, asset, last, label, isInside]: Row): ReplayFix {
  const [at, lat, lon, altitude, speed, heading, climb, bits] = last;
  return {
    step,
    asset,
    at,
    lat: lat / 1e7,
    lon: lon / 1e7,
    altitudeM: quantityOf(altitude),
    speedMps: quantityOf(speed),
    headingDeg: quantityOf(heading),
    climbMps: quantityOf(climb),
    onGround: (bits & flags.onGround) !== 0,
    label,
    isInside: isInside === 1,
  };
}

function quantityOf(value: number): number {
  return value === absent ? Number.NaN : value / 100;
}
