// What an asset measured, as buckets of time. The roll-up is chosen by the range and the wanted
// number of points; below a minute the reports themselves are asked.

import type { History } from "../client.ts";
import { unpackFloat } from "../columns.ts";
import { rollupSteps } from "../derived.ts";
import { instant } from "./box.ts";

export interface MeasurementQuery {
  readonly asset: string;
  /** Which of its metrics; all of them when empty. */
  readonly metrics: readonly string[];
  /** Event time, epoch ms; `to` does not belong to it. */
  readonly from: number;
  readonly to: number;
  /** Most buckets of each metric. */
  readonly points: number;
}

export interface MeasurementBucket {
  /** Start of the bucket, epoch ms. */
  readonly at: number;
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** By event time. */
  readonly first: number;
  readonly last: number;
}

export interface Measurements {
  readonly asset: string;
  /** Width of every bucket, ms. */
  readonly stepMs: number;
  readonly series: readonly { metric: string; buckets: readonly MeasurementBucket[] }[];
}

/** A bucket is at least so wide; nobody measures faster. */
const STEP_MS_MIN = 1_000;

export async function assetMeasurements(
  history: History,
  query: MeasurementQuery,
): Promise<Measurements> {
  const { asset, from, to } = query;
  const wantedMs = Math.max(STEP_MS_MIN, (to - from) / Math.max(1, query.points));
  const rollup = rollupSteps.findLast((step) => step * 1_000 <= wantedMs);
  const unitMs = rollup === undefined ? STEP_MS_MIN : rollup * 1_000;
  const stepMs = Math.ceil(wantedMs / unitMs) * unitMs;
  const metrics = query.metrics.length === 0 ? "" : "AND metric IN {metrics:Array(String)}";
  const found = await history.rows<MeasurementBucket & { metric: string }>(
    rollup === undefined ? rawSql(metrics) : rolledSql(metrics),
    { params: { asset, from, to, stepMs, step: rollup ?? 0, metrics: [...query.metrics] } },
  );
  const byMetric = Map.groupBy(found, (row) => row.metric);
  const series = [...byMetric].map(([metric, rows]) => ({
    metric,
    buckets: rows.map(({ metric: _metric, ...bucket }) => bucket),
  }));
  return { asset, stepMs, series };
}

const shape = `ORDER BY metric, at LIMIT 200000`;

function rolledSql(metrics: string): string {
  return `SELECT metric, at, n AS count, s / n AS mean, lo AS min, hi AS max, a AS first, z AS last
    FROM (SELECT metric, intDiv(toInt64(toUInt32(bucket)) * 1000, {stepMs:Int64}) * {stepMs:Int64} AS at,
        sum(count) AS n, sum(sum) AS s, min(min) AS lo, max(max) AS hi,
        argMin(${unpackFloat("first")}, (bucket, first)) AS a,
        argMax(${unpackFloat("last")}, (bucket, last)) AS z
      FROM measurements
      WHERE step = {step:UInt32} AND asset = {asset:String} ${metrics}
        AND bucket >= toStartOfInterval(${instant("from")}, toIntervalSecond({step:UInt32}))
        AND bucket < ${instant("to")}
      GROUP BY metric, at) ${shape}`;
}

function rawSql(metrics: string): string {
  return `SELECT metric, bucketAt AS at, count() AS count, avg(value) AS mean, min(value) AS min,
      max(value) AS max, argMin(value, (t, seq)) AS first, argMax(value, (t, seq)) AS last
    FROM (SELECT toUnixTimestamp64Milli(at) AS t, seq,
        intDiv(toUnixTimestamp64Milli(at), {stepMs:Int64}) * {stepMs:Int64} AS bucketAt,
        mapKeys(measurements) AS names, mapValues(measurements) AS readings
      FROM reports
      WHERE asset = {asset:String} AND at >= ${instant("from")} AND at < ${instant("to")}
        AND notEmpty(measurements))
    ARRAY JOIN names AS metric, readings AS value
    WHERE 1 ${metrics}
    GROUP BY metric, bucketAt ${shape}`;
}

export interface MetricName {
  readonly metric: string;
  readonly count: number;
  /** Day of its newest value, epoch ms. */
  readonly lastDay: number;
}

/** What an asset has ever measured. */
export async function assetMetrics(history: History, asset: string): Promise<MetricName[]> {
  return history.rows<MetricName>(
    `SELECT metric, sum(count) AS count, toInt64(toUInt32(max(bucket))) * 1000 AS lastDay
     FROM measurements WHERE step = 86400 AND asset = {asset:String}
     GROUP BY metric ORDER BY metric LIMIT 10000`,
    { params: { asset } },
  );
}
