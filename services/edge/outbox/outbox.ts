// The edge's durable queue. A report is here before anything else happens to it, and leaves only
// when every region has acknowledged it or the budget gives it up; then the regions are told.
//
// Durability goes: write → sync → open to senders. Deletion goes: acknowledgements into the ledger →
// sync → unlink. Nobody but this file decides what is removed.

import type { Lane } from "@drover/core/model/ingest";
import type { Report } from "@drover/core/model/report";
import type { Clock } from "@drover/core/service/clock";
import type { Backlog, TakeLimits } from "@drover/core/uplink/backlog";
import type { Batch } from "@drover/core/uplink/batch";
import { cursorOf, pickNext, type RegionCursor } from "./cursor.ts";
import { nextEpoch } from "./epoch.ts";
import { diskTroubleOf, isPassing, type FileSystem } from "./file-system.ts";
import { seedOf } from "./frame.ts";
import { logOf, noteLoss, segmentAt, type EpochLog, type LossReason } from "./holdings.ts";
import type { Interval } from "./interval-set.ts";
import { createJournal, OutboxClosedError, type Journal } from "./journal.ts";
import { createLiveWindow, type LiveWindow } from "./live-window.ts";
import type { GivenUp } from "./ledger.ts";
import { recover, type Recovered, type RecoveryFacts } from "./recover.ts";
import { createSegmentReader, type SegmentReader } from "./segment-reader.ts";
import { pointAfter, type ReportClass, type Segment } from "./segment.ts";
import { backlogOf, type BacklogStatus } from "./status.ts";
import { createStore, type Store } from "./store.ts";
import { planTake, takeBatch, type Plan } from "./take.ts";

export interface OutboxConfig {
  /** A folder of its own, made when it is not there. */
  readonly directory: string;
  readonly edge: string;
  /** Every region that must acknowledge a report before it is forgotten. */
  readonly regions: readonly string[];
  /** Budget of all segments together. */
  readonly bytesMax: number;
  /** Reports that are older, in time for which the outbox was open, are given up. */
  readonly ageMsMax: number;
  /** At `bytesMax`: `evict` the oldest, routine before important, or `block` appends. */
  readonly whenFull: "evict" | "block";
  readonly groupMs: number;
  readonly groupBytes: number;
  readonly segmentBytes: number;
  /** A report is live for so long after its acceptance; then it is backfill. */
  readonly liveMs: number;
  /** So many of the newest are live whatever their age. */
  readonly liveReports: number;
  /** How often acknowledgements are made durable. */
  readonly tidyMs: number;
}

export interface OutboxEvents {
  recovered(facts: RecoveryFacts): void;
  appended(reports: number, bytes: number): void;
  evicted(reports: number, reason: LossReason): void;
  corrupt(reports: number): void;
  /** The disk failed; `attempt` counts from 0 for each new trouble. */
  troubled(error: unknown, attempt: number): void;
}

export interface OutboxDeps {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly events: OutboxEvents;
}

export interface OutboxStatus {
  readonly bytes: number;
  readonly bytesMax: number;
  readonly segments: number;
  readonly epochs: readonly { epoch: number; class: ReportClass; end: number }[];
  /** What a region will never take, whatever is done; the newest last. */
  readonly givenUp: readonly GivenUp[];
  /** Why writing does not go on now, if it does not. */
  readonly trouble: string | undefined;
  readonly regions: Readonly<Record<string, BacklogStatus>>;
}

export interface Outbox extends AsyncDisposable {
  /**
   * Resolves when every report is on the disk. Waits while the disk is in trouble or, with `block`,
   * full.
   *
   * @throws OutboxClosedError
   */
  append(reports: readonly Report[], reportClass?: ReportClass): Promise<void>;
  /** What one region has still to be sent. @throws RangeError for an unknown region. */
  backlog(region: string): Backlog;
  status(): OutboxStatus;
  /** The newest epoch that this folder gave out; 1, below any of them, before the first. */
  lastEpoch(): number;
  /** Makes acknowledgements durable and frees what nobody needs; goes on by itself while open. */
  tidy(): Promise<void>;
}

/** Evictions in a row that did not help; then only waiting may. */
const EVICTIONS_IN_ROW_MAX = 8;
/** Holes that the live lane may leave; a region remembers them too, and takes 4,096 at most. */
const HOLES_MAX = 512;
/** A part of a segment that could not be read so often is given up. */
const READS_MAX = 5;
const WAIT_MS_MIN = 100;
const WAIT_MS_MAX = 5_000;

/**
 * Opens a folder, whatever state it was left in. The caller has locked it (`folder-lock.ts`).
 *
 * @throws ForeignOutboxError, EpochsExhaustedError, or what the disk throws when the folder cannot
 * be made or listed.
 */
export async function openOutbox(config: OutboxConfig, deps: OutboxDeps): Promise<Outbox> {
  await deps.fileSystem.makeDirectory(config.directory);
  const recovered = await recover(config, deps);
  deps.events.recovered(recovered.facts);
  return new FileOutbox(config, deps, recovered);
}

interface OpenJournal {
  readonly epoch: number;
  readonly journal: Journal;
}

