// Counts by day of UTC, with the days on which nothing was.

const DAY_MS = 86_400_000;

export interface DayCount {
  /** `2026-07-01` */
  readonly day: string;
  readonly count: number;
}

/** Every day that a range touches, in order. */
export function dayCounts(
  range: { readonly from: number; readonly to: number },
  known: readonly DayCount[],
): readonly DayCount[] {
  const counts = new Map(known.map(({ day, count }) => [day, count]));
  const days: DayCount[] = [];
  for (let at = Math.floor(range.from / DAY_MS) * DAY_MS; at < range.to; at += DAY_MS) {
    const day = new Date(at).toISOString().slice(0, 10);
    days.push({ day, count: counts.get(day) ?? 0 });
  }
  return days;
}
