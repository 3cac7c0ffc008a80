import type { RegionCursor } from "./cursor.ts";
import { bytesOfReports, type Holdings } from "./holdings.ts";
import { pointBefore } from "./segment.ts";

/** What one region has still to acknowledge. */
export interface BacklogStatus {
  readonly reports: number;
  readonly bytes: number;
  /** When the oldest of them was accepted, epoch ms of the edge's clock. */
  readonly oldestAt: number | undefined;
  /** Numbers that were given up and that the region has not been told of yet. */
  readonly untold: number;
}

export function backlogOf(cursor: RegionCursor, holdings: Holdings): BacklogStatus {
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
      const at = pointBefore(segment, hole)?.acceptedAt;
      if (at !== undefined) oldestAt = Math.min(oldestAt ?? Infinity, at);
    }
    untold += pending;
  }
  return { reports, bytes, oldestAt, untold };
}
