// Where a value lies on the heat ramp. Counts differ by powers of ten: equal ratios look alike. The
// outermost hundredths are left to the ends, so that one odd cell does not flatten all others.

export interface HeatScale {
  readonly least: number;
  readonly most: number;
  readonly isLogarithmic: boolean;
}

const OUTLIERS = 0.01;

export function scaleOf(values: readonly number[], isLogarithmic: boolean): HeatScale {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const least = isLogarithmic ? Math.max(1, at(0)) : at(OUTLIERS);
  return { least, most: Math.max(least, at(1 - OUTLIERS)), isLogarithmic };
}

/** 0 to 1. */
export function shareOf({ least, most, isLogarithmic }: HeatScale, value: number): number {
  if (most <= least) return 0.5;
  const share = isLogarithmic
    ? Math.log(Math.max(value, least) / least) / Math.log(most / least)
    : (value - least) / (most - least);
  return Math.min(1, Math.max(0, share));
}
