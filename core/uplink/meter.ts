import type { Clock } from "../service/clock.ts";
import type { Timing } from "./sender.ts";

/** What an uplink learns from acknowledgements. */
export interface Meter {
  note(reports: number, timing: Timing): void;
  read(): {
    readonly lastAckAt: number | undefined;
    readonly acknowledged: number;
    readonly perSecond: number;
    readonly rttMs: number | undefined;
    readonly clockAheadMs: number | undefined;
  };
}

/** Rates are means over about this time. */
const RATE_MS = 10_000;
const RTT_ALPHA = 0.4;
/** Clocks drift: bounds are taken anew so often. */
const CLOCK_MS = 300_000;

export function createMeter(clock: Clock): Meter {
  let lastAckAt: number | undefined;
  let acknowledged = 0;
  let ratePerMs = 0;
  let ratedMs = clock.monotonicMs();
  let rttMs: number | undefined;
  let ahead = { min: -Infinity, max: Infinity, sinceMs: clock.monotonicMs() };

  /** An exponentially weighted rate: each report counts 1/RATE_MS and fades. */
  function fade(): number {
    const nowMs = clock.monotonicMs();
    ratePerMs *= Math.exp((ratedMs - nowMs) / RATE_MS);
    ratedMs = nowMs;
    return ratePerMs;
  }

  function noteClock(bounds: { readonly min: number; readonly max: number }): void {
    const min = Math.max(ahead.min, bounds.min);
    const max = Math.min(ahead.max, bounds.max);
    const isStale = clock.monotonicMs() - ahead.sinceMs > CLOCK_MS;
    // Bounds that exclude each other: one of the clocks was set meanwhile.
    if (isStale || min > max) ahead = { ...bounds, sinceMs: clock.monotonicMs() };
    else ahead = { min, max, sinceMs: ahead.sinceMs };
  }

  return {
    note(reports, timing) {
      lastAckAt = clock.now();
      acknowledged += reports;
      ratePerMs = fade() + reports / RATE_MS;
      rttMs = rttMs === undefined ? timing.rttMs : rttMs + RTT_ALPHA * (timing.rttMs - rttMs);
      if (timing.aheadMs !== undefined) noteClock(timing.aheadMs);
    },
    read() {
      const isKnown = Number.isFinite(ahead.min) && Number.isFinite(ahead.max);
      return {
        lastAckAt,
        acknowledged,
        perSecond: fade() * 1000,
        rttMs,
        clockAheadMs: isKnown ? Math.round((ahead.min + ahead.max) / 2) : undefined,
      };
    },
  };
}
