// Kysely over node:sqlite. Kysely's own SQLite dialect expects the shape of better-sqlite3; the
// driver here is that one with node:sqlite's statements behind it.

import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, StatementSync } from "node:sqlite";
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { Dialect, Driver, SqliteDatabase, SqliteStatement } from "kysely";

export interface NodeSqliteConfig {
  /** A file, or `:memory:`. */
  readonly path: string;
  /** How long a statement waits for another process's lock before it fails. */
  readonly busyTimeoutMs: number;
}

/** Compiled statements kept for reuse. Bound: drop-oldest. */
const STATEMENTS_MAX = 128;

/** A Kysely dialect on node:sqlite: WAL, fully synchronous, foreign keys enforced. */
export function createNodeSqliteDialect(config: NodeSqliteConfig): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createDriver: () => createDriver(config),
  };
}

function createDriver(config: NodeSqliteConfig): Driver {
  const driver = new SqliteDriver({ database: () => Promise.resolve(openDatabase(config)) });
  return {
    init: (options) => driver.init(options),
    acquireConnection: () => driver.acquireConnection(),
    // A transaction that reads first and then finds another writer cannot wait: SQLite fails it at
    // once (SQLITE_BUSY_SNAPSHOT). Taking the write lock at the start waits its turn instead.
    beginTransaction: async (connection, settings) => {
      const sql = settings.accessMode === "read only" ? "begin" : "begin immediate";
      await connection.executeQuery(CompiledQuery.raw(sql));
    },
    commitTransaction: (connection) => driver.commitTransaction(connection),
    rollbackTransaction: (connection) => driver.rollbackTransaction(connection),
    releaseConnection: () => driver.releaseConnection(),
    destroy: () => driver.destroy(),
  };
}

function openDatabase(config: NodeSqliteConfig): SqliteDatabase {
  const database = new DatabaseSync(config.path, { timeout: config.busyTimeoutMs });
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
  const kept = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const found = kept.get(sql);
      if (found !== undefined) return found;
      const statement = wrap(database.prepare(sql));
      const oldest = kept.keys().next();
      if (kept.size >= STATEMENTS_MAX && !oldest.done) kept.delete(oldest.value);
      kept.set(sql, statement);
      return statement;
    },
  };
}

function wrap(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(toSqlite)),
    run: (parameters) => statement.run(...parameters.map(toSqlite)),
    iterate: (parameters) => statement.iterate(...parameters.map(toSqlite)),
  };
}

/** @throws TypeError for a value that SQLite has no type for. */
function toSqlite(value: unknown): SQLInputValue {
  if (value === undefined || value === null) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "string") {
    return value;
  }
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`sqlite: a parameter of type ${typeof value} has no column type`);
}
