// Waiting for an append of any process: woken by the bell, sure by the file's version.

import type { Clock } from "../service/clock.ts";
import type { Bell } from "./sqlite-bell.ts";

export interface WaiterDeps {
  readonly bell: Bell;
  readonly clock: Clock;
  /** Changes with each commit. */
  readonly version: () => number;
}

/** How long a ring that was not heard can go unnoticed. */
const LOOK_MS = 250;
/** The same where no ring can be heard; about 0.5 % of a core. */
const LOOK_DEAF_MS = 5;

export function createWaiter(
  deps: WaiterDeps,
): (timeoutMs: number, signal?: AbortSignal) => Promise<void> {
  const { bell, clock, version } = deps;
  let seen: number | undefined;

  /** Sleeps until a ring, the time, or the signal. */
  async function rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const woken = new AbortController();
    const wake = () => woken.abort();
    using _ear = bell.listen(wake);
    signal?.addEventListener("abort", wake, { once: true });
    // Between the last look and the start of listening.
    if (version() === seen) await clock.sleep(ms, woken.signal).catch(() => {});
    signal?.removeEventListener("abort", wake);
  }

  return async (timeoutMs, signal) => {
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    for (;;) {
      signal?.throwIfAborted();
      const now = version();
      if (now !== seen) {
        seen = now;
        return;
      }
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) return;
      await rest(Math.min(leftMs, bell.isDeaf() ? LOOK_DEAF_MS : LOOK_MS), signal);
    }
  };
}
