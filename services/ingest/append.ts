// The one call to the stream, with its time limit and what its refusals mean to a sender.

import { epochForgotten } from "@drover/core/model/ingest";
import type { Clock } from "@drover/core/service/clock";
import { Problem, unavailable } from "@drover/core/service/problem";
import { EpochForgottenError, StreamFullError, TooManyGapsError } from "@drover/core/stream/log";
import type { AppendBatch, AppendResult, StreamLog } from "@drover/core/stream/log";
import type { Events } from "./events.ts";

export interface AppendConfig {
  /** Longest wait; whether the batch was written is unknown then, and sending again is safe. */
  readonly timeoutMs: number;
}

export interface AppendDeps {
  readonly stream: Pick<StreamLog, "append">;
  readonly clock: Pick<Clock, "monotonicMs" | "sleep">;
  readonly events: Pick<Events, "appendFailed">;
}

export interface Append extends Disposable {
  /** @throws Problem 503 when the log is full, away or late, 409 when the sender left many holes or
   * speaks for an epoch that was forgotten. */
  append(batch: AppendBatch): Promise<AppendResult>;
}

/** Header that names the oldest missing range, `first-last`, when a sender left too many holes. */
export const missingHeader = "drover-missing";

const RETRY_AFTER_MS = 2_000;

interface Waiting {
  readonly deadlineMs: number;
  giveUp(): void;
}

export function createAppend(config: AppendConfig, deps: AppendDeps): Append {
  const { stream, clock, events } = deps;
  const { timeoutMs } = config;
  const waiting = new Set<Waiting>();
  const closing = new AbortController();
  let isWatching = false;

  /** One sleeper for all appends, while there are any: a timer for each costs more than a row. */
  async function watch(): Promise<void> {
    isWatching = true;
    while (waiting.size > 0) {
      await clock.sleep(timeoutMs / 4, closing.signal);
      const nowMs = clock.monotonicMs();
      for (const one of waiting) if (one.deadlineMs <= nowMs) one.giveUp();
    }
    isWatching = false;
  }

  return {
    [Symbol.dispose]: () => closing.abort(),
    async append(batch) {
      const { promise: late, reject } = Promise.withResolvers<never>();
      const one: Waiting = {
        deadlineMs: clock.monotonicMs() + timeoutMs,
        giveUp: () => reject(new Error(`append: no answer within ${timeoutMs} ms`)),
      };
      waiting.add(one);
      if (!isWatching) watch().catch(() => {});
      try {
        return await Promise.race([stream.append(batch), late]);
      } catch (error) {
        events.appendFailed(error);
        throw problemOf(error);
      } finally {
        waiting.delete(one);
      }
    },
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
  if (error instanceof EpochForgottenError) {
    const title = "Epoch forgotten";
    return new Problem({ status: 409, code: epochForgotten, title, detail: error.message });
  }
  return unavailable("the stream did not take the batch; send it again", RETRY_AFTER_MS);
}
