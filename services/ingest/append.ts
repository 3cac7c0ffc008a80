// The one call to the stream, with its time limit and what its refusals mean to a sender.

import type { Clock } from "@drover/core/service/clock";
import { Problem, unavailable } from "@drover/core/service/problem";
import { StreamFullError, TooManyGapsError } from "@drover/core/stream/log";
import type { AppendBatch, AppendResult, StreamLog } from "@drover/core/stream/log";
import type { Events } from "./events.ts";

export interface AppendConfig {
  /** Longest wait; whether the batch was written is unknown then, and sending again is safe. */
  readonly timeoutMs: number;
}

export interface AppendDeps {
  readonly stream: Pick<StreamLog, "append">;
  readonly clock: Clock;
  readonly events: Pick<Events, "appendFailed">;
}

export type Append = (batch: AppendBatch) => Promise<AppendResult>;

/** Header that names the oldest missing range, `first-last`, when a sender left too many holes. */
export const missingHeader = "drover-missing";

const RETRY_AFTER_MS = 2_000;

/** @throws (from the call) Problem 503 when the log is full or away, 409 for too many holes. */
export function createAppend(config: AppendConfig, deps: AppendDeps): Append {
  const { stream, clock, events } = deps;

  async function giveUp(signal: AbortSignal): Promise<never> {
    await clock.sleep(config.timeoutMs, signal);
    throw new Error(`append: no answer within ${config.timeoutMs} ms`);
  }

  return async (batch) => {
    const answered = new AbortController();
    try {
      return await Promise.race([stream.append(batch), giveUp(answered.signal)]);
    } catch (error) {
      events.appendFailed(error);
      throw problemOf(error);
    } finally {
      answered.abort();
    }
  };
}

function problemOf(error: unknown): Problem {
  if (error instanceof StreamFullError) return unavailable(error.message, error.retryAfterMs);
  if (error instanceof TooManyGapsError) {
    const { first, last } = error.missing;
    return new Problem({
      status: 409,
      code: "too-many-gaps",
      title: "Too many gaps",
      detail: `${error.message}; send ${first} to ${last} first`,
      fields: [{ field: "missing", detail: `${first}-${last}` }],
      headers: { [missingHeader]: `${first}-${last}` },
    });
  }
  return unavailable("the stream did not take the batch; send it again", RETRY_AFTER_MS);
}
