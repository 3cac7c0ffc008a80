// The two files of the SQLite adapter. The log has the appends; the groups file beside it has
// members, leases and checkpoints, so that a commit never waits for an append.
//
// Both are WAL with synchronous=FULL: a commit is on the disk when it returns, and a tail torn by a
// power cut is cut off by itself at the next open (frames carry checksums).

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Clock } from "../service/clock.ts";
import { StreamCorruptError } from "./log.ts";
import { StreamConfigError } from "./stream-options.ts";

export interface SqliteFiles {
  readonly path: string;
  readonly partitions: number;
  /** Appends and trims; its write lock is asked for without waiting (`sqlite-writer.ts`). */
  readonly log: DatabaseSync;
  /** Reads beside the writer. */
  readonly reader: DatabaseSync;
  readonly groups: DatabaseSync;
  /** Brings the groups' write-ahead log into their file. */
  readonly groupsReader: DatabaseSync;
  close(): void;
}

const PAGE_BYTES = 8192;
const CACHE_KIB = 16_384;
/** A reader meets a lock only while the file is made, recovered or closed by its last user. */
const READ_BUSY_MS = 2_000;
/** Files up to this size are checked whole at each open (about 30 ms); larger ones as they are read. */
const CHECKED_WHOLE_BYTES = 32 * 1024 * 1024;
/** Grows with `rowFormat` (core/model/row.ts) too: entries of another form cannot be read. */
const FORMAT = 2;

/** Where the write-ahead log's file is brought to its end; after that it is cut to this. */
export const walBytesMax = 64 * 1024 ** 2;

/** Offsets of one partition lie in one stretch of row ids, so the log is one tree in read order. */
export const partitionStride = 2 ** 44;
/** 2^9 stretches of 2^44: the last id a JavaScript number holds. */
export const partitionsMax = 511;

