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
import { GIVEN_UP_MAX, saveLedger, type GivenUp, type Ledger } from "./ledger.ts";
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
  /** When a segment was last written to, epoch ms; undefined for one of a former start. */
  writtenAt(segment: Segment): number | undefined;
  heldBytes(): number;
  /** Acknowledgements changed. */
  touch(): void;
  /** What regions will never take, oldest first. */
  givenUp(): readonly GivenUp[];
  /** Writes down what a region will never take; durable with the acknowledgements. */
  noteGivenUp(loss: GivenUp): void;
  /** Makes it durable that the epoch was given out. */
  claim(epoch: number): Promise<void>;
  /** Makes acknowledgements durable, removes what every region has, gives up what is too old. */
  tidy(): Promise<void>;
  /** Gives up the oldest segment; false when there is none. */
  evict(): Promise<boolean>;
}

export function createStore(config: StoreConfig, deps: StoreDeps, recovered: Recovered): Store {
  return new LedgerStore(config, deps, recovered);
}

class LedgerStore implements Store {
  readonly holdings: Holdings;
  readonly cursors: readonly RegionCursor[];
  readonly #config: StoreConfig;
  readonly #deps: StoreDeps;
  readonly #ranMs: number;
  readonly #openedMs: number;
  #lastEpoch: number;
  #isDirty = false;
  readonly #givenUp: GivenUp[];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(config: StoreConfig, deps: StoreDeps, recovered: Recovered) {
    this.holdings = recovered.holdings;
    this.cursors = recovered.cursors;
    this.#config = config;
    this.#deps = deps;
    this.#ranMs = recovered.runMs;
    this.#openedMs = deps.clock.monotonicMs();
    this.#lastEpoch = recovered.lastEpoch;
    this.#givenUp = [...recovered.givenUp];
  }

  runMs(): number {
    return this.#ranMs + this.#deps.clock.monotonicMs() - this.#openedMs;
  }

  writtenAt({ writtenMs }: Segment): number | undefined {
    // Time for which the outbox was closed counts in no segment.
    if (writtenMs < this.#ranMs) return undefined;
    return this.#deps.clock.now() - (this.runMs() - writtenMs);
  }

  heldBytes(): number {
    return bytesHeld(this.holdings);
  }

  touch(): void {
    this.#isDirty = true;
  }

  givenUp(): readonly GivenUp[] {
    return this.#givenUp;
  }

  noteGivenUp(loss: GivenUp): void {
    const last = this.#givenUp.at(-1);
    const isNext =
      last?.region === loss.region &&
      last.epoch === loss.epoch &&
      last.reason === loss.reason &&
      last.range[1] + 1 === loss.range[0];
    if (isNext) this.#givenUp.splice(-1, 1, { ...loss, range: [last.range[0], loss.range[1]] });
    else this.#givenUp.push(loss);
    if (this.#givenUp.length > GIVEN_UP_MAX) this.#givenUp.shift();
    this.#isDirty = true;
  }

  claim(epoch: number): Promise<void> {
    return this.#exclusive(async () => {
      this.#lastEpoch = Math.max(this.#lastEpoch, epoch);
      await this.#save();
    });
  }

  tidy(): Promise<void> {
    return this.#exclusive(async () => {
      let isRemoved = await this.#removeAcknowledged();
      const beforeMs = this.runMs() - this.#config.ageMsMax;
      for (const old of expiredSegments(this.holdings, this.#deps.inUse().segments, beforeMs)) {
        await this.#giveUp(old, "evicted-age");
        isRemoved = true;
      }
      this.#forgetFinished();
      if (isRemoved) await this.#deps.fileSystem.syncDirectory(this.#config.directory);
      if (this.#isDirty) await this.#save();
    });
  }

  evict(): Promise<boolean> {
    return this.#exclusive(async () => {
      if (await this.#removeAcknowledged()) return true;
      const oldest = oldestDisposal(this.holdings, this.#deps.inUse().segments);
      if (oldest === undefined) return false;
      await this.#giveUp(oldest, "evicted-bytes");
      return true;
    });
  }

  async #save(): Promise<void> {
    this.#isDirty = false;
    try {
      const facts = { edge: this.#config.edge, lastEpoch: this.#lastEpoch, runMs: this.runMs() };
      const known = toLedger(facts, this.holdings, this.cursors);
      // Left out when there is none, so that ledgers of before are the same bytes.
      const ledger = this.#givenUp.length === 0 ? known : { ...known, givenUp: this.#givenUp };
      await saveLedger(this.#deps.fileSystem, this.#config.directory, ledger);
    } catch (error) {
      this.#isDirty = true;
      throw error;
    }
  }

  /**
   * Saves before something is removed. A disk without space must not keep space from being freed:
   * then the removal goes first, and a power cut in between costs a gap that says too much.
   */
  async #saveFirst(): Promise<void> {
    try {
      await this.#save();
    } catch (error) {
      if (diskTroubleOf(error) !== "space") throw error;
    }
  }

  async #remove({ log, segment }: Disposal): Promise<void> {
    await this.#deps.onRemove(segment);
    await removeSegment(this.#deps.fileSystem, segment);
    const index = log.segments.indexOf(segment);
    if (index >= 0) log.segments.splice(index, 1);
    this.#isDirty = true;
  }

  async #removeAcknowledged(): Promise<boolean> {
    const done = acknowledgedSegments(this.holdings, this.cursors, this.#deps.inUse().segments);
    if (done.length > 0) await this.#saveFirst();
    for (const disposal of done) await this.#remove(disposal);
    return done.length > 0;
  }

  async #giveUp(disposal: Disposal, reason: LossReason): Promise<void> {
    const { log, segment } = disposal;
    const reports = unacknowledgedIn(disposal, this.cursors);
    noteLoss(log, { first: segment.first, last: segment.last, reason });
    await this.#saveFirst();
    await this.#remove(disposal);
    if (reports > 0) this.#deps.onEvict(reports, reason);
  }

  #forgetFinished(): void {
    const { epochs } = this.#deps.inUse();
    for (const epoch of finishedEpochs(this.holdings, this.cursors, epochs)) {
      this.holdings.delete(epoch);
      for (const cursor of this.cursors) cursor.epochs.delete(epoch);
      this.#isDirty = true;
    }
    forgetToldLosses(this.holdings, this.cursors);
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work, work);
    this.#turn = next.catch(() => {});
    return next;
  }
}

function toLedger(
  facts: { readonly edge: string; readonly lastEpoch: number; readonly runMs: number },
  holdings: Holdings,
  cursors: readonly RegionCursor[],
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
