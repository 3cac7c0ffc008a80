import type { Transaction } from "kysely";
import type { Migration } from "../migration.ts";
import type { RecordsSchema } from "../schema.ts";

/** Zones and rules in all their versions, events in the order of recording. */
export const watch: Migration = { number: 2, name: "zones, rules and events", up };

async function up(db: Transaction<RecordsSchema>): Promise<void> {
  await makeDefinitions(db);
  await makeEvents(db);
  await db.schema
    .createTable("watch_counter")
    .addColumn("name", "varchar(32)", (column) => column.primaryKey())
    .addColumn("value", "bigint", (column) => column.notNull())
    .execute();
  await db
    .insertInto("watch_counter")
    .values([
      { name: "revision", value: 0 },
      { name: "event", value: 0 },
    ])
    .execute();
}

async function makeDefinitions(db: Transaction<RecordsSchema>): Promise<void> {
  await db.schema
    .createTable("definition")
    .addColumn("kind", "varchar(16)", (column) => column.notNull())
    .addColumn("id", "varchar(64)", (column) => column.notNull())
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("valid_from", "bigint", (column) => column.notNull())
    .addColumn("valid_until", "bigint")
    .addColumn("changed_by", "varchar(64)", (column) => column.notNull())
    .addColumn("removed_by", "varchar(64)")
    .addPrimaryKeyConstraint("definition_key", ["kind", "id", "version"])
    .execute();
  await db.schema
    .createIndex("definition_by_end")
    .on("definition")
    .columns(["kind", "valid_until", "id"])
    .execute();
  await db.schema
    .createTable("create_key")
    .addColumn("holder", "varchar(64)", (column) => column.notNull())
    .addColumn("text", "varchar(128)", (column) => column.notNull())
    .addColumn("kind", "varchar(16)", (column) => column.notNull())
    .addColumn("body_hash", "varchar(64)", (column) => column.notNull())
    .addColumn("id", "varchar(64)", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("create_key_key", ["holder", "kind", "text"])
    .execute();
  await db.schema
    .createIndex("create_key_by_age")
    .on("create_key")
    .columns(["created_at"])
    .execute();
}

async function makeEvents(db: Transaction<RecordsSchema>): Promise<void> {
  await db.schema
    .createTable("watch_event")
    .addColumn("number", "bigint", (column) => column.primaryKey())
    .addColumn("id", "varchar(32)", (column) => column.notNull().unique())
    .addColumn("kind", "varchar(16)", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("asset", "varchar(128)")
    .addColumn("zone", "varchar(64)")
    .addColumn("rule", "varchar(64)")
    .addColumn("retro", "smallint", (column) => column.notNull())
    .addColumn("recorded_at", "bigint", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .execute();
  await makeIndex(db, "watch_event_by_time", []);
  await makeIndex(db, "watch_event_by_asset", ["asset"]);
  await makeIndex(db, "watch_event_by_zone", ["zone"]);
  await makeIndex(db, "watch_event_by_rule", ["rule"]);
  await db.schema
    .createIndex("watch_event_by_recording")
    .on("watch_event")
    .columns(["recorded_at"])
    .execute();
}

/** Every list of events is newest first, by event time and then by number. */
async function makeIndex(
  db: Transaction<RecordsSchema>,
  name: string,
  first: readonly ("asset" | "zone" | "rule")[],
): Promise<void> {
  const columns = [...first, "at" as const, "number" as const];
  await db.schema.createIndex(name).on("watch_event").columns(columns).execute();
}
