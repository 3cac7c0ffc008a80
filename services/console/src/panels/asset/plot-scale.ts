/** Smallest spread of an axis, as a share of what is plotted: less than that is noise, and looks so. */
const SPREAD_SHARE_MIN = 0.02;
const SPREAD_MIN = 0.1;
const PAD_SHARE = 0.08;

/** Ends of an axis around the values from `least` to `most`, which may be one. */
export function axisRange(least: number, most: number): readonly [number, number] {
  if (!Number.isFinite(least) || !Number.isFinite(most)) return [0, 1];
  const size = Math.max(Math.abs(least), Math.abs(most));
  const spread = Math.max(most - least, size * SPREAD_SHARE_MIN, SPREAD_MIN);
  const middle = (least + most) / 2;
  const half = spread * (0.5 + PAD_SHARE);
  return [middle - half, middle + half];
}
