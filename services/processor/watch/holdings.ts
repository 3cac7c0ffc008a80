// The partitions that this process watches: taken over with their leases, written down now and then, let
// go of when a lease is lost.

import { kindOf } from "@drover/core/model/ids";
import type { Clock } from "@drover/core/service/clock";
import { FencedError } from "@drover/core/stream/log";
import type { Checkpoint, Consumer, Lease } from "@drover/core/stream/log";
import { countedIn } from "./asset-watch.ts";
import type { DefinitionsReader } from "./definitions.ts";
import type { WatchCounters } from "./events.ts";
import { decodeNotes, encodeNotes } from "./notes.ts";
import { createCountBook } from "./partition-watch.ts";
import type { PartitionWatch } from "./partition-watch.ts";

export interface HoldingsConfig {
  /** How often what was judged is written down, while it is cheap. */
  readonly commitMs: number;
  /** Assets remembered in a partition. Bound: drop-oldest. */
  readonly assetsMax: number;
}

export interface HoldingsDeps {
  readonly consumer: Pick<Consumer, "leases" | "checkpoint" | "commitAll">;
  readonly definitions: DefinitionsReader;
  readonly clock: Clock;
  readonly counters: WatchCounters;
  readonly quarantinePartition: number;
}

export interface Holdings {
  /** By number. */
  partitions(): ReadonlyMap<number, PartitionWatch>;
  /** Takes over what is new, lets go of what is gone, counts by the rules that hold now. */
  adopt(): Promise<void>;
  /** Notes that something of a partition is not written down, and keeps it at its bound. */
  touch(partition: PartitionWatch): void;
  /** Writes down, in one transaction each, what is due; `all`: everything. */
  write(which: "due" | "all"): Promise<void>;
  /** Whether the leases of these are still held; where one is not, all are let go of. */
  areHeld(partitions: readonly PartitionWatch[]): Promise<boolean>;
}

interface LeasedChange {
  readonly lease: Lease;
  readonly change: Partial<Checkpoint>;
}

/** Between two commits passes so many times as long as the last one took. */
const COMMIT_COST = 8;
/** Longest pause between two commits. */
const COMMIT_MS_MAX = 10_000;
/** Partitions of so many assets are written down at once: a commit holds up what comes next. */
const COMMIT_ASSETS = 3_000;

export function createHoldings(config: HoldingsConfig, deps: HoldingsDeps): Holdings {
  return new LeasedHoldings(config, deps);
}

class LeasedHoldings implements Holdings {
  readonly #config: HoldingsConfig;
  readonly #deps: HoldingsDeps;
  readonly #partitions = new Map<number, PartitionWatch>();
  #revision = -1;
  #nextCommitMs = 0;

  constructor(config: HoldingsConfig, deps: HoldingsDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  partitions(): ReadonlyMap<number, PartitionWatch> {
    return this.#partitions;
  }

  async adopt(): Promise<void> {
    const { consumer, counters } = this.#deps;
    const leases = consumer.leases();
    const isHeld = ({ partition, token }: Lease) =>
      this.#partitions.get(partition)?.lease.token === token;
    if (leases.length !== this.#partitions.size || !leases.every(isHeld)) {
      const tokens = new Map(leases.map(({ partition, token }) => [partition, token]));
      for (const [partition, { lease }] of this.#partitions) {
        if (tokens.get(partition) !== lease.token) this.#partitions.delete(partition);
      }
      for (const lease of leases) if (!isHeld(lease)) await this.#takeOver(lease);
      counters.leasesChanged(leases.map(({ partition }) => partition));
    }
    this.#recount();
  }

  async #takeOver(lease: Lease): Promise<void> {
    const { consumer, definitions, clock, counters, quarantinePartition } = this.#deps;
    const { committed, state } = await consumer.checkpoint(lease);
    // Lines that were set aside are not watched: they are passed over as they come.
    const isEmpty = state === undefined || lease.partition === quarantinePartition;
    const assets = isEmpty ? new Map() : decodeNotes(state);
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

  #recount(): void {
    const { definitions, clock } = this.#deps;
    const { revision, ruleSet } = definitions.current();
    if (revision === this.#revision) return;
    this.#revision = revision;
    for (const { counts, assets } of this.#partitions.values()) {
      counts.recount(ruleSet.counts, assets, clock.now());
    }
  }

  touch(partition: PartitionWatch): void {
    partition.dirtySinceMs ??= this.#deps.clock.monotonicMs();
    const { assets } = partition;
    const { assetsMax } = this.#config;
    if (assets.size <= assetsMax) return;
    const oldest = [...assets].toSorted(([, a], [, b]) => a.at + a.lagMs - b.at - b.lagMs);
    const surplus = oldest.slice(0, assets.size - Math.floor(assetsMax * 0.9));
    this.#forget(
      partition,
      surplus.map(([asset]) => asset),
    );
  }

