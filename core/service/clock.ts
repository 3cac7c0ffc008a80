import { performance } from "node:perf_hooks";
import { setImmediate as turn, setTimeout as timer } from "node:timers/promises";

/** Time and chance, as an argument: nothing else in Drover reads a clock, sleeps or draws. */
export interface Clock {
  /** Epoch milliseconds of this machine; may jump. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. For durations and deadlines. */
  monotonicMs(): number;
  /** Resolves after `ms`. Rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number in [0, 1). */
  random(): number;
}

/** `setTimeout` fires at once beyond this. */
const SLEEP_MS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    try {
      await timer(Math.min(Math.max(0, ms), SLEEP_MS_MAX), undefined, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};

export interface FakeClock extends Clock {
  /** Moves time on by `ms`; wakes sleepers in the order of their deadlines, one at a time. */
  advance(ms: number): Promise<void>;
  /** Moves only the wall clock, as a clock correction does; sleepers do not notice. */
  jump(ms: number): void;
  /** How many sleeps are waiting now. */
  sleeping(): number;
}

type Sleeper = { readonly wakeMs: number; readonly order: number; readonly wake: () => void };

/** A clock that moves only when told; `random` is a seeded sequence. */
export function createFakeClock(config: { nowMs?: number; seed?: number } = {}): FakeClock {
  let wallMs = config.nowMs ?? 1_700_000_000_000;
  let elapsedMs = 0;
  let order = 0;
  const random = createRandom(config.seed ?? 1);
  const sleepers = new Set<Sleeper>();

  function moveTo(targetMs: number): void {
    wallMs += targetMs - elapsedMs;
    elapsedMs = targetMs;
  }

  return {
    now: () => wallMs,
    monotonicMs: () => elapsedMs,
    random,
    sleeping: () => sleepers.size,
    jump(ms) {
      wallMs += ms;
    },
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.reject(reasonOf(signal));
      return new Promise<void>((resolve, reject) => {
        const abort = () => {
          sleepers.delete(sleeper);
          reject(signal === undefined ? new Error("aborted") : reasonOf(signal));
        };
        const wake = () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        };
        const sleeper = { wakeMs: elapsedMs + Math.max(0, ms), order: order++, wake };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", abort, { once: true });
      });
    },
    async advance(ms) {
      const targetMs = elapsedMs + ms;
      await turn();
      for (let due = nextDue(sleepers, targetMs); due; due = nextDue(sleepers, targetMs)) {
        sleepers.delete(due);
        moveTo(due.wakeMs);
        due.wake();
        await turn();
      }
      moveTo(targetMs);
    },
  };
}

function nextDue(sleepers: ReadonlySet<Sleeper>, targetMs: number): Sleeper | undefined {
  let first: Sleeper | undefined;
  for (const sleeper of sleepers) {
    if (sleeper.wakeMs > targetMs) continue;
    if (!first || sleeper.wakeMs < first.wakeMs) first = sleeper;
    else if (sleeper.wakeMs === first.wakeMs && sleeper.order < first.order) first = sleeper;
  }
  return first;
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

/** A seeded sequence in [0, 1): mulberry32, enough for jitter and for tests; not for secrets. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
