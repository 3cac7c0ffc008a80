// Follows the end of the stream into the board, without a lease: every API process sees everything.
//
// The present comes first. Reading starts where history stands, and does not wait for the seed that
// brings what was before. Behind by more than `behindMax` reports, entries of the backfill lane are
// passed over unread; once history holds them for good, the board is seeded again, so that nothing
// stays missing. The board takes reports in any order, so that neither order of seed and tail matters.

import { setImmediate as turn } from "node:timers/promises";
import type { StreamLog } from "@drover/core/stream/log";
import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";
import { decodeRows } from "@drover/core/model/row";
import type { Board } from "./board.ts";

export interface TailConfig {
  /** Reports behind the end at which backfill is no longer read live. */
  readonly behindMax: number;
  /** Bytes taken from one partition at a time. */
  readonly readBytesMax: number;
  /** Group whose synced offsets say what history holds, its latest of each asset included. */
  readonly historyGroup: string;
  /** Wait before what failed is tried again, and between two looks at what history holds. */
  readonly retryMs: number;
}

export interface TailDeps {
  readonly stream: Pick<StreamLog, "partitions" | "bounds" | "read" | "wait" | "lag">;
  readonly board: Board;
  readonly clock: Clock;
  readonly log: Log;
  /** Puts the latest of every asset, as history knows it, on the board. */
  readonly seed: (signal: AbortSignal) => Promise<void>;
}

export interface TailStatus {
  /** Reports between the tail and the stream's end, at the last look. */
  readonly behind: number;
  /** Reports passed over since the last seed. */
  readonly passedOver: number;
  readonly isSeeded: boolean;
}

export interface Tail {
  /** Runs until the signal aborts; an unreachable stream or history is tried again. */
  run(signal: AbortSignal): Promise<void>;
  status(): TailStatus;
  /** Resolves once the board was seeded and the end of the stream was reached. */
  readonly caughtUp: Promise<void>;
}

const WAIT_MS = 500;
const READ_COUNT_MAX = 10_000;

/** A tail that has not started. */
export function createTail(config: TailConfig, deps: TailDeps): Tail {
  return new StreamTail(config, deps);
}

class StreamTail implements Tail {
  readonly #config: TailConfig;
  readonly #deps: TailDeps;
  /** By partition: the next to be read; undefined until the first look. */
  #offsets: number[] | undefined;
  #behind = 0;
  #passedOver = 0;
  /** By partition: end of the last entry that was passed over. */
  #passedTo = new Map<number, number>();
  #lookedMs = 0;
  #wantsSeed = false;
  #seeding: Promise<void> | undefined;
  #isSeeded = false;
  #isAtEnd = false;
  readonly #caughtUp = Promise.withResolvers<void>();
  readonly caughtUp = this.#caughtUp.promise;

  constructor(config: TailConfig, deps: TailDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  status(): TailStatus {
    return { behind: this.#behind, passedOver: this.#passedOver, isSeeded: this.#isSeeded };
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#offsets ??= await this.#start(signal);
        const hasRead = await this.#round(this.#offsets, signal);
        if (this.#passedOver > 0) await this.#reseedWhenStored(signal);
        this.#isAtEnd = !hasRead;
        if (hasRead) continue;
        this.#noteCaughtUp();
        await this.#deps.stream.wait(WAIT_MS, signal);
      } catch (error) {
        if (!signal.aborted) await this.#rest("tail: trying again", error, signal);
      }
    }
    await this.#seeding;
  }

  /** Where history stands, so that between seed and tail nothing is missed. */
  async #start(signal: AbortSignal): Promise<number[]> {
    const { stream } = this.#deps;
    const bounds = await stream.bounds();
    const synced = await this.#syncedOffsets();
    this.#seedBeside(signal);
    return bounds
      .slice(0, stream.partitions)
      .map(({ start, end }, partition) =>
        Math.min(end, Math.max(start, synced.get(partition) ?? start)),
      );
  }

  /** One look at every partition; gives whether anything was read. */
  async #round(offsets: number[], signal: AbortSignal): Promise<boolean> {
    const { stream } = this.#deps;
    const bounds = await stream.bounds();
    this.#behind = offsets.reduce(
      (sum, offset, partition) => sum + Math.max(0, (bounds[partition]?.end ?? 0) - offset),
      0,
    );
    const skipsBackfill = this.#behind > this.#config.behindMax;
    let hasRead = false;
    for (const [partition, offset] of offsets.entries()) {
      if (signal.aborted) break;
      if (offset >= (bounds[partition]?.end ?? 0)) continue;
      const next = await this.#readPartition(partition, offset, skipsBackfill);
      hasRead ||= next > offset;
      offsets[partition] = next;
      // Requests are answered between two reads, however much there is to read.
      await turn();
    }
    return hasRead;
  }

  /** Gives the next offset to read. */
  async #readPartition(partition: number, from: number, skipsBackfill: boolean): Promise<number> {
    const limits = { maxBytes: this.#config.readBytesMax, maxCount: READ_COUNT_MAX };
    let next = from;
    for (const entry of await this.#deps.stream.read(partition, from, limits)) {
      // What was trimmed before it could be read is in history.
      if (entry.offset > next) this.#passOver(partition, entry.offset - next, entry.offset);
      next = entry.offset + entry.count;
      if (entry.kind !== "rows") continue;
      if (skipsBackfill && entry.lane === "backfill") this.#passOver(partition, entry.count, next);
      else for (const report of decodeRows(entry.bytes)) this.#deps.board.apply(report);
    }
    return next;
  }

  #passOver(partition: number, count: number, end: number): void {
    this.#passedOver += count;
    this.#passedTo.set(partition, end);
  }

  async #syncedOffsets(): Promise<ReadonlyMap<number, number>> {
    const lag = await this.#deps.stream.lag(this.#config.historyGroup);
    return new Map(lag.perPartition.map(({ partition, synced }) => [partition, synced]));
  }

  async #reseedWhenStored(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#lookedMs < this.#config.retryMs) return;
    this.#lookedMs = nowMs;
    const synced = await this.#syncedOffsets();
    for (const [partition, end] of this.#passedTo) {
      if ((synced.get(partition) ?? 0) < end) return;
    }
    log.info({ reports: this.#passedOver }, "history holds what was passed over: seeding again");
    this.#passedTo.clear();
    this.#passedOver = 0;
    this.#seedBeside(signal);
  }

  /** Seeds until it succeeds, once more when it was asked for meanwhile. */
  #seedBeside(signal: AbortSignal): void {
    this.#wantsSeed = true;
    this.#seeding ??= this.#seedWhileWanted(signal).finally(() => {
      this.#seeding = undefined;
    });
  }

  async #seedWhileWanted(signal: AbortSignal): Promise<void> {
    while (this.#wantsSeed && !signal.aborted) {
      this.#wantsSeed = false;
      try {
        await this.#deps.seed(signal);
        this.#isSeeded = true;
        this.#noteCaughtUp();
      } catch (error) {
        this.#wantsSeed = true;
        if (!signal.aborted) await this.#rest("seed: trying again", error, signal);
      }
    }
  }

  #noteCaughtUp(): void {
    if (this.#isSeeded && this.#isAtEnd) this.#caughtUp.resolve();
  }

  async #rest(what: string, error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    log.warn({ err: error }, what);
    await clock.sleep(this.#config.retryMs * (0.5 + clock.random()), signal).catch(() => {});
  }
}
