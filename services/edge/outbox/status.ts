import type { RegionCursor } from "./cursor.ts";
import { bytesOfReports, type Holdings } from "./holdings.ts";
import { pointAfter, pointBefore, type Segment } from "./segment.ts";

/** What one region has still to acknowledge. */
export interface BacklogStatus {
  readonly reports: number;
  readonly bytes: number;
  /** When the oldest of them was accepted, epoch ms of the edge's clock; between two index points by
   * proportion. */
  readonly oldestAt: number | undefined;
  /** Numbers that were given up and that the region has not been told of yet. */
  readonly untold: number;
}

/** When a segment was last written to, epoch ms; undefined for one of a former start. */
export type WrittenAt = (segment: Segment) => number | undefined;

export function backlogOf(
  cursor: RegionCursor,
  holdings: Holdings,
  writtenAt: WrittenAt,
): BacklogStatus {
  let reports = 0;
  let bytes = 0;
  let untold = 0;
  let oldestAt: number | undefined;
  for (const log of holdings.values()) {
    const acked = cursor.epochs.get(log.epoch)?.acked;
    let pending = log.end - (acked?.countIn(1, log.end) ?? 0);
    for (const segment of log.segments) {
      const { first, last } = segment;
      let here = last - first + 1 - (acked?.countIn(first, last) ?? 0);
      for (const damage of segment.damaged) {
        const size = damage.last - damage.first + 1;
        here -= size - (acked?.countIn(damage.first, damage.last) ?? 0);
      }
      if (here <= 0) continue;
      pending -= here;
      reports += here;
      bytes += bytesOfReports(segment, here);
      const hole = acked?.lowestHole(first, last)?.first ?? first;
      const at = acceptedAtOf(segment, hole, writtenAt);
      if (at !== undefined) oldestAt = Math.min(oldestAt ?? Infinity, at);
    }
    untold += pending;
  }
  return { reports, bytes, oldestAt, untold };
}

/**
 * Index points lie 32 KiB apart, which is minutes where reports are few: of a healthy edge the oldest
 * report would always seem to have waited so long.
 */
function acceptedAtOf(segment: Segment, seq: number, writtenAt: WrittenAt): number | undefined {
  const before = pointBefore(segment, seq);
  if (before === undefined) return undefined;
  const after = pointAfter(segment, seq) ?? tailOf(segment, writtenAt);
  if (after === undefined || after.seq <= before.seq) return before.acceptedAt;
  const share = (seq - before.seq) / (after.seq - before.seq);
  const spanMs = Math.max(0, after.acceptedAt - before.acceptedAt);
  return Math.round(before.acceptedAt + spanMs * share);
}

function tailOf(segment: Segment, writtenAt: WrittenAt) {
  const acceptedAt = writtenAt(segment);
  return acceptedAt === undefined ? undefined : { seq: segment.last, acceptedAt };
}
