// What is plotted: for each quantity a line of means between a band of least and greatest.

import type { Bucket, Measurements, TrackPoint } from "../../api/assets.ts";
import type { Range } from "../time/range.ts";

type Values = readonly (number | null)[];

/** Columns of equal length; null where nothing was heard, so that the line breaks there. */
export interface Series {
  readonly name: string;
  /** Seconds, as the plot wants them. */
  readonly times: readonly number[];
  readonly min: Values;
  readonly max: Values;
  readonly mean: Values;
  readonly last: number | undefined;
}

/** A hole of more buckets than this breaks the line. */
const BUCKETS_BRIDGED = 3;

function seriesOf(name: string, buckets: readonly Bucket[], breakMs: number): Series {
  const times: number[] = [];
  const min: (number | null)[] = [];
  const max: (number | null)[] = [];
  const mean: (number | null)[] = [];
  let lastAt: number | undefined;
  for (const bucket of buckets) {
    if (lastAt !== undefined && bucket.at - lastAt > breakMs) {
      times.push((lastAt + breakMs / 2) / 1_000);
      for (const column of [min, max, mean]) column.push(null);
    }
    times.push(bucket.at / 1_000);
    min.push(bucket.min);
    max.push(bucket.max);
    mean.push(bucket.mean);
    lastAt = bucket.at;
  }
  return { name, times, min, max, mean, last: buckets.at(-1)?.last };
}

/** Every measurement of an answer; `cadenceMs` is how often the asset usually speaks. */
export function measurementSeries(
  { series, stepS }: Measurements,
  cadenceMs = 0,
): readonly Series[] {
  const breakMs = BUCKETS_BRIDGED * Math.max(stepS * 1_000, 2 * cadenceMs);
  return series
    .map(({ metric, points }) => seriesOf(metric, points, breakMs))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

export type TrackQuantity = "altitudeM" | "speedMps";

/** Altitude or speed along a track, in so many buckets over the range. */
export function trackSeries(
  points: readonly TrackPoint[],
  quantity: TrackQuantity,
  options: { readonly range: Range; readonly buckets: number; readonly cadenceMs: number },
): Series {
  const { range, cadenceMs } = options;
  const stepMs = Math.max(1, (range.to - range.from) / options.buckets);
  const buckets: Bucket[] = [];
  for (const point of points) {
    const value = point[quantity];
    if (value === undefined) continue;
    const at = range.from + Math.floor((point.at - range.from) / stepMs) * stepMs;
    const bucket = buckets.at(-1);
    if (bucket?.at === at) buckets[buckets.length - 1] = joined(bucket, value);
    else
      buckets.push({
        at,
        count: 1,
        min: value,
        max: value,
        mean: value,
        first: value,
        last: value,
      });
  }
  const breakMs = BUCKETS_BRIDGED * Math.max(stepMs, 2 * cadenceMs);
  return seriesOf(quantity, buckets, breakMs);
}

function joined(bucket: Bucket, value: number): Bucket {
  const count = bucket.count + 1;
  return {
    ...bucket,
    count,
    min: Math.min(bucket.min, value),
    max: Math.max(bucket.max, value),
    mean: bucket.mean + (value - bucket.mean) / count,
    last: value,
  };
}
