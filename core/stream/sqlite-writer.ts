// One connection's write transactions, in a line. SQLite has one writer at a time over all
// processes; a transaction here begins and ends in one turn of the event loop, so the lock is never
// held while anything is awaited.
//
// The lock is asked for without blocking and tried again each millisecond or so. Once another
// process was seen to write, this one leaves a pause after its own commit, longer than the others'
// tries are apart: without it whoever has the lock keeps it.

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import { StreamFullError } from "./log.ts";
import { asStreamError, sqliteCode, sqliteCodes } from "./sqlite-files.ts";
import type { Clock } from "../service/clock.ts";

export interface SqliteWriter {
  /**
   * Runs `work` in a transaction; whatever else waits for one goes into the same. `work` answers an
   * expected refusal with a value: when it throws, the whole transaction is rolled back.
   *
   * @throws StreamFullError when the lock is not free within `lockWaitMs` or the disk is full.
   */
  run<T>(work: () => T): Promise<T>;
  /** Resolves once everything that was asked for has ended. */
  idle(): Promise<void>;
}

export interface SqliteWriterConfig {
  readonly path: string;
  readonly lockWaitMs: number;
  /** Transactions waiting; further ones are rejected. */
  readonly queuedMax: number;
}

export interface SqliteWriterDeps {
  readonly database: DatabaseSync;
  readonly clock: Clock;
  /** Whether a checkpoint needs the lock more than writers do; they leave it longer pauses then. */
  readonly isCrowded: () => boolean;
}

interface Waiting {
  readonly work: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** How long after the lock was last found taken others are expected to want it. */
const CONTENTION_MS = 250;
const CROWDED_PAUSE_MS = 30;
const RETRY_AFTER_MS = 1_000;

export function createSqliteWriter(
  config: SqliteWriterConfig,
  deps: SqliteWriterDeps,
): SqliteWriter {
  return new Writer(config, deps);
}

class Writer implements SqliteWriter {
  readonly #config: SqliteWriterConfig;
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #isCrowded: () => boolean;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  #contendedAtMs = Number.NEGATIVE_INFINITY;

  constructor(config: SqliteWriterConfig, deps: SqliteWriterDeps) {
    this.#config = config;
    this.#isCrowded = deps.isCrowded;
    this.#database = deps.database;
    this.#clock = deps.clock;
    this.#begin = deps.database.prepare("BEGIN IMMEDIATE");
    this.#commit = deps.database.prepare("COMMIT");
  }

  async run<T>(work: () => T): Promise<T> {
    if (this.#queue.length >= this.#config.queuedMax) {
      const { path, queuedMax } = this.#config;
      const message = `append: ${queuedMax} writes wait for ${path}; that is the limit`;
      throw new StreamFullError(message, RETRY_AFTER_MS);
    }
    let answer: { value: T } | undefined;
    const answering = () => {
      answer = { value: work() };
    };
    await new Promise<void>((resolve, reject) => {
      this.#queue.push({ work: answering, resolve, reject });
      this.#running ??= this.#drain();
    });
    if (answer === undefined) throw new Error("append: committed without having run");
    return answer.value;
  }

  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      // One turn, so that what is arriving shares the commit.
      await turn();
      let failure: { error: unknown } | undefined;
      await this.#lock().catch((error: unknown) => {
        failure = { error };
      });
      const waiting = this.#queue;
      this.#queue = [];
      failure ??= this.#transact(waiting);
      for (const { resolve, reject } of waiting) {
        if (failure === undefined) resolve();
        else reject(failure.error);
      }
      await this.#giveWay();
    }
    // In the same turn as the look at the queue, so that nobody's work is left in it.
    this.#running = undefined;
  }

  async #lock(): Promise<void> {
    const { path, lockWaitMs } = this.#config;
    const startedAtMs = this.#clock.monotonicMs();
    for (;;) {
      try {
        this.#begin.run();
        return;
      } catch (error) {
        if (sqliteCode(error) !== sqliteCodes.busy) throw asWriteError(error, path);
      }
      this.#contendedAtMs = this.#clock.monotonicMs();
      if (this.#contendedAtMs - startedAtMs > lockWaitMs) {
        throw new StreamFullError(
          `append: ${path} was locked by other processes for ${lockWaitMs} ms`,
          RETRY_AFTER_MS,
        );
      }
      await this.#clock.sleep(0.5 + this.#clock.random());
    }
  }

  /** Everything in one transaction, from begin to commit in this turn of the event loop. */
  #transact(waiting: readonly Waiting[]): { error: unknown } | undefined {
    try {
      for (const { work } of waiting) work();
      this.#commit.run();
      return undefined;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      return { error: asWriteError(error, this.#config.path) };
    }
  }

  async #giveWay(): Promise<void> {
    if (this.#queue.length === 0) return;
    if (this.#isCrowded())
      return this.#clock.sleep(CROWDED_PAUSE_MS * (0.5 + this.#clock.random()));
    if (this.#clock.monotonicMs() - this.#contendedAtMs > CONTENTION_MS) return;
    await this.#clock.sleep(1 + this.#clock.random());
  }
}

/** A disk that takes no more is a limit like any other: nothing was written, try again later. */
function asWriteError(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  if (code === sqliteCodes.full || code === sqliteCodes.ioerr) {
    const detail = error instanceof Error ? error.message : String(error);
    return new StreamFullError(`append: the disk of ${path} takes no more: ${detail}`, 5_000);
  }
  return asStreamError(error, path);
}
