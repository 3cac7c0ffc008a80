// How routes ask history: with a bound on questions at once, a bound on time, an end when the caller
// leaves, and every refusal of ClickHouse told in our own words.

import { queryLimits } from "@drover/core/history/client";
import type { History } from "@drover/core/history/client";
import { LimitError, createSemaphore } from "@drover/core/service/limits";
import { Problem, unavailable } from "@drover/core/service/problem";

export interface HistoryReaderConfig {
  /** Questions that ClickHouse answers at once; further ones wait (block). */
  readonly runningMax: number;
  /** Questions that wait; further ones get 503 (reject). */
  readonly waitingMax: number;
  /** Longest time until the answer is whole, waiting included. */
  readonly answerMsMax: number;
}

export interface HistoryReader {
  /**
   * Asks with a history whose every statement ends with `signal` or with the time.
   *
   * @throws Problem 503 while history is away or busy, 422 when the question takes too much.
   */
  ask<T>(signal: AbortSignal, question: (history: History) => Promise<T>): Promise<T>;
  /** Resolves when ClickHouse answers; for health. @throws Problem */
  ping(signal: AbortSignal): Promise<void>;
}

const RETRY_MS = 2_000;

export function createHistoryReader(
  config: HistoryReaderConfig,
  deps: { readonly history: History },
): HistoryReader {
  const { runningMax, waitingMax, answerMsMax } = config;
  const semaphore = createSemaphore({
    name: "questions to history",
    permits: runningMax,
    waitersMax: waitingMax,
  });

  async function ask<T>(signal: AbortSignal, question: (history: History) => Promise<T>) {
    const inTime = AbortSignal.timeout(answerMsMax);
    const ending = AbortSignal.any([signal, inTime]);
    try {
      using _permit = await semaphore.acquire(ending);
      return await question(boundTo(deps.history, ending));
    } catch (error) {
      if (signal.aborted) throw unavailable("the caller left", RETRY_MS);
      if (inTime.aborted) {
        throw unavailable(`history gave no answer within ${answerMsMax} ms`, RETRY_MS);
      }
      throw problemOf(error);
    }
  }

  return {
    ask,
    ping: (signal) => ask(signal, (history) => history.command("SELECT 1")),
  };
}

/** The same history, with a signal in every statement that has none of its own. */
export function boundTo(history: History, signal: AbortSignal): History {
  return {
    ...history,
    command: (sql, options) => history.command(sql, { signal, ...options }),
    rows: (sql, options) => history.rows(sql, { signal, ...options }),
    bytes: (sql, options) => history.bytes(sql, { signal, ...options }),
  };
}

const { timeMs, memoryBytes, resultRows } = queryLimits;
const narrower = "ask for a shorter time, a smaller box or fewer points";

/** What a refusal means to the caller; what is no refusal stays what it was: a 500 and a log line. */
function problemOf(error: unknown): unknown {
  if (error instanceof LimitError) return unavailable(error.message, RETRY_MS);
  if (!(error instanceof Error)) return error;
  // An error of ClickHouse carries its name there: TIMEOUT_EXCEEDED.
  if ("type" in error && typeof error.type === "string") {
    const isOthersToo = /memory limit \((?:total|for user)\)/i.test(error.message);
    return isOthersToo ? shortOfMemory() : (refusals[error.type]?.() ?? error);
  }
  if (isConnectionError(error)) {
    return unavailable("history is away; it is tried again with each request", RETRY_MS);
  }
  return error;
}

const tooMuch = (limit: string) => () =>
  new Problem({
    status: 422,
    code: "history-limit",
    title: "The question takes too much",
    detail: `history: the limit is ${limit}; ${narrower}`,
  });
const busy = (detail: string) => () => unavailable(`history: ${detail}`, RETRY_MS);
const tooLong = busy(`the limit is ${timeMs} ms for one statement; ${narrower}, or try again`);
const shortOfMemory = busy("all questions together take its whole memory");
const notMade = busy("its tables are not made yet");

/** By ClickHouse's own names (src/Common/ErrorCodes.cpp). */
const refusals: Readonly<Record<string, () => Problem>> = {
  TIMEOUT_EXCEEDED: tooLong,
  TOO_SLOW: tooLong,
  TOO_MANY_SIMULTANEOUS_QUERIES: busy("too many questions at once"),
  QUERY_WAS_CANCELLED: busy("the question was ended from outside"),
  MEMORY_LIMIT_EXCEEDED: tooMuch(`${memoryBytes / 1024 ** 2} MiB of memory for one statement`),
  TOO_MANY_ROWS: tooMuch(`${resultRows} rows`),
  TOO_MANY_ROWS_OR_BYTES: tooMuch(`${resultRows} rows`),
  TOO_MANY_BYTES: tooMuch("the bytes that one statement may read"),
  UNKNOWN_TABLE: notMade,
  UNKNOWN_DATABASE: notMade,
  AUTHENTICATION_FAILED: busy("it refuses this process's account"),
};

/** A socket's or a name's error has a code; the client's own have only a text. */
function isConnectionError(error: Error): boolean {
  if ("syscall" in error) return true;
  if ("code" in error && typeof error.code === "string" && error.code.startsWith("E")) return true;
  return /^(?:Timeout error|socket hang up|aborted)/i.test(error.message);
}
