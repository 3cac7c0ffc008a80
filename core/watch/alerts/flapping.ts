// How much a cause comes and goes: a count of its raises and ends that halves every `flapHalfLifeMs`.

export interface Flap {
  readonly score: number;
  /** When the score was that, epoch ms of events. */
  readonly at: number;
}

export const calm: Flap = { score: 0, at: 0 };
export const flapHalfLifeMs = 10 * 60_000;
/** From this score on it flaps: the third raise within some minutes, or a change every 3.6 min. */
export const flapsFrom = 4.5;
/** Below this it has calmed down: 8 to 27 min after the last change. */
export const calmBelow = 2.5;
/** No score is higher, so that calm is never further away than that. */
const scoreMax = 16;

/** One more raise or end. Events out of order count as of the newest. */
export function countChange(flap: Flap, at: number): Flap {
  const now = Math.max(flap.at, at);
  return { score: Math.min(scoreMax, scoreAt(flap, now) + 1), at: now };
}

export function scoreAt(flap: Flap, nowMs: number): number {
  return flap.score * 2 ** (-Math.max(0, nowMs - flap.at) / flapHalfLifeMs);
}

/** Two limits, so that the word itself does not flap. */
export function isFlapping(was: boolean, flap: Flap, nowMs: number): boolean {
  return scoreAt(flap, nowMs) >= (was ? calmBelow : flapsFrom);
}

/** When a cause that flaps will have calmed down, if nothing more happens. */
export function calmAt(flap: Flap): number {
  return Math.floor(flap.at + flapHalfLifeMs * Math.log2(flap.score / calmBelow)) + 1;
}
