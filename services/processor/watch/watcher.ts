// The loop that watches: read → judge → record and raise → write down.
//
// States move in memory first. Events are recorded before the offset and the states behind them are
// written down, in one transaction; a process that dies in between leaves the next owner to judge the
// same reports from the same states, which gives the same events with the same ids.

import { FencedError } from "@drover/core/stream/log";
import type { Consumer, Lease, StreamLog } from "@drover/core/stream/log";
import type { Clock } from "@drover/core/service/clock";
import { RowFormatError } from "@drover/core/model/row";
import { createCountBook, judgeEntry, judgeTime } from "./partition-watch.ts";
import type { Findings, PartitionWatch } from "./partition-watch.ts";
import type { DefinitionsReader } from "./definitions.ts";
import type { WatchCounters } from "./events.ts";
import { decodeNotes, encodeNotes } from "./notes.ts";
import type { Reactions } from "./reactions.ts";

export interface WatcherConfig {
  /** Most reports that are judged before their events are recorded. */
  readonly roundRowsMax: number;
  /** Shortest time between two rounds, so that few reports make few rounds. */
  readonly roundMs: number;
  /** How often what was judged is written down, while it is cheap. */
  readonly commitMs: number;
  /** What may still be on its way when time is let pass, ms. */
  readonly graceMs: number;
  /** Nothing is judged by time alone for so long after a partition was taken over, ms. */
  readonly settleMs: number;
  /** Assets remembered in a partition. Bound: drop-oldest. */
  readonly assetsMax: number;
}

export interface WatcherDeps {
  readonly stream: Pick<StreamLog, "read" | "bounds" | "wait" | "quarantinePartition">;
  readonly consumer: Consumer;
  readonly definitions: DefinitionsReader;
  readonly reactions: Pick<Reactions, "act">;
  readonly clock: Clock;
  readonly counters: WatchCounters;
}

export interface Watcher {
  /** Works until the signal aborts; then writes down what was judged. */
  run(signal: AbortSignal): Promise<void>;
  /** Judges by time alone, where nothing waits to be judged. @throws what the stream throws. */
  tick(signal: AbortSignal): Promise<void>;
  /** Partitions held, by number. */
  partitions(): ReadonlyMap<number, PartitionWatch>;
}

const WAIT_MS = 250;
const BYTES_MAX = 8 * 1024 * 1024;
/** Fewer reports of one partition are not worth a read of their own. */
const SHARE_ROWS_MIN = 64;
/** Between two commits passes so many times as long as the last one took. */
const COMMIT_COST = 8;
/** Longest pause between two commits. */
const COMMIT_MS_MAX = 10_000;
/** Partitions of so many assets are written down at once: a commit holds up what comes next. */
const COMMIT_ASSETS = 3_000;

export function createWatcher(config: WatcherConfig, deps: WatcherDeps): Watcher {
  return new StreamWatcher(config, deps);
}

class StreamWatcher implements Watcher {
  readonly #config: WatcherConfig;
  readonly #deps: WatcherDeps;
  readonly #partitions = new Map<number, PartitionWatch>();
  #nextCommitMs = 0;
  /** Of the entries of this round, by the clock of who appended them. */
  #oldestAppendMs = 0;
  #revision = -1;
  /** States say more than what is recorded: the next owner begins from what is written down. */
  #isAbandoned = false;
  /** One turn at a time: rounds and looks at the clock change the same states. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(config: WatcherConfig, deps: WatcherDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  partitions(): ReadonlyMap<number, PartitionWatch> {
    return this.#partitions;
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
    await this.#inTurn(() => this.#commit(this.#dirty(Number.POSITIVE_INFINITY)));
  }

  tick(signal: AbortSignal): Promise<void> {
    return this.#inTurn(() => this.#tick(signal));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Gives how many reports were judged. */
  async #round(signal: AbortSignal): Promise<number> {
    const { definitions, reactions, counters, clock } = this.#deps;
    await this.#adopt();
    this.#recount();
    const findings: Findings = { events: [], retracted: [] };
    const judged = await this.#judge(findings);
    if (judged > 0) {
      const isDone = await reactions.act(findings, definitions.current(), signal);
      if (!isDone) this.#isAbandoned = true;
      counters.judged(judged, clock.now() - this.#oldestAppendMs);
    }
    const nowMs = clock.monotonicMs();
    if (nowMs >= this.#nextCommitMs) {
      await this.#commit(firstOf(this.#dirty(nowMs - this.#config.commitMs)));
    }
    return judged;
  }

