// Appends, in groups: every call that arrives while a commit runs goes into the next. Rows of one
// partition, lane and kind in a group become one entry, so entries grow with the load. Hot path.

import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { allRows, keptRows } from "./kept-rows.ts";
import type { KeptRows } from "./kept-rows.ts";
import { EpochForgottenError, StreamFullError, TooManyGapsError } from "./log.ts";
import type { AppendBatch, AppendResult, Slice } from "./log.ts";
import { runsOf } from "./seq-runs.ts";
import { partitionStride } from "./sqlite-files.ts";
import type { Heads } from "./sqlite-heads.ts";
import type { Producer, Producers } from "./sqlite-producers.ts";
import type { SqliteWriter } from "./sqlite-writer.ts";

export interface AppendConfig {
  readonly partitions: number;
  /** Holes of one (edge, epoch); a batch that would leave more is rejected. */
  readonly gapsMax: number;
  /** Bytes of batches that wait for a commit; further ones are rejected. */
  readonly queuedBytesMax: number;
  /** Bytes held by the log; at the bound appends are rejected. */
  readonly sizeBytesMax: number;
}

export interface AppendDeps {
  readonly database: DatabaseSync;
  readonly writer: SqliteWriter;
  readonly heads: Heads;
  readonly producers: Producers;
  readonly now: () => number;
  /** Bytes held now; cheap. */
  readonly sizeBytes: () => number;
  /** Called after each commit with the bytes it took. */
  readonly onCommit: (sizeBytes: number) => void;
}

type Outcome = { kind: "done"; result: AppendResult } | { kind: "refused"; error: Error };

interface Waiting {
  readonly batch: AppendBatch;
  readonly sizeBytes: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Rows that go into one entry. */
interface Bucket {
  readonly partition: number;
  readonly kind: number;
  readonly lane: number;
  parts: Uint8Array[];
  count: number;
  sizeBytes: number;
}

/** Entries are not merged beyond this; one slice alone may be larger. */
const MERGED_BYTES_MAX = 1024 * 1024;
const FULL_RETRY_MS = 5_000;
const QUEUE_RETRY_MS = 500;
export const kinds = ["rows", "quarantine"] as const;
export const lanes = ["live", "backfill"] as const;

export function createAppender(
  config: AppendConfig,
  deps: AppendDeps,
): (batch: AppendBatch) => Promise<AppendResult> {
  return new Appender(config, deps).append;
}

class Appender {
  readonly #config: AppendConfig;
  readonly #deps: AppendDeps;
  readonly #sql: ReturnType<typeof prepare>;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** The data version of this connection; it moves when another one writes. */
  #version: unknown;
  readonly #buckets = new Map<number, Bucket>();
  #counts = { accepted: 0, duplicates: 0, quarantined: 0 };

  constructor(config: AppendConfig, deps: AppendDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#sql = prepare(deps.database);
  }

  readonly append = (batch: AppendBatch): Promise<AppendResult> => {
    checkBatch(batch, this.#config.partitions);
    let sizeBytes = 0;
    for (const { bytes } of batch.slices) sizeBytes += bytes.length;
    // A batch larger than the queue may pass alone.
    if (this.#waitingBytes > 0 && this.#waitingBytes + sizeBytes > this.#config.queuedBytesMax) {
      const message = `append: ${this.#waitingBytes} bytes wait to be written; the limit is ${this.#config.queuedBytesMax}`;
      return Promise.reject(new StreamFullError(message, QUEUE_RETRY_MS));
    }
    this.#waitingBytes += sizeBytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, sizeBytes, resolve, reject });
      if (this.#waiting.length === 1) this.#schedule();
    });
  };

