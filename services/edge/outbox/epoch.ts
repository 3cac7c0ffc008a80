/** 2020-01-01 in epoch seconds: a clock before it was never set. */
const CLOCK_S_MIN = 1_577_836_800;
/** 2090-01-01: a clock beyond it is broken, and would leave too little room above. */
const CLOCK_S_MAX = 3_786_912_000;
export const epochMax = 0xffff_ffff;

/** Every epoch that an edge could have was used; the edge needs another name. */
export class EpochsExhaustedError extends Error {
  override name = "EpochsExhaustedError";
  constructor() {
    super(`epoch: ${epochMax} was given out; this edge needs another id`);
  }
}

/**
 * An epoch that this edge never used.
 *
 * Above the folder's last one, which is enough while the folder is whole. A folder that was restored
 * from a copy, or lost and begun anew, does not know what was used since, so an epoch is also at
 * least the time in seconds, and a random step away, which makes a repetition need a restored folder,
 * a wrong clock and a chance of one in `stepMax` at once. An unset clock in an empty folder leaves
 * only chance, so there the step is as large as it can be.
 */
export function nextEpoch(last: number, nowMs: number, random: () => number): number {
  const nowS = Math.floor(nowMs / 1000);
  const isClockPlausible = nowS >= CLOCK_S_MIN && nowS < CLOCK_S_MAX;
  const floor = Math.max(last + 1, isClockPlausible ? nowS : 1);
  const stepMax = isClockPlausible || last > 0 ? 256 : CLOCK_S_MIN - 1;
  const epoch = floor + Math.floor(random() * stepMax);
  if (floor > epochMax) throw new EpochsExhaustedError();
  return Math.min(epochMax, epoch);
}
