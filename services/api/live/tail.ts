// Follows the end of the stream into the board, without a lease: every API process sees everything.
//
// The present comes first. Behind by more than `behindMax` reports, entries of the backfill lane
// are passed over unread; once history holds them for good, the board is seeded again from it, so
// that nothing stays missing.

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
}

export interface TailDeps {
  readonly stream: StreamLog;
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
}

const WAIT_MS = 500;
const RETRY_MS = 1_000;

/** A tail that has not started. */
export function createTail(config: TailConfig, deps: TailDeps): Tail {
  return new StreamTail(config, deps);
}

class StreamTail implements Tail {
  readonly #config: TailConfig;
  readonly #deps: TailDeps;
  #offsets: number[] = [];
  #behind = 0;
  #passedOver = 0;
  /** By partition: end of the last entry that was passed over. */
  #passedTo = new Map<number, number>();
  #isSeeded = false;

  constructor(config: TailConfig, deps: TailDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  status(): TailStatus {
    return { behind: this.#behind, passedOver: this.#passedOver, isSeeded: this.#isSeeded };
  }

  async run(signal: AbortSignal): Promise<void> {
    const { stream, clock, log } = this.#deps;
    while (!signal.aborted) {
      try {
        if (!this.#isSeeded) await this.#start(signal);
        if (await this.#round()) continue;
        if (this.#passedOver > 0) await this.#reseedWhenStored(signal);
        await stream.wait(WAIT_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ err: error }, "tail: trying again");
        await clock.sleep(RETRY_MS * (0.5 + clock.random()), signal).catch(() => {});
      }
    }
  }

  /** Starts where history stands, so that between seed and tail nothing is missed. */
  async #start(signal: AbortSignal): Promise<void> {
    const { stream } = this.#deps;
    const bounds = await stream.bounds();
    const synced = await this.#syncedOffsets();
    this.#offsets = bounds
      .slice(0, stream.partitions)
      .map(({ start, end }, partition) =>
        Math.min(end, Math.max(start, synced.get(partition) ?? start)),
      );
    await this.#deps.seed(signal);
    this.#isSeeded = true;
  }

  /** One look at every partition; gives whether anything was read. */
  async #round(): Promise<boolean> {
    const { stream } = this.#deps;
    const bounds = await stream.bounds();
    this.#behind = 0;
    for (let partition = 0; partition < stream.partitions; partition++) {
      const end = bounds[partition]?.end ?? 0;
      this.#behind += Math.max(0, end - (this.#offsets[partition] ?? 0));
    }
    const skipsBackfill = this.#behind > this.#config.behindMax;
    let hasRead = false;
    for (let partition = 0; partition < stream.partitions; partition++) {
      if ((this.#offsets[partition] ?? 0) >= (bounds[partition]?.end ?? 0)) continue;
      hasRead = (await this.#readPartition(partition, skipsBackfill)) || hasRead;
      // Requests are answered between two reads, however much there is to read.
      await turn();
    }
    return hasRead;
  }

  async #readPartition(partition: number, skipsBackfill: boolean): Promise<boolean> {
    const limits = { maxBytes: this.#config.readBytesMax, maxCount: 10_000 };
    const offset = this.#offsets[partition] ?? 0;
    const entries = await this.#deps.stream.read(partition, offset, limits);
    for (const entry of entries) {
      this.#offsets[partition] = entry.offset + entry.count;
      if (entry.kind !== "rows") continue;
      if (skipsBackfill && entry.lane === "backfill") {
        this.#passedOver += entry.count;
        this.#passedTo.set(partition, entry.offset + entry.count);
      } else for (const report of decodeRows(entry.bytes)) this.#deps.board.apply(report);
    }
    return entries.length > 0;
  }

  async #syncedOffsets(): Promise<ReadonlyMap<number, number>> {
    const lag = await this.#deps.stream.lag(this.#config.historyGroup);
    return new Map(lag.perPartition.map(({ partition, synced }) => [partition, synced]));
  }

  async #reseedWhenStored(signal: AbortSignal): Promise<void> {
    const synced = await this.#syncedOffsets();
    for (const [partition, end] of this.#passedTo) {
      if ((synced.get(partition) ?? 0) < end) return;
    }
    const reports = this.#passedOver;
    this.#passedTo.clear();
    this.#passedOver = 0;
    await this.#deps.seed(signal);
    this.#deps.log.info({ reports }, "board seeded again after a backlog");
  }
}
