// Where a track has holes: the asset was not heard for much longer than it usually is.

import type { Range } from "../time/range.ts";

export interface Gap extends Range {
  /** It lasts still, as far as the range goes. */
  readonly isOpen: boolean;
}

/** A gap is at least so long, whatever the cadence. */
const GAP_MS_MIN = 60_000;
/** And so many times the usual time between two points. */
const GAP_TIMES = 5;

/**
 * The gaps of a range, oldest first. `instants` ascend; before the first of them nothing is known of the
 * asset, so that it begins no gap. `endMs` is where silence is judged: the end of the range, or now.
 */
export function gapsOf(instants: readonly number[], endMs: number): readonly Gap[] {
  const usualMs = medianStep(instants);
  if (usualMs === undefined) return [];
  const limitMs = Math.max(GAP_MS_MIN, GAP_TIMES * usualMs);
  const gaps: Gap[] = [];
  for (let i = 1; i < instants.length; i++) {
    const from = instants[i - 1] ?? 0;
    const to = instants[i] ?? 0;
    if (to - from > limitMs) gaps.push({ from, to, isOpen: false });
  }
  const last = instants.at(-1);
  if (last !== undefined && endMs - last > limitMs)
    gaps.push({ from: last, to: endMs, isOpen: true });
  return gaps;
}

/** The usual time between two instants, ms; undefined for fewer than two. */
export function medianStep(instants: readonly number[]): number | undefined {
  const stepsMs = instants.slice(1).map((at, index) => at - (instants[index] ?? at));
  if (stepsMs.length === 0) return undefined;
  return stepsMs.toSorted((a, b) => a - b)[Math.floor(stepsMs.length / 2)];
}