const logSchema = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    appended_at INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS heads (
    partition INTEGER PRIMARY KEY,
    "start" INTEGER NOT NULL,
    "end" INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS producers (
    edge TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    through INTEGER NOT NULL,
    gaps INTEGER NOT NULL,
    version INTEGER NOT NULL,
    last_append_at INTEGER NOT NULL,
    seen BLOB NOT NULL,
    PRIMARY KEY (edge, epoch)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS producers_by_age ON producers (last_append_at DESC);
  CREATE TABLE IF NOT EXISTS edges (
    edge TEXT PRIMARY KEY,
    epoch_floor INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS keys_by_at ON keys (at);
  CREATE TABLE IF NOT EXISTS totals (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    accepted INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    quarantined INTEGER NOT NULL
  ) STRICT;
  INSERT OR IGNORE INTO totals VALUES (1, 0, 0, 0);
`;

const groupsSchema = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS positions (
    "group" TEXT NOT NULL,
    partition INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    synced INTEGER NOT NULL,
    token INTEGER NOT NULL DEFAULT 0,
    owner TEXT,
    PRIMARY KEY ("group", partition)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS states (
    "group" TEXT NOT NULL,
    partition INTEGER NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY ("group", partition)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS members (
    "group" TEXT NOT NULL,
    member TEXT NOT NULL,
    session TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY ("group", member)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS floors (
    partition INTEGER PRIMARY KEY,
    offset INTEGER NOT NULL
  ) STRICT;
`;

export const groupsPathOf = (path: string): string => `${path}-groups`;

/**
 * Opens both files, making what is missing.
 *
 * @throws StreamCorruptError for a file that is damaged or belongs to another log;
 * StreamConfigError for another number of partitions than the log was made with.
 */
export async function openFiles(config: {
  readonly path: string;
  readonly partitions: number | undefined;
  readonly defaultPartitions: number;
  readonly clock: Clock;
}): Promise<SqliteFiles> {
  const path = resolve(config.path);
  await mkdir(dirname(path), { recursive: true });
  const opened: DatabaseSync[] = [];
  const close = () => {
    for (const database of opened) if (database.isOpen) database.close();
  };
  const open = async (file: string, schema: string) => {
    const database = await untilFree(() => openChecked(file, schema), config.clock);
    opened.push(database);
    return database;
  };
  try {
    const log = await open(path, logSchema);
    const meta = logMeta(log, config, path);
    const groups = await open(groupsPathOf(path), groupsSchema);
    pair(groups, meta.id, path);
    const [reader, groupsReader] = [path, groupsPathOf(path)].map((file) => {
      const database = new DatabaseSync(file, { timeout: READ_BUSY_MS });
      opened.push(database);
      database.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA query_only = ON;`);
      return database;
    });
    assert(reader !== undefined && groupsReader !== undefined);
    // From here on the write locks are waited for without blocking this process.
    for (const writer of [log, groups]) writer.exec("PRAGMA busy_timeout = 0;");
    return { path, partitions: meta.partitions, log, reader, groups, groupsReader, close };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Several processes may make the file at once. SQLite does not wait, whatever it is told, where a
 * wait could be a deadlock, as when the journal mode changes under another's lock.
 */
async function untilFree<T>(open: () => Promise<T>, clock: Clock): Promise<T> {
  const deadlineMs = clock.monotonicMs() + READ_BUSY_MS;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (sqliteCode(error) !== sqliteCodes.busy || clock.monotonicMs() > deadlineMs) throw error;
    }
    await clock.sleep(5 + 20 * clock.random());
  }
}

async function openChecked(path: string, schema: string): Promise<DatabaseSync> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: READ_BUSY_MS });
    database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL;`);
    database.exec(`PRAGMA synchronous = FULL; PRAGMA cache_size = -${CACHE_KIB};`);
    // Checkpoints are run where nobody waits for them (`sqlite-checkpoint.ts`).
    database.exec("PRAGMA wal_autocheckpoint = 0;");
    database.exec(`PRAGMA journal_size_limit = ${walBytesMax};`);
    if (size > 0 && size <= CHECKED_WHOLE_BYTES) checkWhole(database, path);
    if (!isMade(database)) database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT;`);
    return database;
  } catch (error) {
    if (database?.isOpen) database.close();
    throw asStreamError(error, path);
  }
}

function isMade(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() !== undefined;
}

function checkWhole(database: DatabaseSync, path: string): void {
  const answer = database.prepare("PRAGMA quick_check(1)").get();
  const found = String(answer?.["quick_check"]);
  if (found !== "ok") throw new StreamCorruptError(path, found);
}

function logMeta(
  log: DatabaseSync,
  config: { readonly partitions: number | undefined; readonly defaultPartitions: number },
  path: string,
): { id: string; partitions: number } {
  const wanted = config.partitions ?? config.defaultPartitions;
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > partitionsMax) {
    throw new StreamConfigError(`stream: ${wanted} partitions; expected 1 to ${partitionsMax}`);
  }
  const put = log.prepare("INSERT OR IGNORE INTO meta VALUES (?, ?)");
  put.run("format", String(FORMAT));
  put.run("id", randomUUID());
  put.run("partitions", String(wanted));
  const get = log.prepare("SELECT value FROM meta WHERE name = ?");
  const read = (name: string) => String(get.get(name)?.["value"]);
  const format = Number(read("format"));
  if (format !== FORMAT) {
    throw new StreamConfigError(
      `stream: ${path} has format ${format}; this version reads ${FORMAT}`,
    );
  }
  const partitions = Number(read("partitions"));
  if (config.partitions !== undefined && config.partitions !== partitions) {
    throw new StreamConfigError(
      `stream: ${path} has ${partitions} partitions, not ${wanted}; the number cannot change`,
    );
  }
  const head = log.prepare(
    'INSERT OR IGNORE INTO heads (partition, "start", "end") VALUES (?, 0, 0)',
  );
  log.exec("BEGIN IMMEDIATE");
  for (let partition = 0; partition <= partitions; partition++) head.run(partition);
  log.exec("COMMIT");
  return { id: read("id"), partitions };
}

/** Positions in one log mean nothing in another: a file that was swapped would hide reports. */
function pair(groups: DatabaseSync, id: string, path: string): void {
  groups.prepare("INSERT OR IGNORE INTO meta VALUES ('log', ?)").run(id);
  const log = groups.prepare("SELECT value FROM meta WHERE name = 'log'").get()?.["value"];
  if (log !== id) {
    throw new StreamCorruptError(groupsPathOf(path), "it belongs to another log");
  }
}

/** SQLite's primary result code of an error; undefined when it is none of SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

/** https://sqlite.org/rescode.html */
export const sqliteCodes = { busy: 5, ioerr: 10, corrupt: 11, full: 13, notadb: 26 } as const;

/** Gives damage its name; any other error as it is. */
export function asStreamError(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  if (code !== sqliteCodes.corrupt && code !== sqliteCodes.notadb) return error;
  return new StreamCorruptError(path, error instanceof Error ? error.message : "", error);
}