class FileOutbox implements Outbox {
  readonly #config: OutboxConfig;
  readonly #deps: OutboxDeps;
  readonly #store: Store;
  readonly #reader: SegmentReader;
  readonly #live: LiveWindow;
  readonly #journals = new Map<ReportClass, OpenJournal>();
  readonly #listeners = new Set<() => void>();
  readonly #failedReads = new Map<Segment, number>();
  readonly #closing = new AbortController();
  readonly #tidying: Promise<void>;
  #lastEpoch: number;
  #trouble: string | undefined;
  #evictionsInRow = 0;
  #freed = Promise.withResolvers<void>();

  constructor(config: OutboxConfig, deps: OutboxDeps, recovered: Recovered) {
    this.#config = config;
    this.#deps = deps;
    this.#lastEpoch = recovered.lastEpoch;
    this.#reader = createSegmentReader({ seedOf: (epoch) => seedOf(config.edge, epoch) }, deps);
    this.#live = createLiveWindow(config, deps);
    const storeDeps = {
      fileSystem: deps.fileSystem,
      clock: deps.clock,
      inUse: () => this.#inUse(),
      onRemove: (segment: Segment) => this.#reader.forget(segment),
      onEvict: (reports: number, reason: LossReason) => deps.events.evicted(reports, reason),
    };
    this.#store = createStore(config, storeDeps, recovered);
    this.#tidying = this.#tidyRegularly();
  }

