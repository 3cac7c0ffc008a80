// The loop that feeds the views with what is stored, in blocks large enough to make them cheap: one
// view over 40,000 rows costs four times as much a row as over 400,000.

import type { Batch } from "@drover/core/history/manifest";
import type { Consumer, StreamLog } from "@drover/core/stream/log";
import { insertUntilDone, rest } from "./attempt.ts";
import type { AttemptDeps } from "./attempt.ts";
import { createFence } from "./fence.ts";
import type { FeedQueue } from "./feed-queue.ts";
import { readRange } from "./intake.ts";
import type { Ledger } from "./ledger.ts";

export interface FeederConfig {
  readonly feedRowsMax: number;
  readonly feedBytesMax: number;
  readonly feedLingerMs: number;
}

export interface FeederDeps extends AttemptDeps {
  readonly stream: Pick<StreamLog, "read">;
  readonly consumer: Pick<Consumer, "leases" | "areLeasesFresh">;
  readonly ledger: Ledger;
  readonly queue: FeedQueue;
}

export interface Feeder {
  /**
   * Runs until `noMore` aborts, then feeds what is left and ends; or until `failing` aborts.
   */
  run(noMore: AbortSignal, failing: AbortSignal): Promise<void>;
}

const POLL_MS = 100;

export function createFeeder(config: FeederConfig, deps: FeederDeps): Feeder {
  const { clock, events, ledger, queue } = deps;
  /** A block may hold at most this, however small its rows. */
  const bytesMax = config.feedBytesMax / 2;

  function isDue(): boolean {
    const oldestMs = queue.oldestMs();
    if (oldestMs === undefined) return false;
    if (queue.rows() >= config.feedRowsMax || queue.sizeBytes() >= bytesMax) return true;
    return clock.monotonicMs() - oldestMs >= config.feedLingerMs;
  }

  /** False when it is left to the next owner. */
  async function feed(batch: Batch, signal: AbortSignal): Promise<boolean> {
    const { manifest } = batch;
    if (!(await ledger.freeze(manifest))) {
      await requeue(batch);
      return true;
    }
    const fence = createFence(deps.consumer, ledger.leasesOf(manifest));
    const outcome = await insertUntilDone(batch, { ...deps, fence }, signal);
    if (outcome === "stopped") return false;
    // What is taken anew is read from its notes, and so is the block that was given up here.
    if (outcome === "lost") ledger.keepOnly(deps.consumer.leases());
    else await ledger.settle(manifest);
    return true;
  }

  /** A block that is not at its turn, whole or in part, is read again from where the views stand. */
  async function requeue(batch: Batch): Promise<void> {
    for (const [partition] of batch.manifest.ranges) {
      queue.drop(partition);
      const position = ledger.positions().get(partition);
      if (position === undefined || position.fed >= position.committed) continue;
      const range = { partition, first: position.fed, end: position.committed };
      const entries = await readRange(deps.stream, range);
      if (entries !== undefined) queue.add(entries, clock.monotonicMs());
    }
  }

  return {
    async run(noMore, failing) {
      const either = AbortSignal.any([noMore, failing]);
      while (!failing.aborted) {
        const isLast = noMore.aborted;
        events.unfedSeen(queue.rows());
        if (isLast || isDue()) {
          const limits = { rowsMax: config.feedRowsMax, bytesMax };
          const batch = queue.take(limits);
          if (batch !== undefined) {
            if (!(await feed(batch, either))) return;
            continue;
          }
          if (isLast) return;
        }
        await rest(clock, POLL_MS, either);
      }
    },
  };
}
