// How often an asset usually reports, learned from its last reports.

/** As many of the last gaps are remembered; fewer tell nothing. */
export const gapsMax = 7;

/** The gaps with one more; the oldest goes (drop-oldest). */
export function learnGap(gaps: readonly number[] | undefined, gapMs: number): readonly number[] {
  if (gapMs <= 0) return gaps ?? [];
  if (gaps === undefined) return [gapMs];
  return gaps.length < gapsMax ? [...gaps, gapMs] : [...gaps.slice(1), gapMs];
}

/** The median gap, ms; undefined while too few are known. */
export function cadenceOf(gaps: readonly number[] | undefined): number | undefined {
  if (gaps === undefined || gaps.length < gapsMax) return undefined;
  return gaps.toSorted((a, b) => a - b)[gaps.length >> 1];
}

/**
 * So long without a report is `missed` reports in a row; undefined while the cadence is unknown.
 *
 * The second longest of the last gaps stands in for senders that report in bursts: what happens twice
 * in seven times is no silence. The longest alone may have been one.
 */
export function missedAfterMs(
  gaps: readonly number[] | undefined,
  missed: number,
): number | undefined {
  if (gaps === undefined || gaps.length < gapsMax) return undefined;
  const sorted = gaps.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1] ?? 0;
  const secondLongest = sorted.at(-2) ?? 0;
  return Math.round(Math.max(missed * median, 1.5 * secondLongest));
}
