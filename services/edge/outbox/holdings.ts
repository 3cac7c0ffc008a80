// What the outbox holds, by epoch: which segments, how far it went, and what of it was given up.

import type { Interval } from "./interval-set.ts";
import { reportsIn, type ReportClass, type Segment } from "./segment.ts";

/** Why numbers will never come. */
export type LossReason = "evicted-bytes" | "evicted-age" | "corrupt" | "unreadable" | "not-kept";

export interface Loss extends Interval {
  readonly reason: string;
}

/** One epoch of one class: numbers from 1 to `end`. */
export interface EpochLog {
  readonly epoch: number;
  readonly class: ReportClass;
  /** Last number that is durable. */
  end: number;
  /** In order of their numbers, without overlap. */
  readonly segments: Segment[];
  /** Given up, in the order in which it happened. */
  readonly losses: Loss[];
}

export type Holdings = Map<number, EpochLog>;

export function logOf(holdings: Holdings, epoch: number, reportClass: ReportClass): EpochLog {
  let log = holdings.get(epoch);
  if (log === undefined) {
    log = { epoch, class: reportClass, end: 0, segments: [], losses: [] };
    holdings.set(epoch, log);
  }
  return log;
}

/** Adds a loss, joined to the one before it where they touch. */
export function noteLoss(log: EpochLog, loss: Loss): void {
  const previous = log.losses.at(-1);
  if (previous?.reason === loss.reason && previous.last + 1 === loss.first) {
    log.losses[log.losses.length - 1] = { ...previous, last: loss.last };
  } else {
    log.losses.push(loss);
  }
}

/** The segment that holds `seq`, or undefined when none does. */
export function segmentAt(log: EpochLog, seq: number): Segment | undefined {
  const segment = log.segments[indexAt(log, seq)];
  return segment !== undefined && segment.last >= seq ? segment : undefined;
}

/** Where the run of numbers around `seq`, in which no segment has any, begins and ends. */
export function missingAround(log: EpochLog, seq: number): Interval {
  const index = indexAt(log, seq);
  const before = log.segments[index]?.last ?? 0;
  const after = log.segments[index + 1]?.first ?? log.end + 1;
  return { first: before + 1, last: after - 1 };
}

/** Index of the last segment that begins at or before `seq`; -1 when there is none. */
function indexAt(log: EpochLog, seq: number): number {
  let low = 0;
  let high = log.segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log.segments[middle]?.first ?? Infinity) <= seq) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Bytes of all files of segments. */
export function bytesHeld(holdings: Holdings): number {
  let bytes = 0;
  for (const log of holdings.values()) {
    for (const segment of log.segments) bytes += segment.fileBytes;
  }
  return bytes;
}

/** The part of a segment's bytes that a number of its reports come to. */
export function bytesOfReports(segment: Segment, reports: number): number {
  const held = reportsIn(segment);
  return held === 0 ? 0 : Math.round((segment.end * reports) / held);
}