  async write(which: "due" | "all"): Promise<void> {
    const nowMs = this.#deps.clock.monotonicMs();
    if (which === "all") await this.#commit(this.#dirty(Number.POSITIVE_INFINITY));
    else if (nowMs >= this.#nextCommitMs) {
      await this.#commit(firstOf(this.#dirty(nowMs - this.#config.commitMs)));
    }
  }

  async areHeld(partitions: readonly PartitionWatch[]): Promise<boolean> {
    const { consumer, counters } = this.#deps;
    try {
      await consumer.commitAll(
        partitions.map(({ lease, committed }) => ({ lease, change: { committed } })),
      );
      return true;
    } catch (error) {
      if (!(error instanceof FencedError)) throw error;
      // All are taken over anew from what is written down, the lost one by somebody else.
      for (const { lease } of partitions) this.#partitions.delete(lease.partition);
      counters.leaseLost(error.partition);
      return false;
    }
  }

  /** Partitions with something that is not written down since before a time; longest first. */
  #dirty(beforeMs: number): readonly PartitionWatch[] {
    const dirty = [...this.#partitions.values()].filter(
      ({ dirtySinceMs }) => dirtySinceMs !== undefined && dirtySinceMs <= beforeMs,
    );
    return dirty.toSorted((a, b) => (a.dirtySinceMs ?? 0) - (b.dirtySinceMs ?? 0));
  }

  async #commit(dirty: readonly PartitionWatch[]): Promise<void> {
    if (dirty.length === 0) return;
    const { consumer, clock, counters } = this.#deps;
    const startedMs = clock.monotonicMs();
    let left = dirty.map((partition) => this.#changeOf(partition));
    const sizeBytes = left.reduce((sum, { change }) => sum + (change.state?.length ?? 0), 0);
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
    counters.committed(dirty.length, sizeBytes, tookMs);
  }

  /** Events and alerts are on the disk before: nothing is left that a power cut could take. */
  #changeOf(partition: PartitionWatch): LeasedChange {
    const { lease, next, assets } = partition;
    const offsets = { committed: next, synced: next };
    if (lease.partition === this.#deps.quarantinePartition) return { lease, change: offsets };
    const { bytes, dropped } = encodeNotes(assets);
    if (dropped.length > 0) this.#forget(partition, dropped);
    return { lease, change: { ...offsets, state: bytes } };
  }

  /** Who is forgotten counts nowhere any more. */
  #forget({ lease, assets, counts }: PartitionWatch, dropped: readonly string[]): void {
    const { clock, counters } = this.#deps;
    for (const asset of dropped) {
      const subject = { asset, kind: kindOf(asset), at: clock.now() };
      counts.move(subject, countedIn(assets.get(asset)), []);
      assets.delete(asset);
    }
    counters.forgotten(lease.partition, dropped.length);
  }
}

function firstOf(dirty: readonly PartitionWatch[]): readonly PartitionWatch[] {
  let assets = 0;
  return dirty.filter((partition, index) => {
    assets += partition.assets.size;
    return index === 0 || assets <= COMMIT_ASSETS;
  });
}