  /** Takes over what is new and lets go of what is gone. */
  async #adopt(): Promise<void> {
    const { consumer, counters, stream } = this.#deps;
    const leases = consumer.leases();
    const held = (lease: Lease) =>
      this.#partitions.get(lease.partition)?.lease.token === lease.token;
    if (leases.length === this.#partitions.size && leases.every(held)) return;
    const tokens = new Map(leases.map(({ partition, token }) => [partition, token]));
    for (const [partition, { lease }] of this.#partitions) {
      if (tokens.get(partition) !== lease.token) this.#partitions.delete(partition);
    }
    for (const lease of leases) {
      if (held(lease)) continue;
      if (lease.partition === stream.quarantinePartition) await this.#adoptQuarantine(lease);
      else await this.#adoptPartition(lease);
    }
    counters.leasesChanged(leases.map(({ partition }) => partition));
  }

  async #adoptPartition(lease: Lease): Promise<void> {
    const { consumer, definitions, clock, counters } = this.#deps;
    const { committed, state } = await consumer.checkpoint(lease);
    const assets = state === undefined ? new Map() : decodeNotes(state);
    if (assets === undefined) counters.notesUnreadable(lease.partition);
    const partition: PartitionWatch = {
      lease,
      next: committed,
      committed,
      dirtySinceMs: undefined,
      adoptedMs: clock.monotonicMs(),
      assets: assets ?? new Map(),
      counts: createCountBook(),
    };
    const { ruleSet } = definitions.current();
    partition.counts.recount(ruleSet.counts, partition.assets, clock.now());
    this.#partitions.set(lease.partition, partition);
  }

  /** Lines that were set aside are not watched: they are passed over as they come. */
  async #adoptQuarantine(lease: Lease): Promise<void> {
    const { consumer, clock } = this.#deps;
    const { committed } = await consumer.checkpoint(lease);
    this.#partitions.set(lease.partition, {
      lease,
      next: committed,
      committed,
      dirtySinceMs: undefined,
      adoptedMs: clock.monotonicMs(),
      assets: new Map(),
      counts: createCountBook(),
    });
  }

  #recount(): void {
    const { definitions, clock } = this.#deps;
    const { revision, ruleSet } = definitions.current();
    if (revision === this.#revision) return;
    this.#revision = revision;
    for (const { counts, assets } of this.#partitions.values()) {
      counts.recount(ruleSet.counts, assets, clock.now());
    }
  }

  /** Reads what lies ahead, an equal share of each partition, and judges it. */
  async #judge(findings: Findings): Promise<number> {
    const { stream, definitions, clock, counters } = this.#deps;
    const bounds = await stream.bounds();
    const ahead = [...this.#partitions.values()].filter(
      ({ lease, next }) => (bounds[lease.partition]?.end ?? 0) > next,
    );
    const share = {
      maxCount: Math.max(
        SHARE_ROWS_MIN,
        Math.ceil(this.#config.roundRowsMax / Math.max(1, ahead.length)),
      ),
      maxBytes: BYTES_MAX,
    };
    let judged = 0;
    this.#oldestAppendMs = clock.now();
    for (const partition of ahead) {
      partition.dirtySinceMs ??= clock.monotonicMs();
      if (partition.lease.partition === stream.quarantinePartition) {
        partition.next = bounds[partition.lease.partition]?.end ?? partition.next;
        continue;
      }
      for (const entry of await stream.read(partition.lease.partition, partition.next, share)) {
        this.#oldestAppendMs = Math.min(this.#oldestAppendMs, entry.appendedAt);
        try {
          judged += judgeEntry(partition, entry, definitions.current(), findings);
        } catch (error) {
          if (!(error instanceof RowFormatError)) throw error;
          counters.sideWorkFailed("decode", error);
          partition.next = entry.offset + entry.count;
        }
      }
      this.#bound(partition);
    }
    return judged;
  }

  #bound({ assets, lease }: PartitionWatch): void {
    const { assetsMax } = this.#config;
    if (assets.size <= assetsMax) return;
    const oldest = [...assets].toSorted(([, a], [, b]) => a.at + a.lagMs - b.at - b.lagMs);
    const surplus = oldest.slice(0, assets.size - Math.floor(assetsMax * 0.9));
    for (const [asset] of surplus) assets.delete(asset);
    this.#deps.counters.forgotten(lease.partition, surplus.length);
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const { stream, definitions, consumer, reactions, clock, counters } = this.#deps;
    const bounds = await stream.bounds();
    const nowMs = clock.now() - this.#config.graceMs;
    const findings: Findings = { events: [], retracted: [] };
    const ticked: PartitionWatch[] = [];
    let assets = 0;
    for (const partition of this.#partitions.values()) {
      assets += partition.assets.size;
      const end = bounds[partition.lease.partition]?.end ?? 0;
      const sinceMs = clock.monotonicMs() - partition.adoptedMs;
      if (end > partition.next || sinceMs < this.#config.settleMs) continue;
      if (!judgeTime(partition, nowMs, definitions.current(), findings)) continue;
      partition.dirtySinceMs ??= clock.monotonicMs();
      ticked.push(partition);
    }
    counters.assetsSeen(assets);
    if (findings.events.length === 0) return;
    // A process that was paused for long believes that everything is silent; its leases are gone.
    const changes = ticked.map(({ lease, committed }) => ({ lease, change: { committed } }));
    try {
      await consumer.commitAll(changes);
    } catch (error) {
      if (!(error instanceof FencedError)) throw error;
      // What the others found is lost with it: all are taken over anew from what is written down.
      for (const { lease } of ticked) this.#partitions.delete(lease.partition);
      counters.leaseLost(error.partition);
      return;
    }
    const isDone = await reactions.act(findings, definitions.current(), signal);
    if (!isDone) this.#isAbandoned = true;
  }

  /** Partitions with something that is not written down since before a time; longest first. */
  #dirty(beforeMs: number): readonly PartitionWatch[] {
    const dirty = [...this.#partitions.values()].filter(
      ({ dirtySinceMs }) => dirtySinceMs !== undefined && dirtySinceMs <= beforeMs,
    );
    return dirty.toSorted((a, b) => (a.dirtySinceMs ?? 0) - (b.dirtySinceMs ?? 0));
  }

  /** Writes down what was judged and recorded of these, in one transaction. */
  async #commit(dirty: readonly PartitionWatch[]): Promise<void> {
    const { consumer, clock, counters, stream } = this.#deps;
    if (this.#isAbandoned || dirty.length === 0) return;
    const startedMs = clock.monotonicMs();
    let sizeBytes = 0;
    const changes = dirty.map((partition) => {
      const { lease, next, assets } = partition;
      if (lease.partition === stream.quarantinePartition) {
        return { lease, change: { committed: next, synced: next } };
      }
      const { bytes, dropped } = encodeNotes(assets);
      for (const asset of dropped) assets.delete(asset);
      if (dropped.length > 0) counters.forgotten(lease.partition, dropped.length);
      sizeBytes += bytes.length;
      // Events and alerts are on the disk by now, so nothing is left that a power cut could take.
      return { lease, change: { committed: next, synced: next, state: bytes } };
    });
    let left = changes;
    while (left.length > 0) {
      try {
        await consumer.commitAll(left);
        break;
      } catch (error) {
        if (!(error instanceof FencedError)) throw error;
        counters.leaseLost(error.partition);
        this.#partitions.delete(error.partition);
        left = left.filter(({ lease }) => lease.partition !== error.partition);
      }
    }
    for (const partition of dirty) {
      partition.committed = partition.next;
      partition.dirtySinceMs = undefined;
    }
    const endedMs = clock.monotonicMs();
    const tookMs = endedMs - startedMs;
    this.#nextCommitMs = endedMs + Math.min(COMMIT_MS_MAX, COMMIT_COST * tookMs);
    counters.committed(changes.length, sizeBytes, tookMs);
  }
}

function firstOf(dirty: readonly PartitionWatch[]): readonly PartitionWatch[] {
  let assets = 0;
  return dirty.filter((partition, index) => {
    assets += partition.assets.size;
    return index === 0 || assets <= COMMIT_ASSETS;
  });
}
