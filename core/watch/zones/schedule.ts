// When a zone is watched, in its time zone's own clock. Daylight saving comes from the time zone
// database that the runtime carries: an hour that a clock repeats counts twice, one that it skips
// never comes.

import type { ZoneSchedule } from "../../model/zone.ts";

export interface Schedule {
  isOpen(at: number): boolean;
  /** The first full minute after `from`, and not after `to`, at which it is closed, epoch ms; `to` when there is none. */
  closedSince(from: number, to: number): number;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** No zone has changed its offset at another than a full quarter of an hour for a century. */
const bucketMs = 15 * minuteMs;
/** Offsets remembered of one time zone; beyond them all are forgotten (drop-oldest would cost more). */
const offsetsMax = 4_096;
/** A week and a day: every window has ended once. */
const searchMsMax = 8 * dayMs;

type OffsetAt = (at: number) => number;
const offsets = new Map<string, OffsetAt>();

/**
 * The difference of a time zone's clock to UTC, ms. Formatting costs microseconds, so an answer is kept
 * for its quarter of an hour.
 *
 * @throws RangeError when the runtime does not know the time zone
 */
export function offsetsOf(timeZone: string): OffsetAt {
  const known = offsets.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const cache = new Map<number, number>();
  const offsetAt: OffsetAt = (at) => {
    const bucket = Math.floor(at / bucketMs);
    const kept = cache.get(bucket);
    if (kept !== undefined) return kept;
    const field: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of format.formatToParts(bucket * bucketMs)) {
      field[type] = Number(value);
    }
    const { year = 1970, month = 1, day = 1, hour = 0, minute = 0 } = field;
    const offset = Date.UTC(year, month - 1, day, hour, minute) - bucket * bucketMs;
    if (cache.size >= offsetsMax) cache.clear();
    cache.set(bucket, offset);
    return offset;
  };
  offsets.set(timeZone, offsetAt);
  return offsetAt;
}

const minutesOf = (clock: string): number =>
  Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));

/** Makes a schedule ready. @throws RangeError when the runtime does not know the time zone */
export function createSchedule({ timeZone, windows }: ZoneSchedule): Schedule {
  const offsetAt = offsetsOf(timeZone);
  const spans = windows.map(({ days, from, to }) => ({
    days: new Set(days),
    from: minutesOf(from),
    to: minutesOf(to),
  }));
  const isOpen = (at: number): boolean => {
    const local = at + offsetAt(at);
    const date = Math.floor(local / dayMs);
    const minute = Math.floor((local - date * dayMs) / minuteMs);
    // 1970-01-01 was a Thursday, day 4.
    const today = (((date + 3) % 7) + 7) % 7;
    const weekday = today + 1;
    const before = today === 0 ? 7 : today;
    return spans.some(({ days, from, to }) =>
      from < to
        ? days.has(weekday) && minute >= from && minute < to
        : (days.has(weekday) && minute >= from) || (days.has(before) && minute < to),
    );
  };
  return {
    isOpen,
    closedSince(from, to) {
      const last = Math.min(to, from + searchMsMax);
      for (let at = Math.floor(from / minuteMs + 1) * minuteMs; at < last; at += minuteMs) {
        if (!isOpen(at)) return at;
      }
      return to;
    },
  };
}
