import type { Clock } from "./clock.ts";

export type BackoffConfig = {
  /** The ceiling of the first delay, and the floor of every delay's ceiling. */
  readonly minMs: number;
  /** No delay is longer. */
  readonly maxMs: number;
  /** How much the ceiling grows at each failure; 2 when absent. */
  readonly factor?: number;
};

/** Counts failures in a row and says how long to wait before the next try. */
export interface Backoff {
  /** Failures since the last `reset`. */
  attempts(): number;
  /** Counts a failure and draws the delay that follows it. */
  nextDelayMs(): number;
  /** Counts a failure and sleeps; rejects when the signal aborts. */
  wait(signal?: AbortSignal): Promise<void>;
  /** Says that the last try worked. */
  reset(): void;
}

/**
 * Exponential back-off with full jitter: uniform in [0, min(maxMs, minMs · factorⁿ)].
 *
 * Full jitter spreads a crowd that failed together best for the least total work
 * (Brooker, "Exponential Backoff And Jitter", AWS 2015).
 */
export function createBackoff(config: BackoffConfig, deps: { clock: Clock }): Backoff {
  const factor = config.factor ?? 2;
  let attempts = 0;

  function nextDelayMs(): number {
    const ceilingMs = Math.min(config.maxMs, config.minMs * factor ** Math.min(attempts, 64));
    attempts += 1;
    return Math.round(deps.clock.random() * ceilingMs);
  }

  return {
    attempts: () => attempts,
    nextDelayMs,
    wait: (signal) => deps.clock.sleep(nextDelayMs(), signal),
    reset() {
      attempts = 0;
    },
  };
}
