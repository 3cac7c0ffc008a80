import type { Lane } from "@drover/core/model/ingest";
import type { EpochLog, Holdings } from "./holdings.ts";
import { createIntervalSet, type Interval, type IntervalSet } from "./interval-set.ts";
import { reportClasses } from "./segment.ts";

/** How far one region is, in one epoch. */
export interface EpochCursor {
  /** Durable over there. */
  readonly acked: IntervalSet;
  /** Acknowledged or on its way. */
  readonly taken: IntervalSet;
}

/**
 * Where one region stands. The live lane acknowledges the newest first, so what is acknowledged is a
 * set of ranges; it shrinks to one as the backlog drains.
 */
export interface RegionCursor {
  readonly region: string;
  readonly epochs: Map<number, EpochCursor>;
}

export function createRegionCursor(region: string): RegionCursor {
  return { region, epochs: new Map() };
}

export function cursorOf(cursor: RegionCursor, epoch: number): EpochCursor {
  let found = cursor.epochs.get(epoch);
  if (found === undefined) {
    found = { acked: createIntervalSet(), taken: createIntervalSet() };
    cursor.epochs.set(epoch, found);
  }
  return found;
}

/** The numbers that came lately: from here on a report is live. By epoch of this start, and of no other. */
export type LiveFrom = ReadonlyMap<number, number>;

export interface Pick {
  readonly log: EpochLog;
  readonly range: Interval;
}

/**
 * What a region should be sent next: in the live lane the newest run that nobody has taken, the
 * important before the routine; in the backfill lane the oldest.
 *
 * A region remembers so many epochs of an edge and refuses for ever what is older. So what former
 * starts left goes first, oldest epoch first whatever its class: a newer epoch must not push an older
 * one out that has still to come. Of this start the important goes before the routine.
 */
export function pickNext(
  cursor: RegionCursor,
  holdings: Holdings,
  lane: Lane,
  liveFrom: LiveFrom,
): Pick | undefined {
  if (lane === "backfill") {
    let oldest: Pick | undefined;
    for (const log of holdings.values()) {
      if (liveFrom.has(log.epoch) || (oldest?.log.epoch ?? Infinity) < log.epoch) continue;
      oldest = pickOf(cursor, log, lane, liveFrom) ?? oldest;
    }
    if (oldest !== undefined) return oldest;
  }
  for (const reportClass of reportClasses) {
    for (const log of holdings.values()) {
      if (log.class !== reportClass || !liveFrom.has(log.epoch)) continue;
      const pick = pickOf(cursor, log, lane, liveFrom);
      if (pick !== undefined) return pick;
    }
  }
  return undefined;
}

function pickOf(
  cursor: RegionCursor,
  log: EpochLog,
  lane: Lane,
  liveFrom: LiveFrom,
): Pick | undefined {
  if (log.end === 0) return undefined;
  const { taken } = cursorOf(cursor, log.epoch);
  const from = liveFrom.get(log.epoch) ?? log.end + 1;
  const range = lane === "live" ? taken.highestHole(from, log.end) : taken.lowestHole(1, from - 1);
  return range && { log, range };
}

/** Whether a region has everything of [first, last]. */
export function hasAcked(cursor: RegionCursor, epoch: number, { first, last }: Interval): boolean {
  return cursor.epochs.get(epoch)?.acked.covers(first, last) ?? false;
}
