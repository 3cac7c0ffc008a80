// From the stream to ClickHouse. Three loops share one ledger:
//
//   insert   read → freeze → insert into `reports` → commit
//   feed     what is stored → freeze → insert into the feed of the views → fed
//   sync     make both survive a power cut → synced, so that the log may be trimmed
//
// An insert is written down before it is made (`freeze`), so whoever goes on after a crash makes the
// same one again, and the database drops it if it had arrived.

import type { History } from "@drover/core/history/client";
import type { Clock } from "@drover/core/service/clock";
import type { Consumer, StreamLog } from "@drover/core/stream/log";
import type { Events } from "../events.ts";
import { createFeedQueue } from "../feed-queue.ts";
import { createFeeder } from "../feeder.ts";
import type { FeederConfig } from "../feeder.ts";
import { createInserter } from "../inserter.ts";
import type { InserterConfig } from "../inserter.ts";
import { createLedger } from "../ledger.ts";
import { createRecovery } from "../recovery.ts";
import { createSyncer } from "../syncer.ts";

export const historyGroup = "history";

export interface HistoryPipelineConfig extends InserterConfig, FeederConfig {
  readonly syncMs: number;
}

export interface HistoryPipelineDeps {
  readonly stream: StreamLog;
  readonly consumer: Consumer;
  readonly history: History;
  readonly clock: Clock;
  readonly events: Events;
}

/**
 * Works until the signal aborts, then ends what it began and feeds the views with what is stored.
 *
 * @throws MachineRestartedError, ManifestChangedError, or what the stream throws.
 */
export async function runHistoryPipeline(
  config: HistoryPipelineConfig,
  deps: HistoryPipelineDeps,
  signal: AbortSignal,
): Promise<void> {
  const boot = (await deps.history.checkpoint())?.bootId;
  const { clock } = deps;
  const queue = createFeedQueue();
  const ledger = createLedger(deps);
  const recovery = createRecovery({
    ...deps,
    boot,
    ledger,
    queue: (entries) => queue.add(entries, clock.monotonicMs()),
  });
  const inserter = createInserter(config, { ...deps, ledger, queue, recovery });
  const feeder = createFeeder(config, { ...deps, ledger, queue });
  const syncer = createSyncer({ ...config, group: historyGroup, boot }, { ...deps, ledger });

  // One loop that fails takes the others with it; they end in order.
  const failing = new AbortController();
  const stored = new AbortController();
  const ending = AbortSignal.any([signal, failing.signal]);
  const guard = async (loop: Promise<void>) => {
    try {
      await loop;
    } catch (error) {
      failing.abort(error);
    }
  };
  await Promise.all([
    guard(inserter.run(ending)).finally(() => stored.abort()),
    guard(feeder.run(stored.signal, failing.signal)),
    guard(syncer.run(ending)),
  ]);
  failing.signal.throwIfAborted();
  await syncer.sync();
}
