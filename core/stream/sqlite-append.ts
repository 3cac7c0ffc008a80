// Appends to the SQLite log, in groups: every call that arrives while a commit runs goes into the
// next. Hot path.

import type { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { bytesOf, checkBatch, planAppend } from "./append-plan.ts";
import type { Bucket, Outcome } from "./append-plan.ts";
import { createAppendQueue } from "./append-queue.ts";
import type { AppendQueue, WaitingAppend } from "./append-queue.ts";
import { EpochForgottenError, StreamFullError } from "./log.ts";
import type { AppendBatch, AppendResult } from "./log.ts";
import { partitionStride } from "./sqlite-files.ts";
import type { Heads } from "./sqlite-heads.ts";
import type { Producer, Producers } from "./sqlite-producers.ts";
import type { SqliteWriter } from "./sqlite-writer.ts";

export interface AppendConfig {
  readonly partitions: number;
  readonly gapsMax: number;
  readonly queuedBytesMax: number;
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

const FULL_RETRY_MS = 5_000;

export function createAppender(
  config: AppendConfig,
  deps: AppendDeps,
): (batch: AppendBatch) => Promise<AppendResult> {
  const appender = new Appender(config, deps);
  return (batch) => appender.append(batch);
}

class Appender {
  readonly #config: AppendConfig;
  readonly #deps: AppendDeps;
  readonly #sql: ReturnType<typeof prepare>;
  readonly #queue: AppendQueue;
  /** The data version of this connection: it moves when another one writes. */
  #version: unknown;

  constructor(config: AppendConfig, deps: AppendDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#sql = prepare(deps.database);
    this.#queue = createAppendQueue(config, () => this.#schedule());
  }

  async append(batch: AppendBatch): Promise<AppendResult> {
    checkBatch(batch, this.#config.partitions);
    return this.#queue.push(batch);
  }

  #schedule(): void {
    let taken: readonly WaitingAppend[] = [];
    let outcomes: readonly Outcome<Producer>[] = [];
    const write = () => {
      taken = this.#queue.takeAll();
      outcomes = this.#write(taken);
    };
    this.#deps.writer.run(write).then(
      () => {
        let sizeBytes = 0;
        for (const [index, one] of taken.entries()) {
          sizeBytes += one.sizeBytes;
          settle(one, outcomes[index]);
        }
        this.#deps.onCommit(sizeBytes);
      },
      (error: unknown) => {
        this.#version = undefined;
        const failed = taken.length > 0 ? taken : this.#queue.takeAll();
        for (const { reject } of failed) reject(error);
      },
    );
  }

  /** Inside the transaction. */
  #write(taken: readonly WaitingAppend[]): readonly Outcome<Producer>[] {
    this.#refresh();
    const { gapsMax } = this.#config;
    const { producers, heads } = this.#deps;
    const { outcomes, buckets, totals } = planAppend(
      taken.map(({ batch }) => batch),
      {
        gapsMax,
        findSender: (edge, epoch) => find(producers, edge, epoch),
        addKey: (key, at) => this.#sql.key.run(key, at).changes === 1,
      },
      this.#room(),
    );
    const now = this.#deps.now();
    for (const bucket of buckets) this.#insert(bucket, now);
    heads.save();
    producers.save(now);
    this.#sql.count.run(totals.accepted, totals.duplicates, totals.quarantined);
    return outcomes;
  }

  /** Refuses the batches beyond the log's bound, in their order. */
  #room(): (batch: AppendBatch) => Error | undefined {
    const { sizeBytesMax } = this.#config;
    let roomBytes = sizeBytesMax - this.#deps.sizeBytes();
    return (batch) => {
      for (const { bytes } of batch.slices) roomBytes -= bytes.length;
      if (roomBytes >= 0) return undefined;
      const message = `append: the log is full: it may hold ${sizeBytesMax} bytes`;
      return new StreamFullError(message, FULL_RETRY_MS);
    };
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

  #insert(bucket: Bucket, now: number): void {
    const { partition, count, kind, lane } = bucket;
    const head = this.#deps.heads.at(partition);
    const bytes = bytesOf(bucket);
    const id = partition * partitionStride + head.end;
    this.#sql.entry.run(id, count, kind, lane, now, crc32(bytes), bytes);
    head.end += count;
    head.isChanged = true;
  }
}

function settle({ resolve, reject }: WaitingAppend, outcome: Outcome<Producer> | undefined): void {
  if (outcome === undefined) reject(new Error("append: committed without an outcome"));
  else if (outcome.kind === "refused") reject(outcome.error);
  else resolve({ ...outcome.counts, through: outcome.sender?.seen.through ?? 0 });
}

function find(producers: Producers, edge: string, epoch: number): Producer | Error {
  try {
    return producers.find(edge, epoch);
  } catch (error) {
    if (error instanceof EpochForgottenError) return error;
    throw error;
  }
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
