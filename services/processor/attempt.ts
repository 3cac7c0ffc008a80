import type { History } from "@drover/core/history/client";
import { insertBatch } from "@drover/core/history/insert";
import type { Batch } from "@drover/core/history/manifest";
import { findMissing, insertMissing } from "@drover/core/history/repair";
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
      if (backoff.attempts() === 0) await insertBatch(history, batch);
      else await insertAgain(batch, deps);
      events.inserted(batch, clock.monotonicMs() - startedMs);
      return true;
    } catch (error) {
      const delayMs = backoff.nextDelayMs();
      events.insertFailed(batch, error, delayMs);
      if (!(await rest(clock, delayMs, signal))) return false;
    }
  }
}

/**
 * Inserts a batch that may have arrived, and looks whether it is there.
 *
 * Looks first, because a token is remembered only for so many inserts: while this process could not
 * reach the database, others may have made more than that. Looks again behind the insert, because the
 * engine notes a token just before it puts the rows in place: killed in between, it knows the token
 * and has no rows, and drops the repetition.
 */
export async function insertAgain(batch: Batch, deps: AttemptDeps): Promise<void> {
  const { history, events } = deps;
  const { target, token } = batch.manifest;
  if (target !== "reports") return insertBatch(history, batch);
  const bytes = Buffer.concat(batch.chunks);
  const found = await findMissing(history, bytes);
  if (found.missing.length === 0) return events.comparedRows(found.rows, 0);
  await insertBatch(history, batch);
  const result = await insertMissing(history, bytes, token);
  events.comparedRows(result.rows, result.inserted);
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
