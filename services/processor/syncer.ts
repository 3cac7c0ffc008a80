// The loop that makes what was inserted survive a power cut, moves `synced`, and lets the log be
// trimmed behind it.

import type { History } from "@drover/core/history/client";
import type { Clock } from "@drover/core/service/clock";
import type { Consumer, StreamLog } from "@drover/core/stream/log";
import { rest } from "./attempt.ts";
import type { Events } from "./events.ts";
import type { Ledger } from "./ledger.ts";

export interface SyncerConfig {
  readonly group: string;
  readonly syncMs: number;
  /** Start of the database's machine; undefined where every insert is synced by itself. */
  readonly boot: string | undefined;
}

export interface SyncerDeps {
  readonly stream: Pick<StreamLog, "lag" | "trim">;
  readonly consumer: Pick<Consumer, "leases">;
  readonly history: Pick<History, "checkpoint">;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly events: Events;
}

export interface Syncer {
  /** @throws MachineRestartedError */
  run(signal: AbortSignal): Promise<void>;
  /** One round; a database that is away is no error, the next round tries again. */
  sync(): Promise<void>;
}

/** Thrown when the database's machine started anew: rows may be gone, partitions are taken anew. */
export class MachineRestartedError extends Error {
  override name = "MachineRestartedError";
}

const TRIM_MS = 5_000;

export function createSyncer(config: SyncerConfig, deps: SyncerDeps): Syncer {
  const { clock, stream, history, ledger, events } = deps;
  let lastTrimMs = clock.monotonicMs();

  /** Stored and through the views, now; both came before the checkpoint that follows. */
  function targets(): ReadonlyMap<number, number> {
    const found = new Map<number, number>();
    for (const [partition, { committed, fed, synced }] of ledger.positions()) {
      const target = Math.min(committed, fed);
      if (target > synced) found.set(partition, target);
    }
    return found;
  }

  async function isDurable(): Promise<boolean> {
    try {
      const checkpoint = await history.checkpoint();
      if (checkpoint?.bootId === config.boot) return true;
    } catch (error) {
      events.syncFailed(error);
      return false;
    }
    throw new MachineRestartedError(
      "history: the database's machine started anew; its rows are compared at the next start",
    );
  }

  async function sync(): Promise<void> {
    const moving = targets();
    if (moving.size === 0) return;
    const startedMs = clock.monotonicMs();
    if (!(await isDurable())) return;
    events.synced(clock.monotonicMs() - startedMs);
    const lost = await ledger.move((position, partition) => {
      const synced = moving.get(partition);
      return synced === undefined || synced <= position.synced ? undefined : { synced };
    });
    if (lost.length > 0) events.leasesLost(lost);
  }

  return {
    sync,
    async run(signal) {
      while (await rest(clock, config.syncMs, signal)) {
        events.lagSeen(await stream.lag(config.group));
        await sync();
        const sinceMs = clock.monotonicMs() - lastTrimMs;
        if (sinceMs < TRIM_MS || deps.consumer.leases().length === 0) continue;
        lastTrimMs = clock.monotonicMs();
        await stream.trim();
      }
    },
  };
}
