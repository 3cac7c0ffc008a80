// The relational store: one schema, two databases. `sqlite:<path>` is the embedded default and may
// be used by several processes at once; `postgres://…` is a server.

import { mkdir, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Kysely, PostgresDialect, sql } from "kysely";
import type { Dialect } from "kysely";
import { Pool, types } from "pg";
import type { Clock } from "../service/clock.ts";
import { migrate } from "./migrations.ts";
import type { Engine } from "./migrations.ts";
import { createNodeSqliteDialect } from "./node-sqlite.ts";
import type { RecordsSchema } from "./schema.ts";

export interface RecordsConfig {
  /** `sqlite:<path>` or `postgres://user:password@host/database` (`?host=` takes a socket folder). */
  readonly url: string;
}

export interface Records extends AsyncDisposable {
  readonly engine: Engine;
  readonly db: Kysely<RecordsSchema>;
  /** Resolves when the database answers. @throws when it does not, within `QUERY_TIMEOUT_MS`. */
  ping(): Promise<void>;
}

/** Thrown for an address that names no database; never carries a password. */
export class RecordsUrlError extends Error {
  override name = "RecordsUrlError";
}

/** A writer holds SQLite's lock for about a millisecond; the wait blocks this process's loop. */
const BUSY_TIMEOUT_MS = 2_000;
const CONNECTIONS_MAX = 5;
const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 10_000;

/**
 * Opens the store and brings it to the newest shape. Safe when several processes start at once.
 *
 * @throws RecordsUrlError, RecordsTooNewError, or the driver's error when the database is away.
 */
export async function openRecords(
  config: RecordsConfig,
  deps: { clock: Pick<Clock, "now"> },
): Promise<Records> {
  const { engine, dialect } = await openDialect(config.url);
  const db = new Kysely<RecordsSchema>({ dialect });
  try {
    await migrate(db, engine, deps);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    engine,
    db,
    async ping() {
      await sql`select 1`.execute(db);
    },
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}

async function openDialect(url: string): Promise<{ engine: Engine; dialect: Dialect }> {
  if (url.startsWith("sqlite:")) {
    const path = url.slice("sqlite:".length).replace(/^\/\/(?=\/)/, "");
    if (path === "") throw new RecordsUrlError("records: sqlite: needs a path, as sqlite:<path>");
    if (path !== ":memory:") await prepareFile(path);
    const dialect = createNodeSqliteDialect({ path, busyTimeoutMs: BUSY_TIMEOUT_MS });
    return { engine: "sqlite", dialect };
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    return { engine: "postgres", dialect: new PostgresDialect({ pool: createPool(url) }) };
  }
  const scheme = url.slice(0, Math.max(0, url.indexOf(":"))).slice(0, 20);
  throw new RecordsUrlError(
    `records: "${scheme}:" is not a database; expected sqlite:<path> or postgres://…`,
  );
}

/** Its user alone reads it: it holds secrets of receivers. SQLite's other files take its mode. */
async function prepareFile(path: string): Promise<void> {
  await mkdir(dirname(resolve(path)), { recursive: true });
  const file = await open(path, "a", 0o600);
  try {
    // One that is another user's stays as that user made it.
    await file.chmod(0o600).catch(() => {});
  } finally {
    await file.close();
  }
}

function createPool(url: string): Pool {
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    statement_timeout: QUERY_TIMEOUT_MS,
    // Times and counts are below 2^53; text would differ from what SQLite gives.
    types: {
      getTypeParser: (oid, format) =>
        oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format),
    },
  });
  // An idle connection that the server closes must not end the process; the next query reconnects.
  pool.on("error", () => {});
  return pool;
}
