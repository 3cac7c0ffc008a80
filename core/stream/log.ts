// The stream, as a port: a partitioned log. Partition by asset; order per asset, nothing more.
//
// An append spans partitions and carries its sender's identity; what was seen before is left out
// in the same transaction that writes the rest, so that "acknowledged" and "deduplicated" are one
// fact. Offsets count reports, not entries: an entry holds `count` reports from `offset` on, so
// lag is a plain subtraction. One partition more than the reports need (`quarantinePartition`)
// carries the lines that were set aside.
//
// Adapters: sqlite.ts (embedded, several processes), redis.ts. conformance.ts holds them equal.

import type { Lane } from "../model/ingest.ts";

/** What an entry's bytes are: report rows (`core/model/row.ts`) or quarantine NDJSON. */
export type EntryKind = "rows" | "quarantine";

/** Who sends, and therefore how a repetition is recognised. */
export type Identity =
  /** An interval set per (edge, epoch); any age, any order. */
  | { readonly kind: "seq"; readonly edge: string; readonly epoch: number }
  /** No edge: exact keys, remembered until `forgetKeysBefore` passes their event time. */
  | { readonly kind: "key" };

/** The rows of one batch that belong to one partition, back to back in `bytes`. */
export interface Slice {
  readonly partition: number;
  readonly kind: EntryKind;
  readonly bytes: Uint8Array;
  /** End of each row in `bytes`; the first row starts at 0. */
  readonly ends: readonly number[];
  /** Sequence number of each row (identity `seq`); a quarantined line has one too. */
  readonly seqs: readonly number[];
  /** Deduplication key of each row (identity `key`), at most 64 characters. */
  readonly keys?: readonly string[];
  /** Event time of each row, epoch ms (identity `key`; says when the key may be forgotten). */
  readonly ats?: readonly number[];
}

export interface AppendBatch {
  readonly identity: Identity;
  readonly lane: Lane;
  readonly slices: readonly Slice[];
  /** Ranges that the sender gave up; they count as seen, so that `through` can pass them. */
  readonly gaps?: readonly { readonly first: number; readonly last: number }[];
}

export interface AppendResult {
  /** New rows of kind `rows`, durable now. */
  readonly accepted: number;
  /** New rows of kind `quarantine`, durable now. */
  readonly quarantined: number;
  /** Rows that were here before, of either kind. */
  readonly duplicates: number;
  /** Contiguous high water of the sender's epoch, from 1; 0 for identity `key`. */
  readonly through: number;
}

export interface Entry {
  readonly partition: number;
  /** Offset of the first report in it. */
  readonly offset: number;
  readonly count: number;
  readonly kind: EntryKind;
  readonly lane: Lane;
  /** Clock of the appending process, epoch ms. */
  readonly appendedAt: number;
  readonly bytes: Uint8Array;
}

export interface ReadLimits {
  /** Stop before more than this many bytes (one entry is always returned). */
  readonly maxBytes: number;
  /** Stop before more than this many reports (one entry is always returned). */
  readonly maxCount: number;
}

/** Where a consumer group stands in one partition. All offsets name the next report to handle. */
export interface Checkpoint {
  /** Handled, and its effect is visible. */
  readonly committed: number;
  /** Handled, and its effect survives a power cut; the log may be trimmed up to here. */
  readonly synced: number;
  /** The group's own notes, written in the same transaction as the offsets. At most 1 MiB. */
  readonly state: Uint8Array | undefined;
}

/** The right to work on a partition; every write under it is refused once it is lost. */
export interface Lease {
  readonly partition: number;
  /** Fencing token: grows with each change of owner. */
  readonly token: number;
}

/** Thrown by every write under a lease that somebody else holds by now. Drop the work. */
export class FencedError extends Error {
  override name = "FencedError";
  readonly partition: number;
  constructor(partition: number) {
    super(`partition ${partition}: the lease was lost to another consumer`);
    this.partition = partition;
  }
}

