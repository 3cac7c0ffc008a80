// The loop that watches: read → judge → record and raise → write down.
//
// States move in memory first. Events are recorded before the offset and the states behind them are
// written down, in one transaction; a process that dies in between leaves the next owner to judge the
// same reports from the same states, which gives the same events with the same ids.

import { RowFormatError } from "@drover/core/model/row";
import type { Clock } from "@drover/core/service/clock";
import type { Consumer, StreamLog } from "@drover/core/stream/log";
import type { DefinitionsReader } from "./definitions.ts";
import type { WatchCounters } from "./events.ts";
import { createHoldings } from "./holdings.ts";
import type { Holdings, HoldingsConfig } from "./holdings.ts";
import { judgeEntry, judgeTime } from "./partition-watch.ts";
import type { Findings, PartitionWatch } from "./partition-watch.ts";
import type { Reactions } from "./reactions.ts";

export interface WatcherConfig extends HoldingsConfig {
  /** Most reports that are judged before their events are recorded. */
  readonly roundRowsMax: number;
  /** Shortest time between two rounds, so that few reports make few rounds. */
  readonly roundMs: number;
  /** What may still be on its way when time is let pass, ms. */
  readonly graceMs: number;
  /** Nothing is judged by time alone for so long after a partition was taken over, ms. */
  readonly settleMs: number;
}

export interface WatcherDeps {
  readonly stream: Pick<StreamLog, "read" | "bounds" | "wait" | "quarantinePartition">;
  readonly consumer: Pick<Consumer, "leases" | "checkpoint" | "commitAll">;
  readonly definitions: DefinitionsReader;
  readonly reactions: Pick<Reactions, "act">;
  readonly clock: Clock;
  readonly counters: WatchCounters;
}

export interface Watcher {
  /** Works until the signal aborts; then writes down what was judged. */
  run(signal: AbortSignal): Promise<void>;
  /** Judges by time alone, up to when nothing waited to be judged. @throws what the stream throws. */
  tick(signal: AbortSignal): Promise<void>;
  /** Partitions held, by number. */
  partitions(): ReadonlyMap<number, PartitionWatch>;
}

const WAIT_MS = 250;
const BYTES_MAX = 8 * 1024 * 1024;
/** Fewer reports of one partition are not worth a read of their own. */
const SHARE_ROWS_MIN = 64;

export function createWatcher(config: WatcherConfig, deps: WatcherDeps): Watcher {
  return new StreamWatcher(config, deps);
}

class StreamWatcher implements Watcher {
  readonly #config: WatcherConfig;
  readonly #deps: WatcherDeps;
  readonly #holdings: Holdings;
  /** Of the entries of this round, by the clock of who appended them. */
  #oldestAppendMs = 0;
  /** States say more than what is recorded: the next owner begins from what is written down. */
  #isAbandoned = false;
  /** One turn at a time: rounds and looks at the clock change the same states. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(config: WatcherConfig, deps: WatcherDeps) {
    this.#config = config;
    this.#deps = deps;
    const { quarantinePartition } = deps.stream;
    this.#holdings = createHoldings(config, { ...deps, quarantinePartition });
  }

  partitions(): ReadonlyMap<number, PartitionWatch> {
    return this.#holdings.partitions();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, stream } = this.#deps;
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs();
      const judged = await this.#inTurn(() => this.#round(signal));
      if (judged === 0) await stream.wait(WAIT_MS, signal).catch(() => {});
      if (judged * 2 >= this.#config.roundRowsMax) continue;
      const restMs = this.#config.roundMs - (clock.monotonicMs() - startedMs);
      if (restMs > 0) await clock.sleep(restMs, signal).catch(() => {});
    }
    await this.#inTurn(() => this.#write("all"));
  }

  tick(signal: AbortSignal): Promise<void> {
    return this.#inTurn(() => this.#tick(signal));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work).catch((error: unknown) => {
      // States may have moved with nothing recorded of it.
      this.#isAbandoned = true;
      throw error;
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Gives how many reports were judged. */
  async #round(signal: AbortSignal): Promise<number> {
    const { counters, clock } = this.#deps;
    await this.#holdings.adopt();
    const findings: Findings = { events: [], retracted: [] };
    const judged = await this.#judge(findings);
    if (judged > 0) {
      await this.#act(findings, signal);
      counters.judged(judged, clock.now() - this.#oldestAppendMs);
    }
    await this.#write("due");
    return judged;
  }