  #schedule(): void {
    let taken: Waiting[] = [];
    let outcomes: Outcome[] = [];
    let sizeBytes = 0;
    const work = () => {
      taken = this.#takeAll();
      outcomes = this.#write(taken);
      for (const one of taken) sizeBytes += one.sizeBytes;
    };
    this.#deps.writer.run(work).then(
      () => {
        this.#settle(taken, outcomes);
        this.#deps.onCommit(sizeBytes);
      },
      (error: unknown) => {
        this.#version = undefined;
        const failed = taken.length > 0 ? taken : this.#takeAll();
        for (const { reject } of failed) reject(error);
      },
    );
  }

  #takeAll(): Waiting[] {
    const taken = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return taken;
  }

  #settle(taken: readonly Waiting[], outcomes: readonly Outcome[]): void {
    for (const [index, { resolve, reject }] of taken.entries()) {
      const outcome = outcomes[index];
      assert(outcome !== undefined);
      if (outcome.kind === "done") resolve(outcome.result);
      else reject(outcome.error);
    }
  }

  /** Inside the transaction. */
  #write(taken: readonly Waiting[]): Outcome[] {
    this.#refresh();
    this.#buckets.clear();
    this.#counts = { accepted: 0, duplicates: 0, quarantined: 0 };
    const { sizeBytesMax } = this.#config;
    let roomBytes = sizeBytesMax - this.#deps.sizeBytes();
    const outcomes = taken.map(({ batch, sizeBytes }): Outcome => {
      roomBytes -= sizeBytes;
      if (roomBytes < 0) {
        const message = `append: the log is full: it may hold ${sizeBytesMax} bytes`;
        return { kind: "refused", error: new StreamFullError(message, FULL_RETRY_MS) };
      }
      return this.#take(batch);
    });
    const now = this.#deps.now();
    for (const bucket of this.#buckets.values()) this.#insert(bucket, now);
    this.#deps.heads.save();
    this.#deps.producers.save(now);
    const { accepted, duplicates, quarantined } = this.#counts;
    this.#sql.count.run(accepted, duplicates, quarantined);
    return outcomes;
  }

  /** Drops what is kept in memory when another connection wrote or the last commit failed. */
  #refresh(): void {
    const version = this.#sql.version.get()?.["data_version"];
    if (this.#version === version) return;
    if (this.#version === undefined) this.#deps.producers.forget();
    else this.#deps.producers.doubt();
    this.#deps.heads.reload();
    this.#version = version;
  }

  #take(batch: AppendBatch): Outcome {
    const { identity } = batch;
    const before = { ...this.#counts };
    let through = 0;
    if (identity.kind === "key") {
      for (const slice of batch.slices) this.#put(slice, batch, this.#newKeys(slice));
    } else {
      const producer = this.#findProducer(identity.edge, identity.epoch);
      if (producer instanceof Error) return { kind: "refused", error: producer };
      const refusal = this.#takeNumbered(batch, producer);
      if (refusal !== undefined) return { kind: "refused", error: refusal };
      through = producer.seen.through;
    }
    const accepted = this.#counts.accepted - before.accepted;
    const quarantined = this.#counts.quarantined - before.quarantined;
    const duplicates = this.#counts.duplicates - before.duplicates;
    return { kind: "done", result: { accepted, quarantined, duplicates, through } };
  }

  #findProducer(edge: string, epoch: number): Producer | EpochForgottenError {
    try {
      return this.#deps.producers.find(edge, epoch);
    } catch (error) {
      if (error instanceof EpochForgottenError) return error;
      throw error;
    }
  }

  /** Nearly always the numbers are new, and then no row is looked at. */
  #takeNumbered(batch: AppendBatch, producer: Producer): TooManyGapsError | undefined {
    const before = producer.seen;
    const { runs, hasRepeats } = runsOf(batch.slices);
    const isAllNew = !hasRepeats && !runs.some(({ first, last }) => before.overlaps(first, last));
    const gaps = batch.gaps ?? [];
    const mayExceed = before.gaps + runs.length + gaps.length > this.#config.gapsMax;
    // A set that is read below, or may have to be given back, is changed in a copy.
    const after = isAllNew && !mayExceed ? before : before.clone();
    for (const { first, last } of runs) after.add(first, last);
    for (const { first, last } of gaps) after.add(first, last);
    if (after.gaps > this.#config.gapsMax) {
      const missing = after.firstGap() ?? { first: 1, last: 1 };
      const message = `append: ${after.gaps} holes in the numbers of ${producer.edge}; the limit is ${this.#config.gapsMax}`;
      return new TooManyGapsError(message, missing);
    }
    producer.seen = after;
    const inBatch = new Set<number>();
    for (const slice of batch.slices) {
      const rows = isAllNew ? allRows(slice) : newNumbers(slice, before, inBatch);
      this.#put(slice, batch, rows);
    }
    return undefined;
  }

  #newKeys(slice: Slice): KeptRows {
    const { keys = [], ats = [] } = slice;
    return keptRows(slice, (row) => {
      const { changes } = this.#sql.key.run(keys[row] ?? "", ats[row] ?? 0);
      return changes === 1;
    });
  }

  #put(slice: Slice, batch: AppendBatch, rows: KeptRows): void {
    this.#counts.duplicates += slice.ends.length - rows.count;
    if (rows.count === 0) return;
    const kind = kinds.indexOf(slice.kind);
    const lane = lanes.indexOf(batch.lane);
    this.#counts[slice.kind === "rows" ? "accepted" : "quarantined"] += rows.count;
    const name = slice.partition * 4 + kind * 2 + lane;
    let bucket = this.#buckets.get(name);
    if (bucket !== undefined && bucket.sizeBytes + rows.sizeBytes > MERGED_BYTES_MAX) {
      this.#insert(bucket, this.#deps.now());
      bucket = undefined;
    }
    if (bucket === undefined) {
      bucket = { partition: slice.partition, kind, lane, parts: [], count: 0, sizeBytes: 0 };
      this.#buckets.set(name, bucket);
    }
    for (const part of rows.parts) bucket.parts.push(part);
    bucket.count += rows.count;
    bucket.sizeBytes += rows.sizeBytes;
  }

  #insert(bucket: Bucket, now: number): void {
    const { partition, count, kind, lane, parts, sizeBytes } = bucket;
    const head = this.#deps.heads.at(partition);
    const [first] = parts;
    const bytes = parts.length === 1 && first ? first : Buffer.concat(parts, sizeBytes);
    const id = partition * partitionStride + head.end;
    this.#sql.entry.run(id, count, kind, lane, now, crc32(bytes), bytes);
    head.end += count;
    head.isChanged = true;
  }
}

