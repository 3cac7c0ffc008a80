// How many requests at once a receiver bears, found by trying: one more while answers stay as quick
// as they were, a tenth less when it asks for less or answers late. The constants are those of
// Vector's adaptive concurrency, itself after Netflix's concurrency-limits.

export interface ConcurrencyConfig {
  readonly limitMax: number;
}

export interface Concurrency {
  /** Requests that may be on their way now. */
  limit(): number;
  /** An acknowledgement, with what it took and how many were on their way when it was sent. */
  succeeded(rttMs: number, inFlight: number): void;
  /** 429, 503 or no answer in time. */
  overloaded(): void;
}

const EWMA_ALPHA = 0.4;
const DECREASE = 0.9;
const DEVIATIONS = 2.5;
/** Below this a difference says nothing about the receiver. */
const NOISE_MS = 5;

export function createConcurrency(config: ConcurrencyConfig): Concurrency {
  let limit = 1;
  let meanMs: number | undefined;
  let variance = 0;
  let inWindow = { count: 0, sumMs: 0, wasFull: false };

  function note(rttMs: number): void {
    if (meanMs === undefined) {
      meanMs = rttMs;
      return;
    }
    const difference = rttMs - meanMs;
    meanMs += EWMA_ALPHA * difference;
    variance = (1 - EWMA_ALPHA) * (variance + EWMA_ALPHA * difference * difference);
  }

  function decrease(): void {
    limit = Math.max(1, limit * DECREASE);
    inWindow = { count: 0, sumMs: 0, wasFull: false };
  }

  return {
    limit: () => Math.floor(limit),
    succeeded(rttMs, inFlight) {
      inWindow.count += 1;
      inWindow.sumMs += rttMs;
      inWindow.wasFull ||= inFlight >= Math.floor(limit);
      // One decision for as many answers as were asked for at once.
      if (inWindow.count < limit) return;
      const windowMs = inWindow.sumMs / inWindow.count;
      const boundMs = (meanMs ?? windowMs) + Math.max(NOISE_MS, DEVIATIONS * Math.sqrt(variance));
      const isLate = windowMs > boundMs;
      const { wasFull } = inWindow;
      note(windowMs);
      if (isLate) return decrease();
      if (wasFull) limit = Math.min(config.limitMax, limit + 1);
      inWindow = { count: 0, sumMs: 0, wasFull: false };
    },
    overloaded: decrease,
  };
}