  async #act(findings: Findings, signal: AbortSignal): Promise<void> {
    const { reactions, definitions } = this.#deps;
    const isDone = await reactions.act(findings, definitions.current(), signal);
    if (!isDone) this.#isAbandoned = true;
  }

  async #write(which: "due" | "all"): Promise<void> {
    if (!this.#isAbandoned) await this.#holdings.write(which);
  }

  /** Reads what lies ahead, an equal share of each partition, and judges it. */
  async #judge(findings: Findings): Promise<number> {
    const { stream, clock } = this.#deps;
    const lookedMs = clock.now();
    const bounds = await stream.bounds();
    const ahead = [...this.partitions().values()].filter(
      ({ lease, next }) => (bounds[lease.partition]?.end ?? 0) > next,
    );
    const { roundRowsMax } = this.#config;
    const share = {
      maxCount: Math.max(SHARE_ROWS_MIN, Math.ceil(roundRowsMax / Math.max(1, ahead.length))),
      maxBytes: BYTES_MAX,
    };
    let judged = 0;
    this.#oldestAppendMs = clock.now();
    for (const partition of ahead) {
      const { lease, next } = partition;
      if (lease.partition === stream.quarantinePartition) {
        partition.next = bounds[lease.partition]?.end ?? next;
      } else {
        for (const entry of await stream.read(lease.partition, next, share)) {
          this.#oldestAppendMs = Math.min(this.#oldestAppendMs, entry.appendedAt);
          judged += this.#judgeEntry(partition, entry, findings);
        }
      }
      this.#holdings.touch(partition);
    }
    for (const partition of this.partitions().values()) noteCaughtUp(partition, bounds, lookedMs);
    return judged;
  }

  #judgeEntry(
    partition: PartitionWatch,
    entry: Parameters<typeof judgeEntry>[1],
    findings: Findings,
  ): number {
    const { definitions, counters } = this.#deps;
    try {
      return judgeEntry(partition, entry, definitions.current(), findings);
    } catch (error) {
      if (!(error instanceof RowFormatError)) throw error;
      counters.sideWorkFailed("decode", error);
      partition.next = entry.offset + entry.count;
      return entry.count;
    }
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const { stream, definitions, clock, counters } = this.#deps;
    const lookedMs = clock.now();
    const bounds = await stream.bounds();
    const findings: Findings = { events: [], retracted: [] };
    const ticked: PartitionWatch[] = [];
    let assets = 0;
    for (const partition of this.partitions().values()) {
      assets += partition.assets.size;
      noteCaughtUp(partition, bounds, lookedMs);
      const { caughtUpMs, adoptedMs } = partition;
      const sinceMs = clock.monotonicMs() - adoptedMs;
      if (caughtUpMs === undefined || sinceMs < this.#config.settleMs) continue;
      const nowMs = caughtUpMs - this.#config.graceMs;
      if (!judgeTime(partition, nowMs, definitions.current(), findings)) continue;
      this.#holdings.touch(partition);
      ticked.push(partition);
    }
    counters.assetsSeen(assets);
    // A process that was paused for long believes that everything is silent; its leases are gone.
    if (findings.events.length === 0 || !(await this.#holdings.areHeld(ticked))) return;
    await this.#act(findings, signal);
  }
}

/** What was appended before `lookedMs` lies before the bounds; a busy partition has always more ahead. */
function noteCaughtUp(
  partition: PartitionWatch,
  bounds: Awaited<ReturnType<StreamLog["bounds"]>>,
  lookedMs: number,
): void {
  const end = bounds[partition.lease.partition]?.end ?? 0;
  if (partition.next >= end) partition.caughtUpMs = lookedMs;
}
