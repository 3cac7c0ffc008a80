import { chance } from "./chance.ts";

/** A device that speaks once each period, at a moment within it that jitter moves. */
export interface Cadence {
  readonly seed: number;
  readonly key: number;
  readonly salt: number;
  readonly periodMs: number;
  /** Part of the period by which a moment may be late, in [0, 1). */
  readonly jitter: number;
}

export interface Tick {
  /** Counts periods since 1970, so that it means the same moment in every process. */
  readonly tick: number;
  readonly atMs: number;
}

/** The moments in [fromMs, toMs), in order; ranges that adjoin give each moment once. */
export function* ticksBetween(cadence: Cadence, fromMs: number, toMs: number): Generator<Tick> {
  const { periodMs } = cadence;
  const phaseMs = chance(cadence.seed, cadence.key, 0, cadence.salt) * periodMs;
  const first = Math.floor((fromMs - phaseMs) / periodMs) - 1;
  const last = Math.ceil((toMs - phaseMs) / periodMs);
  for (let tick = first; tick <= last; tick++) {
    const late = cadence.jitter * chance(cadence.seed, cadence.key, tick, cadence.salt);
    const atMs = Math.floor(phaseMs + (tick + late) * periodMs);
    if (atMs >= fromMs && atMs < toMs) yield { tick, atMs };
  }
}
