import type { History } from "@drover/core/history/client";
import { insertBatch } from "@drover/core/history/insert";
import type { Batch } from "@drover/core/history/manifest";
import { findMissing, insertMissing } from "@drover/core/history/repair";
import { createBackoff } from "@drover/core/service/backoff";
import type { Clock } from "@drover/core/service/clock";
import type { Events } from "./events.ts";
import type { Fence } from "./fence.ts";

export interface AttemptDeps {
  readonly history: History;
  readonly clock: Clock;
  readonly events: Events;
}

const backoffConfig = { minMs: 50, maxMs: 5_000 };
/** How often an unsure fence is asked again; the renewal itself takes a few milliseconds. */
const UNSURE_MS = 20;

/** `stopped`: the signal said to leave it to the next owner. `lost`: it is the next owner's already. */
export type InsertOutcome = "done" | "stopped" | "lost";

/**
 * Makes an insert again and again until it is in. A failure may hide a success, so it is always the
 * same batch under the same token. When the signal aborts it is tried once even so.
 *
 * The fence is asked right before each attempt, the first one too: a process that was stopped in
 * between (SIGSTOP, a frozen machine) may wake when others have long made this insert, and so many
 * more that its token is forgotten. What remains is a stop between that look and the end of the
 * request. For `reports` it would have to outlast the engine's memory of tokens (10,000 inserts) within
 * that one request; for the feed of the views likewise, only that there nothing could be compared
 * afterwards: such a day would be counted too high in the views until it is derived again.
 */
export async function insertUntilDone(
  batch: Batch,
  deps: AttemptDeps & { readonly fence: Fence },
  signal: AbortSignal,
): Promise<InsertOutcome> {
  const { history, clock, events, fence } = deps;
  const backoff = createBackoff(backoffConfig, { clock });
  const startedMs = clock.monotonicMs();
  let isFirst = true;
  for (;;) {
    let state = fence();
    while (state === "unsure") {
      isFirst = false;
      if (!(await rest(clock, UNSURE_MS, signal))) return "stopped";
      state = fence();
    }
    if (state === "lost") return "lost";
    try {
      if (isFirst) await insertBatch(history, batch);
      else await insertAgain(batch, deps);
      events.inserted(batch, clock.monotonicMs() - startedMs);
      return "done";
    } catch (error) {
      isFirst = false;
      const delayMs = backoff.nextDelayMs();
      events.insertFailed(batch, error, delayMs);
      if (!(await rest(clock, delayMs, signal))) return "stopped";
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
export async function insertAgain(
  batch: Batch,
  deps: Pick<AttemptDeps, "history" | "events">,
): Promise<void> {
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
