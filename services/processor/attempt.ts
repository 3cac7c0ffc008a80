import type { History } from "@drover/core/history/client";
import { insertBatch } from "@drover/core/history/insert";
import type { Batch } from "@drover/core/history/manifest";
import { createBackoff } from "@drover/core/service/backoff";
import type { Clock } from "@drover/core/service/clock";
import type { Events } from "./events.ts";

export interface AttemptDeps {
  readonly history: History;
  readonly clock: Clock;
  readonly events: Events;
}

const backoffConfig = { minMs: 50, maxMs: 5_000 };

/**
 * Makes an insert again and again until it is in. A failure may hide a success, so it is always the
 * same batch under the same token.
 *
 * @returns false when the signal says to leave it to the next owner; it is tried once even then.
 */
export async function insertUntilDone(
  batch: Batch,
  deps: AttemptDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const { history, clock, events } = deps;
  const backoff = createBackoff(backoffConfig, { clock });
  const startedMs = clock.monotonicMs();
  for (;;) {
    try {
      await insertBatch(history, batch);
      events.inserted(batch, clock.monotonicMs() - startedMs);
      return true;
    } catch (error) {
      const delayMs = backoff.nextDelayMs();
      events.insertFailed(batch, error, delayMs);
      if (!(await rest(clock, delayMs, signal))) return false;
    }
  }
}

/** Sleeps; false when the signal aborted. */
export async function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, signal);
    return true;
  } catch {
    return false;
  }
}
