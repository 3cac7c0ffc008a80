// The store's shape, as numbered steps. A step that was released is never edited; a change is a
// new step. All missing steps run in one transaction under one lock, so that two starters are safe
// and a crash in the middle leaves the database as it was.

import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Clock } from "../service/clock.ts";
import type { Migration } from "./migration.ts";
import { watch } from "./migrations/0002-watch.ts";
import { alerts } from "./migrations/0003-alerts.ts";
import { edgeLinks } from "./migrations/0004-edge-links.ts";
import { watchCounts } from "./migrations/0005-watch-counts.ts";
import type { RecordsSchema } from "./schema.ts";

export type Engine = "sqlite" | "postgres";

export const migrations: readonly Migration[] = [
  {
    number: 1,
    name: "tokens",
    async up(db) {
      await db.schema
        .createTable("token")
        .addColumn("id", "varchar(32)", (column) => column.primaryKey())
        .addColumn("hash", "varchar(64)", (column) => column.notNull().unique())
        .addColumn("label", "varchar(200)", (column) => column.notNull())
        .addColumn("role", "varchar(16)", (column) => column.notNull())
        .addColumn("edge", "varchar(64)")
        .addColumn("created_at", "bigint", (column) => column.notNull())
        .addColumn("last_used_at", "bigint")
        .addColumn("expires_at", "bigint")
        .addColumn("revoked_at", "bigint")
        .execute();
      await db.schema
        .createIndex("token_by_age")
        .on("token")
        .columns(["created_at", "id"])
        .execute();
    },
  },
  watch,
  alerts,
  edgeLinks,
  watchCounts,
];

/** Thrown when the database was made by a newer Drover; going on could damage it. */
export class RecordsTooNewError extends Error {
  override name = "RecordsTooNewError";
  readonly found: number;
  readonly known: number;
  constructor(found: number, known: number) {
    super(`records: the database has migration ${found}, this Drover knows ${known}; upgrade it`);
    this.found = found;
    this.known = known;
  }
}

/** Any number will do; it must be the same in every Drover process of one database. */
const LOCK_KEY = 0x64_72_6f_76;

/**
 * Brings the database to the newest shape; gives the names of the steps that ran.
 *
 * @throws RecordsTooNewError when the database is ahead of this code.
 */
export async function migrate(
  db: Kysely<RecordsSchema>,
  engine: Engine,
  deps: { clock: Pick<Clock, "now"> },
): Promise<readonly string[]> {
  const newest = migrations.at(-1)?.number ?? 0;
  return db.transaction().execute(async (tx) => {
    // SQLite took its write lock when the transaction began.
    if (engine === "postgres") await sql`select pg_advisory_xact_lock(${LOCK_KEY})`.execute(tx);
    await tx.schema
      .createTable("migration")
      .ifNotExists()
      .addColumn("number", "integer", (column) => column.primaryKey())
      .addColumn("name", "varchar(100)", (column) => column.notNull())
      .addColumn("applied_at", "bigint", (column) => column.notNull())
      .execute();
    const rows = await tx.selectFrom("migration").select("number").orderBy("number").execute();
    const last = rows.at(-1)?.number ?? 0;
    if (last > newest) throw new RecordsTooNewError(last, newest);
    const missing = migrations.filter((migration) => migration.number > last);
    for (const migration of missing) {
      await migration.up(tx);
      const { number, name } = migration;
      const row = { number, name, applied_at: deps.clock.now() };
      await tx.insertInto("migration").values(row).execute();
    }
    return missing.map(({ name }) => name);
  });
}
