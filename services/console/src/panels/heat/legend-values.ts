export interface LegendScale {
  readonly least: number;
  readonly most: number;
  /** Equal shares are equal ratios, not equal differences. */
  readonly isLogarithmic: boolean;
}

/** What the ramp means at `count` places from its beginning to its end. */
export function legendValues(scale: LegendScale, count: number): readonly number[] {
  const { least, most, isLogarithmic } = scale;
  return Array.from({ length: count }, (_, index) => {
    const share = count > 1 ? index / (count - 1) : 0;
    if (isLogarithmic && least > 0 && most > 0) return least * (most / least) ** share;
    return least + (most - least) * share;
  });
}
