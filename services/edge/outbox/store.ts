// Keeps what the outbox holds: the ledger, and which segments may go. One change at a time.

import type { Clock } from "@drover/core/service/clock";
import { createIntervalSet } from "./interval-set.ts";
import type { RegionCursor } from "./cursor.ts";
import {
  acknowledgedSegments,
  expiredSegments,
  finishedEpochs,
  oldestDisposal,
  unacknowledgedIn,
  type Disposal,
} from "./disposal.ts";
import { diskTroubleOf, type FileSystem } from "./file-system.ts";
import { bytesHeld, noteLoss, type Holdings, type LossReason } from "./holdings.ts";
import { saveLedger, type Ledger } from "./ledger.ts";
import type { Recovered } from "./recover.ts";
import { removeSegment, type Segment } from "./segment.ts";

export interface StoreConfig {
  readonly directory: string;
  readonly edge: string;
  readonly ageMsMax: number;
}

export interface StoreDeps {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  /** Segments that are being written, and epochs that may still grow. */
  inUse(): { readonly segments: ReadonlySet<Segment>; readonly epochs: ReadonlySet<number> };
  /** Called before a segment's file is removed. */
  onRemove(segment: Segment): Promise<void>;
  onEvict(reports: number, reason: LossReason): void;
}

export interface Store {
  readonly holdings: Holdings;
  readonly cursors: readonly RegionCursor[];
  /** Milliseconds for which this outbox was open, over its whole life. */
  runMs(): number;
  heldBytes(): number;
  /** Acknowledgements changed. */
  touch(): void;
  /** Makes it durable that the epoch was given out. */
  claim(epoch: number): Promise<void>;
  /** Makes acknowledgements durable, removes what every region has, gives up what is too old. */
  tidy(): Promise<void>;
  /** Gives up the oldest segment; false when there is none. */
  evict(): Promise<boolean>;
}

export function createStore(config: StoreConfig, deps: StoreDeps, recovered: Recovered): Store {
  const { fileSystem, clock } = deps;
  const { holdings, cursors } = recovered;
  const openedMs = clock.monotonicMs();
  let lastEpoch = recovered.lastEpoch;
  let isDirty = false;
  let turn: Promise<unknown> = Promise.resolve();

  function exclusive<T>(work: () => Promise<T>): Promise<T> {
    const next = turn.then(work, work);
    turn = next.catch(() => {});
    return next;
  }

  const runMs = () => recovered.runMs + clock.monotonicMs() - openedMs;

  async function save(): Promise<void> {
    isDirty = false;
    try {
      const ledger = toLedger({ edge: config.edge, lastEpoch, runMs: runMs() }, recovered);
      await saveLedger(fileSystem, config.directory, ledger);
    } catch (error) {
      isDirty = true;
      throw error;
    }
  }

  /**
   * Saves before something is removed. A disk without space must not keep space from being freed:
   * then the removal goes first, and a power cut in between costs a gap that says too much.
   */
  async function saveFirst(): Promise<void> {
    try {
      await save();
    } catch (error) {
      if (diskTroubleOf(error) !== "space") throw error;
    }
  }

  async function remove({ log, segment }: Disposal): Promise<void> {
    await deps.onRemove(segment);
    await removeSegment(fileSystem, segment);
    const index = log.segments.indexOf(segment);
    if (index >= 0) log.segments.splice(index, 1);
    isDirty = true;
  }

  async function giveUp(disposal: Disposal, reason: LossReason): Promise<void> {
    const { log, segment } = disposal;
    const reports = unacknowledgedIn(disposal, cursors);
    noteLoss(log, { first: segment.first, last: segment.last, reason });
    await saveFirst();
    await remove(disposal);
    if (reports > 0) deps.onEvict(reports, reason);
  }

  async function removeAcknowledged(): Promise<boolean> {
    const done = acknowledgedSegments(holdings, cursors, deps.inUse().segments);
    if (done.length > 0) await saveFirst();
    for (const disposal of done) await remove(disposal);
    return done.length > 0;
  }

  async function tidy(): Promise<void> {
    let isRemoved = await removeAcknowledged();
    const beforeMs = runMs() - config.ageMsMax;
    for (const expired of expiredSegments(holdings, deps.inUse().segments, beforeMs)) {
      await giveUp(expired, "evicted-age");
      isRemoved = true;
    }
    for (const epoch of finishedEpochs(holdings, cursors, deps.inUse().epochs)) {
      holdings.delete(epoch);
      for (const cursor of cursors) cursor.epochs.delete(epoch);
      isDirty = true;
    }
    forgetToldLosses(holdings, cursors);
    if (isRemoved) await fileSystem.syncDirectory(config.directory);
    if (isDirty) await save();
  }

  return {
    holdings,
    cursors,
    runMs,
    heldBytes: () => bytesHeld(holdings),
    touch: () => void (isDirty = true),
    claim: (epoch) =>
      exclusive(async () => {
        lastEpoch = Math.max(lastEpoch, epoch);
        await save();
      }),
    tidy: () => exclusive(tidy),
    evict: () =>
      exclusive(async () => {
        if (await removeAcknowledged()) return true;
        const oldest = oldestDisposal(holdings, deps.inUse().segments);
        if (oldest === undefined) return false;
        await giveUp(oldest, "evicted-bytes");
        return true;
      }),
  };
}

function toLedger(
  facts: { readonly edge: string; readonly lastEpoch: number; readonly runMs: number },
  { holdings, cursors }: Pick<Recovered, "holdings" | "cursors">,
): Ledger {
  return {
    version: 1,
    ...facts,
    epochs: [...holdings.values()].map((log) => ({
      epoch: log.epoch,
      class: log.class,
      end: log.end,
      lost: log.losses.map(({ first, last, reason }) => ({ range: [first, last], reason })),
    })),
    regions: Object.fromEntries(
      cursors.map((cursor) => [
        cursor.region,
        [...cursor.epochs].map(([epoch, { acked }]) => ({
          epoch,
          acked: acked.list().map(({ first, last }): [number, number] => [first, last]),
        })),
      ]),
    ),
  };
}

/** Losses that every region knows of need no reason any more. */
function forgetToldLosses(holdings: Holdings, cursors: readonly RegionCursor[]): void {
  for (const log of holdings.values()) {
    const told = cursors.map(({ epochs }) => epochs.get(log.epoch)?.acked ?? createIntervalSet());
    const kept = log.losses.filter(
      ({ first, last }) => !told.every((acked) => acked.covers(first, last)),
    );
    log.losses.splice(0, log.losses.length, ...kept);
  }
}