  append(reports: readonly Report[], reportClass: ReportClass = "routine"): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.reject(new OutboxClosedError());
    return this.#journalOf(reportClass).append(reports);
  }

  backlog(region: string): Backlog {
    const cursor = this.#store.cursors.find((each) => each.region === region);
    if (cursor === undefined) throw new RangeError(`outbox: no region ${region}`);
    return {
      take: (lane, limits) => this.#take(cursor, lane, limits),
      hasPending: (lane) => this.#pick(cursor, lane) !== undefined,
      acknowledge: (batch) => {
        cursorOf(cursor, batch.epoch).acked.add(batch.first, batch.last);
        this.#store.touch();
      },
      giveUp: (batch, reason) => {
        const { epoch, first, last } = batch;
        if (this.#inUse().epochs.has(epoch)) return false;
        cursorOf(cursor, epoch).acked.add(first, last);
        this.#store.noteGivenUp({ region, epoch, range: [first, last], reason });
        return true;
      },
      release: (batch) => {
        cursorOf(cursor, batch.epoch).taken.remove(batch.first, batch.last);
        this.#tellNews();
      },
      onNews: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
  }

  status(): OutboxStatus {
    const { holdings, cursors } = this.#store;
    const logs = [...holdings.values()];
    return {
      bytes: this.#store.heldBytes(),
      bytesMax: this.#config.bytesMax,
      segments: logs.reduce((count, log) => count + log.segments.length, 0),
      epochs: logs.map(({ epoch, class: reportClass, end }) => ({
        epoch,
        class: reportClass,
        end,
      })),
      givenUp: this.#store.givenUp(),
      trouble: this.#trouble,
      regions: Object.fromEntries(
        cursors.map((cursor) => [
          cursor.region,
          backlogOf(cursor, holdings, (segment) => this.#store.writtenAt(segment)),
        ]),
      ),
    };
  }

  lastEpoch(): number {
    return Math.max(1, this.#lastEpoch);
  }

  async tidy(): Promise<void> {
    await this.#store.tidy();
    this.#freed.resolve();
    this.#freed = Promise.withResolvers();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new OutboxClosedError());
    await this.#tidying;
    for (const { journal } of this.#journals.values()) await journal.close();
    // What cannot be saved now is sent again after the next start.
    await this.#store.tidy().catch((error: unknown) => this.#deps.events.troubled(error, 0));
    await this.#reader[Symbol.asyncDispose]();
  }

  #journalOf(reportClass: ReportClass): Journal {
    const open = this.#journals.get(reportClass);
    if (open !== undefined) return open.journal;
    const { clock, events, fileSystem } = this.#deps;
    const epoch = nextEpoch(this.#lastEpoch, clock.now(), () => clock.random());
    this.#lastEpoch = epoch;
    const log = logOf(this.#store.holdings, epoch, reportClass);
    const journal = createJournal(
      { ...this.#config, class: reportClass, epoch },
      {
        fileSystem,
        clock,
        runMs: () => this.#store.runMs(),
        claimEpoch: () => this.#store.claim(epoch),
        admit: (bytes) => this.#admit(bytes),
        overcome: (error, attempt) => this.#overcome(error, attempt),
        onSegment: (segment) => addSegment(log, segment),
        onCommit: (last, { reports, bytes }) => {
          log.end = last;
          this.#live.note(epoch, last);
          this.#trouble = undefined;
          this.#evictionsInRow = 0;
          events.appended(reports, bytes);
          this.#tellNews();
        },
      },
    );
    this.#journals.set(reportClass, { epoch, journal });
    return journal;
  }

  #inUse(): { segments: Set<Segment>; epochs: Set<number> } {
    const segments = new Set<Segment>();
    const epochs = new Set<number>();
    for (const { epoch, journal } of this.#journals.values()) {
      epochs.add(epoch);
      const active = journal.active();
      if (active !== undefined) segments.add(active);
    }
    return { segments, epochs };
  }

  #pick(cursor: RegionCursor, lane: Lane) {
    return pickNext(cursor, this.#store.holdings, lane, this.#live.liveFrom());
  }

  async #take(cursor: RegionCursor, lane: Lane, limits: TakeLimits): Promise<Batch | undefined> {
    const pick = this.#pick(cursor, lane);
    if (pick === undefined) return undefined;
    const { taken } = cursorOf(cursor, pick.log.epoch);
    const isNewestFirst = lane === "live" && taken.size < HOLES_MAX;
    const plan = planTake(pick, isNewestFirst ? "newest" : "oldest", limits);
    taken.add(plan.range.first, plan.range.last);
    try {
      const from = { edge: this.#config.edge, log: pick.log, lane };
      const { batch, damaged } = await takeBatch(plan, from, limits, this.#reader);
      taken.remove(batch.last + 1, plan.range.last);
      for (const range of damaged) this.#noteDamage(pick.log, range);
      if (plan.kind === "read") this.#failedReads.delete(plan.segment);
      return batch.last < batch.first ? undefined : batch;
    } catch (error) {
      taken.remove(plan.range.first, plan.range.last);
      return plan.kind === "read" ? this.#noteFailedRead(pick.log, plan, error) : undefined;
    }
  }

  #noteDamage(log: EpochLog, range: Interval): void {
    const segment = segmentAt(log, range.first);
    const isKnown = segment?.damaged.some(
      ({ first, last }) => first <= range.first && range.last <= last,
    );
    if (segment === undefined || isKnown === true) return;
    segment.damaged.push(range);
    this.#deps.events.corrupt(range.last - range.first + 1);
  }

  /** Counts a failed read. What cannot be read again and again is given up, so that the rest goes. */
  #noteFailedRead(
    log: EpochLog,
    { segment, range }: Extract<Plan, { kind: "read" }>,
    error: unknown,
  ): undefined {
    // One that was evicted meanwhile is found missing at the next try.
    if (!log.segments.includes(segment)) return;
    const tries = (this.#failedReads.get(segment) ?? 0) + 1;
    this.#failedReads.set(segment, tries);
    this.#deps.events.troubled(error, tries - 1);
    if (tries < READS_MAX || isPassing(error)) return;
    this.#failedReads.delete(segment);
    const next = pointAfter(segment, range.first)?.seq ?? segment.last + 1;
    const lost = { first: range.first, last: Math.min(range.last, next - 1) };
    noteLoss(log, { ...lost, reason: "unreadable" });
    this.#noteDamage(log, lost);
  }

  async #admit(bytes: number): Promise<void> {
    const { bytesMax, whenFull } = this.#config;
    while (this.#store.heldBytes() + bytes > bytesMax) {
      if (whenFull === "evict") {
        if (!(await this.#store.evict())) return;
        continue;
      }
      this.#trouble = `full: ${bytesMax} bytes; waiting for acknowledgements`;
      await this.#waitForRoom(WAIT_MS_MAX);
    }
  }

  async #overcome(error: unknown, attempt: number): Promise<void> {
    this.#closing.signal.throwIfAborted();
    this.#trouble = error instanceof Error ? error.message : String(error);
    this.#deps.events.troubled(error, attempt);
    const trouble = diskTroubleOf(error);
    // Each try is half as large, down to a few kilobytes.
    if (trouble === "too-big" && attempt < 12) return;
    const mayEvict = trouble === "space" && this.#config.whenFull === "evict";
    if (mayEvict && this.#evictionsInRow < EVICTIONS_IN_ROW_MAX) {
      this.#evictionsInRow += 1;
      if (await this.#store.evict().catch(() => false)) return;
    }
    await this.#waitForRoom(Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** Math.min(attempt, 10)));
    this.#evictionsInRow = 0;
    await this.#deps.fileSystem.makeDirectory(this.#config.directory).catch(() => {});
  }

  /** Resolves when something was freed, or after a while; rejects when the outbox closes. */
  async #waitForRoom(waitMs: number): Promise<void> {
    const waited = new AbortController();
    const signal = AbortSignal.any([this.#closing.signal, waited.signal]);
    const sleep = this.#deps.clock.sleep(waitMs, signal).catch(() => {});
    await Promise.race([this.#freed.promise, sleep]);
    waited.abort();
    this.#closing.signal.throwIfAborted();
  }

  async #tidyRegularly(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.#deps.clock.sleep(this.#config.tidyMs, signal);
        await this.tidy();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        this.#deps.events.troubled(error, failures);
        failures += 1;
      }
    }
  }

  #tellNews(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** A segment begun again under the same name takes the place of the one that failed. */
function addSegment(log: EpochLog, segment: Segment): void {
  const latest = log.segments.at(-1);
  if (latest !== undefined && latest.last < latest.first) log.segments.pop();
  log.segments.push(segment);
}
