// A processor: one process kind, one role per pipeline. It prepares its store, joins its group, works
// on the partitions that it is given, and hands them on when it stops.

import { connectHistory } from "@drover/core/history/client";
import type { History, HistoryConfig } from "@drover/core/history/client";
import {
  HistoryFormatError,
  HistoryTooNewError,
  migrateHistory,
} from "@drover/core/history/migrations";
import { DeduplicationOffError, testDeduplication } from "@drover/core/history/self-test";
import { createBackoff } from "@drover/core/service/backoff";
import type { Basics } from "@drover/core/service/basics";
import { createHttp } from "@drover/core/service/http";
import type { Running } from "@drover/core/service/run";
import type { StreamLog } from "@drover/core/stream/log";
import { openStream } from "@drover/core/stream/open";
import { rest } from "./attempt.ts";
import { createCaretaker, holdBytesMax } from "./caretaker.ts";
import { endOf } from "./ending.ts";
import { createEvents } from "./events.ts";
import { historyGroup, runHistoryPipeline } from "./pipelines/history.ts";
import type { HistoryPipelineConfig } from "./pipelines/history.ts";
import { watchGroup } from "./pipelines/watch.ts";
import { startWatch } from "./watch/start.ts";
import type { WatchProcessorConfig } from "./watch/start.ts";

/** What both pipelines need of their surroundings. */
export interface PlaceConfig {
  readonly host: string;
  readonly port: number;
  /** The name in the group. */
  readonly member: string;
  readonly streamUrl: string;
}

export interface HistoryProcessorConfig extends PlaceConfig, HistoryPipelineConfig {
  readonly pipeline: "history";
  readonly history: HistoryConfig;
  readonly retentionDays: number;
  /** How long the log waits for a watch that nobody runs. */
  readonly watchHoldMs: number;
}

export type ProcessorConfig = HistoryProcessorConfig | WatchProcessorConfig;

const backoffConfig = { minMs: 100, maxMs: 2_000 };

/** Starts the pipeline; resolves once its store is prepared and its group joined. */
export async function startProcessor(
  config: ProcessorConfig,
  deps: Basics,
  signal: AbortSignal,
): Promise<Running> {
  switch (config.pipeline) {
    case "history":
      return startHistory(config, deps, signal);
    case "watch":
      return startWatch(config, deps, signal);
  }
}

async function startHistory(
  config: HistoryProcessorConfig,
  deps: Basics,
  signal: AbortSignal,
): Promise<Running> {
  const app = createHttp({ version: deps.version }, deps);
  await app.listen({ host: config.host, port: config.port });
  const history = connectHistory(config.history);
  await prepareHistory(history, config, deps, signal);
  const stream = await openStream({ url: config.streamUrl }, deps);
  const consumer = await stream.join(historyGroup, config.member);
  deps.health.addCheck({
    name: "clickhouse",
    kind: "ready",
    check: async () => {
      const answer = await history.client.ping();
      return answer.success ? { isOk: true } : { isOk: false, detail: answer.error.message };
    },
  });
  const events = createEvents(deps);
  const working = runHistoryPipeline(
    config,
    { ...deps, stream, consumer, history, events },
    signal,
  );
  const caring = takeCare(config, { ...deps, stream }, signal);
  return {
    ended: endOf(working, signal),
    async drain() {
      await Promise.all([working, caring]);
      await consumer.leave();
    },
    async close() {
      await consumer[Symbol.asyncDispose]();
      await stream[Symbol.asyncDispose]();
      await history[Symbol.asyncDispose]();
      await app.close();
    },
  };
}

const CARE_MS = 60_000;

/** Once a minute looks whether the log waits for a watch that nobody runs. */
async function takeCare(
  { watchHoldMs: holdMs }: HistoryProcessorConfig,
  deps: Basics & { readonly stream: StreamLog },
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = deps;
  const group = watchGroup;
  const caretaker = createCaretaker({ group, holdMs, sizeBytesMax: holdBytesMax }, deps);
  while (await rest(clock, CARE_MS, signal)) {
    try {
      await caretaker.look();
    } catch (error) {
      log.warn({ err: error, group }, "could not look who holds the log; trying again in a minute");
    }
  }
}

/** Waits for the database, brings it to shape and proves that it drops repetitions. */
async function prepareHistory(
  history: History,
  config: HistoryProcessorConfig,
  deps: Basics,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = deps;
  const backoff = createBackoff(backoffConfig, { clock });
  for (;;) {
    try {
      const isFsynced = (await history.checkpoint(signal)) === undefined;
      const { retentionDays } = config;
      const ran = await migrateHistory(history, { retentionDays, isFsynced });
      if (ran.length > 0) log.info({ ran, isFsynced }, "brought history to its newest shape");
      await testDeduplication(history, clock.now());
      return;
    } catch (error) {
      if (error instanceof DeduplicationOffError || signal.aborted) throw error;
      const isForeign = error instanceof HistoryTooNewError || error instanceof HistoryFormatError;
      if (isForeign) throw error;
      log.warn({ err: error }, "history: not prepared yet; trying again");
      await backoff.wait(signal);
    }
  }
}