/** Thrown by `append` when the log is at its bound; the sender is asked to wait. Bound: reject. */
export class StreamFullError extends Error {
  override name = "StreamFullError";
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Thrown by `append` when a sender leaves more holes than its interval set may hold. */
export class TooManyGapsError extends Error {
  override name = "TooManyGapsError";
  /** The oldest missing range: what the sender should send first. */
  readonly missing: { readonly first: number; readonly last: number };
  constructor(message: string, missing: { first: number; last: number }) {
    super(message);
    this.missing = missing;
  }
}

/**
 * Thrown by `append` for an epoch that was forgotten because its edge began so many after it. What
 * it holds can no longer be told from repetitions: it is refused, never counted twice.
 */
export class EpochForgottenError extends Error {
  override name = "EpochForgottenError";
  /** The oldest epoch of this edge that is still taken. */
  readonly oldest: number;
  constructor(edge: string, epoch: number, oldest: number) {
    super(`append: epoch ${epoch} of edge ${edge} was forgotten; the oldest known is ${oldest}`);
    this.oldest = oldest;
  }
}

/** Thrown when what is stored is damaged; the message says where and what to do. */
export class StreamCorruptError extends Error {
  override name = "StreamCorruptError";
  constructor(where: string, detail: string, cause?: unknown) {
    super(
      `stream: ${where} is damaged: ${detail}. Stop Drover, keep a copy of the file and those ` +
        "beside it that begin with its name, and restore them together from a backup; or move " +
        "them away to start with an empty log: edges send again what was not acknowledged",
      { cause },
    );
  }
}

/** A member of a consumer group: holds leases, renews them, gives some up when others join. */
export interface Consumer extends AsyncDisposable {
  /** Leases held now; renewed in the background while the consumer lives. */
  leases(): readonly Lease[];
  /**
   * Whether `leases()` can be relied on now. False when the last renewal is as old as a lease: this
   * process or its machine was stopped for so long, or the store is away; others may have taken over.
   * Becomes true again with the next renewal, and then the list is right.
   */
  areLeasesFresh(): boolean;
  /** Called after each change of `leases()`. */
  onChange(listener: (leases: readonly Lease[]) => void): void;
  checkpoint(lease: Lease): Promise<Checkpoint>;
  /** Moves `committed`, `synced` or the state; @throws FencedError. Offsets never move back. */
  commit(lease: Lease, change: Partial<Checkpoint>): Promise<void>;
  /**
   * Moves several partitions in one transaction, all or none: what was read from many partitions and
   * handled as one must be written down as one. @throws FencedError naming the first one lost.
   */
  commitAll(
    changes: readonly { readonly lease: Lease; readonly change: Partial<Checkpoint> }[],
  ): Promise<void>;
  /** Gives the leases up at once, for a clean stop. */
  leave(): Promise<void>;
}

export interface GroupLag {
  readonly group: string;
  /** Reports appended and not yet committed, over all partitions. */
  readonly reports: number;
  /** Age of the oldest of them, ms; 0 when there is none. */
  readonly oldestAgeMs: number;
  readonly members: number;
  readonly perPartition: readonly {
    partition: number;
    end: number;
    committed: number;
    synced: number;
    owner: string | undefined;
  }[];
}

/** Whole-log counts since it was made; written with the appends, so they survive anything. */
export interface Totals {
  readonly accepted: number;
  readonly duplicates: number;
  readonly quarantined: number;
}

export interface ProducerStatus {
  readonly edge: string;
  readonly epoch: number;
  readonly through: number;
  /** Holes above `through`. */
  readonly gaps: number;
  readonly lastAppendAt: number;
}

export interface StreamLog extends AsyncDisposable {
  /** Partitions of reports; `quarantinePartition` equals this number. */
  readonly partitions: number;
  readonly quarantinePartition: number;

  /**
   * Atomic per batch, durable when it resolves. Concurrent calls share a commit; the batch's bytes
   * must stay as they are until then.
   *
   * @throws StreamFullError, TooManyGapsError, EpochForgottenError
   */
  append(batch: AppendBatch): Promise<AppendResult>;

  /**
   * Entries of a partition from `offset` on; an offset inside an entry gives that entry whole. An
   * offset below `start` (only a reader without a group can have one) is answered from `start`: the
   * first entry's offset shows it.
   */
  read(partition: number, offset: number, limits: ReadLimits): Promise<readonly Entry[]>;
  /** First offset still held and the next to be written, per partition (the quarantine's last). */
  bounds(): Promise<readonly { readonly start: number; readonly end: number }[]>;
  /**
   * Resolves when something was appended since the last time it resolved, or after `timeoutMs`. One
   * loop per opened log waits. @throws the signal's reason.
   */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<void>;

  /** Joins a group. A group that exists holds the log's tail back until it has synced it. */
  join(group: string, member: string): Promise<Consumer>;
  /** Makes a group known (at the log's start) without joining it. */
  ensureGroup(group: string): Promise<void>;
  lag(group: string): Promise<GroupLag>;
  groups(): Promise<readonly string[]>;

  /** Removes whole entries that every known group has synced; gives how many reports went. */
  trim(): Promise<number>;
  /** Forgets deduplication keys (identity `key`) whose event time is before this; epoch ms. */
  forgetKeysBefore(atMs: number): Promise<void>;

  totals(): Promise<Totals>;
  producers(limit: number): Promise<readonly ProducerStatus[]>;
  /** Bytes held by the log. */
  sizeBytes(): Promise<number>;
}
