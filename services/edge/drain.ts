/** A rate below this is no drain worth an estimate. */
const DRAIN_PER_SECOND_MIN = 0.1;

/** Seconds until the backlog is gone at the rate of lately; null when it does not shrink at all. */
export function drainSeconds(reports: number, perSecond: number): number | null {
  if (reports === 0) return 0;
  return perSecond < DRAIN_PER_SECOND_MIN ? null : Math.ceil(reports / perSecond);
}
