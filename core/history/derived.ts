// What is computed from reports, as selects over any source of report rows: the views run them over
// the feed, a rebuild over the raw table. One text, so that both give the same.

import { absent } from "../model/row.ts";
import {
  believed,
  hasPosition,
  isSuspect,
  mercatorX,
  mercatorY,
  packFloat,
  packInt,
  packPlace,
  rowColumnNames,
} from "./columns.ts";

/** Widths of the roll-ups' buckets, seconds. */
export const rollupSteps = [60, 3_600, 86_400] as const;
/** H3 resolutions of the heat-map: edges of 59, 8.5 and 1.2 km. */
export const heatResolutions = [3, 5, 7] as const;
/** One report in so many is copied for the map, by the hash of its asset and time. */
export const mapSampling = { all: 10, some: 100, few: 1_000 } as const;

/** Columns of motion that are rolled up, with their steps per SI unit. */
export const motionColumns = [
  { name: "altitude", column: "altitude_cm", steps: 100 },
  { name: "speed", column: "speed_cmps", steps: 100 },
] as const;

export const derivedTables = ["latest", "motion", "measurements", "heat", "map_points"] as const;
export type DerivedTable = (typeof derivedTables)[number];

/** The select that fills a derived table from `source`: a table, or a table with a WHERE. */
export function derivedSelect(table: DerivedTable, source: Source): string {
  switch (table) {
    case "latest":
      return latest(source);
    case "motion":
      return motion(source);
    case "measurements":
      return measurements(source);
    case "heat":
      return heat(source);
    case "map_points":
      return mapPoints(source);
  }
}

export interface Source {
  readonly table: string;
  /** A condition on report rows; all of them when absent. */
  readonly where?: string;
}

const from = (source: Source, also?: string): string => {
  const conditions = [source.where, also].filter((one) => one !== undefined);
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  return `${source.table}${where}`;
};

const bucketOf = (minute: string): string =>
  `toDateTime(intDiv(toUInt32(${minute}), step) * step, 'UTC')`;
const steps = `[${rollupSteps.join(", ")}]::Array(UInt32) AS step`;

/**
 * The newest report of each asset for each set of sections that it carries (1 place, 2 motion,
 * 4 measurements, 8 attributes): at most 16 rows an asset, from which every section's newest can be
 * told, as a station may send its place once and its measurements every half minute. Ties of event
 * time go to the later delivery (epoch, seq).
 */
function latest(source: Source): string {
  const hasMotion = `(speed_cmps != ${absent} OR heading_cdeg != ${absent} OR climb_cmps != ${absent})`;
  const sections = [
    `(${hasPosition} AND NOT ${isSuspect})`,
    `2 * (${hasMotion} AND NOT ${isSuspect})`,
    "4 * notEmpty(measurements)",
    "8 * notEmpty(attributes)",
  ].join(" + ");
  const version =
    "bitShiftLeft(toUInt128(toUnixTimestamp64Milli(at)), 85) + " +
    "bitShiftLeft(toUInt128(epoch), 53) + toUInt128(seq)";
  return `SELECT ${rowColumnNames}, toUInt8(${sections}) AS sections, ${version} AS version FROM ${from(source)}`;
}

/** Minutes first, then hours and days from those few rows, in one view and one part. */
function motion(source: Source): string {
  const values = motionColumns.map(({ name, column }) => `${believed(column)} AS ${name}_value`);
  const inner = motionColumns.map(({ name }) => {
    const value = `${name}_value`;
    const isAbsent = `${value} = ${absent}`;
    return `countIf(NOT ${isAbsent}) AS ${name}_n, sumIf(toInt64(${value}), NOT ${isAbsent}) AS ${name}_s,
        min(if(${isAbsent}, 2147483647, ${value})) AS ${name}_lo, max(${value}) AS ${name}_hi,
        min(if(${isAbsent}, 18446744073709551615, ${packInt(value)})) AS ${name}_a,
        max(if(${isAbsent}, 0, ${packInt(value)})) AS ${name}_z`;
  });
  const outer = motionColumns.map(
    ({ name }) => `sum(${name}_n) AS ${name}_count, sum(${name}_s) AS ${name}_sum,
      min(${name}_lo) AS ${name}_min, max(${name}_hi) AS ${name}_max,
      min(${name}_a) AS ${name}_first, max(${name}_z) AS ${name}_last`,
  );
  return `SELECT step, asset, ${bucketOf("minute")} AS bucket, sum(n) AS reports,
      ${outer.join(",\n      ")}, max(place_z) AS place_last
    FROM (SELECT asset, minute, count() AS n,
        ${inner.join(",\n        ")}, max(place) AS place_z
      FROM (SELECT asset, at, toStartOfMinute(at) AS minute, ${values.join(", ")},
          if(${hasPosition} AND NOT ${isSuspect}, ${packPlace}, toUInt128(0)) AS place
        FROM ${from(source, `(${hasPosition} OR speed_cmps != ${absent})`)})
      GROUP BY asset, minute)
    ARRAY JOIN ${steps}
    GROUP BY step, asset, bucket`;
}

function measurements(source: Source): string {
  return `SELECT step, asset, metric, ${bucketOf("minute")} AS bucket, sum(n) AS count, sum(s) AS sum,
      min(lo) AS min, max(hi) AS max, min(a) AS first, max(z) AS last
    FROM (SELECT asset, metric, toStartOfMinute(at) AS minute, count() AS n, sum(value) AS s,
        min(value) AS lo, max(value) AS hi, min(${packFloat("value")}) AS a, max(${packFloat("value")}) AS z
      FROM (SELECT asset, at, mapKeys(measurements) AS names, mapValues(measurements) AS readings
        FROM ${from(source, "notEmpty(measurements)")})
      ARRAY JOIN names AS metric, readings AS value
      GROUP BY asset, metric, minute)
    ARRAY JOIN ${steps}
    GROUP BY step, asset, metric, bucket`;
}

/** H3 is asked once a report; the coarser cells come from the few finest ones. */
function heat(source: Source): string {
  const finest = Math.max(...heatResolutions);
  return `SELECT resolution, hour AS bucket, h3ToParent(fine, resolution) AS cell, sum(n) AS reports
    FROM (SELECT toStartOfHour(at) AS hour, geoToH3(lat_e7 / 1e7, lon_e7 / 1e7, ${finest}) AS fine, count() AS n
      FROM ${from(source, `${hasPosition} AND NOT ${isSuspect}`)} GROUP BY hour, fine)
    ARRAY JOIN [${heatResolutions.join(", ")}]::Array(UInt8) AS resolution
    GROUP BY resolution, bucket, cell`;
}

/** Level 0 has one report in 1,000, levels 0 and 1 one in 100, all levels one in 10. */
function mapPoints(source: Source): string {
  const { all, some, few } = mapSampling;
  return `SELECT toUInt8(if(hash % ${few} = 0, 0, if(hash % ${some} = 0, 1, 2))) AS level,
      mortonEncode(x, y) AS place, at, asset, altitude_cm, speed_cmps, heading_cdeg, x, y
    FROM (SELECT at, asset, altitude_cm, speed_cmps, heading_cdeg, cityHash64(asset, at) AS hash,
        ${mercatorX} AS x, ${mercatorY} AS y
      FROM ${from(source, `cityHash64(asset, at) % ${all} = 0 AND ${hasPosition} AND NOT ${isSuspect}`)})`;
}