function newNumbers(
  slice: Slice,
  before: { has(seq: number): boolean },
  inBatch: Set<number>,
): KeptRows {
  return keptRows(slice, (row) => {
    const seq = slice.seqs[row] ?? 0;
    if (before.has(seq) || inBatch.has(seq)) return false;
    inBatch.add(seq);
    return true;
  });
}

function prepare(database: DatabaseSync) {
  return {
    version: database.prepare("PRAGMA data_version"),
    entry: database.prepare("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)"),
    key: database.prepare("INSERT OR IGNORE INTO keys VALUES (?, ?)"),
    count: database.prepare(
      "UPDATE totals SET accepted = accepted + ?, duplicates = duplicates + ?, " +
        "quarantined = quarantined + ?",
    ),
  };
}

/** What a caller in this repository must not do; what the network sends was checked before. */
export function checkBatch(batch: AppendBatch, partitions: number): void {
  for (const slice of batch.slices) {
    const { partition, kind, ends, seqs, keys, ats } = slice;
    const isQuarantine = kind === "quarantine";
    assert(Number.isInteger(partition) && partition >= 0, `append: partition ${partition}`);
    assert(
      isQuarantine ? partition === partitions : partition < partitions,
      `append: partition ${partition} is not for ${kind}`,
    );
    assert((ends.at(-1) ?? 0) === slice.bytes.length, "append: ends do not cover the bytes");
    if (batch.identity.kind === "seq") assert(seqs.length === ends.length, "append: a seq per row");
    else {
      assert(keys?.length === ends.length && ats?.length === ends.length, "append: a key per row");
    }
  }
}
