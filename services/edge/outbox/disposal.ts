// What may be removed, and in which order: decisions only, no files.

import { hasAcked, type RegionCursor } from "./cursor.ts";
import type { EpochLog, Holdings } from "./holdings.ts";
import type { Interval } from "./interval-set.ts";
import { reportClasses, type Segment } from "./segment.ts";

export interface Disposal {
  readonly log: EpochLog;
  readonly segment: Segment;
}

/** Segments that every region has acknowledged whole, without those in use. */
export function acknowledgedSegments(
  holdings: Holdings,
  cursors: readonly RegionCursor[],
  inUse: ReadonlySet<Segment>,
): Disposal[] {
  const found: Disposal[] = [];
  for (const log of holdings.values()) {
    for (const segment of log.segments) {
      if (inUse.has(segment)) continue;
      const isDone = cursors.every((cursor) => hasAcked(cursor, log.epoch, segment));
      if (isDone && cursors.length > 0) found.push({ log, segment });
    }
  }
  return found;
}

/** Epochs of which nothing is held and of which every region knows all, without those in use. */
export function finishedEpochs(
  holdings: Holdings,
  cursors: readonly RegionCursor[],
  inUse: ReadonlySet<number>,
): number[] {
  const found: number[] = [];
  for (const log of holdings.values()) {
    if (inUse.has(log.epoch) || log.segments.length > 0) continue;
    const whole: Interval = { first: 1, last: log.end };
    const isTold = cursors.every((cursor) => hasAcked(cursor, log.epoch, whole));
    if (log.end === 0 || (isTold && cursors.length > 0)) found.push(log.epoch);
  }
  return found;
}

/** What is given up first: routine before important, older before newer. */
export function oldestDisposal(
  holdings: Holdings,
  inUse: ReadonlySet<Segment>,
): Disposal | undefined {
  for (const reportClass of reportClasses.toReversed()) {
    for (const log of holdings.values()) {
      if (log.class !== reportClass) continue;
      const segment = log.segments.find((each) => !inUse.has(each));
      if (segment !== undefined) return { log, segment };
    }
  }
  return undefined;
}

/** Segments whose newest report is older than `beforeMs` of the outbox's own time. */
export function expiredSegments(
  holdings: Holdings,
  inUse: ReadonlySet<Segment>,
  beforeMs: number,
): Disposal[] {
  const found: Disposal[] = [];
  for (const log of holdings.values()) {
    for (const segment of log.segments) {
      if (segment.writtenMs < beforeMs && !inUse.has(segment)) found.push({ log, segment });
    }
  }
  return found;
}

/** How many reports of a segment some region has not acknowledged. */
export function unacknowledgedIn(
  { log, segment }: Disposal,
  cursors: readonly RegionCursor[],
): number {
  let most = 0;
  for (const cursor of cursors) {
    const acked = cursor.epochs.get(log.epoch)?.acked;
    const here = segment.last - segment.first + 1;
    most = Math.max(most, here - (acked?.countIn(segment.first, segment.last) ?? 0));
  }
  return most;
}
