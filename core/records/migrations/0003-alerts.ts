import type { Transaction } from "kysely";
import type { Migration } from "../migration.ts";
import type { RecordsSchema } from "../schema.ts";

type Db = Transaction<RecordsSchema>;

export const alerts: Migration = {
  number: 3,
  name: "alerts and who is told",
  async up(db) {
    await createAlerts(db);
    await createCauses(db);
    await createWhoIsTold(db);
    await createTellings(db);
  },
};

async function createAlerts(db: Db): Promise<void> {
  await db.schema
    .createTable("alert")
    .addColumn("id", "varchar(32)", (column) => column.primaryKey())
    .addColumn("cause", "varchar(300)", (column) => column.notNull())
    .addColumn("state", "varchar(16)", (column) => column.notNull())
    .addColumn("severity", "varchar(16)", (column) => column.notNull())
    .addColumn("asset", "varchar(100)")
    .addColumn("zone", "varchar(64)")
    .addColumn("rule", "varchar(64)")
    .addColumn("site", "varchar(100)")
    .addColumn("inhibited_by", "varchar(100)")
    .addColumn("is_held", "smallint", (column) => column.notNull())
    .addColumn("raised_at", "bigint", (column) => column.notNull())
    .addColumn("cleared_at", "bigint")
    .addColumn("revision", "bigint", (column) => column.notNull().unique())
    .addColumn("due_at", "bigint")
    .addColumn("body", "text", (column) => column.notNull())
    .execute();
  type Column = "state" | "raised_at" | "id" | "asset" | "due_at" | "site" | "inhibited_by";
  const index = (name: string, columns: (Column | "is_held")[]) =>
    db.schema.createIndex(name).on("alert").columns(columns).execute();
  await index("alert_by_age", ["raised_at", "id"]);
  await index("alert_by_state", ["state", "raised_at", "id"]);
  await index("alert_by_asset", ["asset", "raised_at", "id"]);
  await index("alert_by_due", ["due_at"]);
  await index("alert_by_site", ["site", "state"]);
  await index("alert_by_inhibition", ["inhibited_by"]);
  await index("alert_by_hold", ["is_held"]);
}

async function createCauses(db: Db): Promise<void> {
  await db.schema
    .createTable("alert_cause")
    .addColumn("cause", "varchar(300)", (column) => column.primaryKey())
    .addColumn("alert", "varchar(32)")
    .addColumn("cleared_at", "bigint", (column) => column.notNull())
    .addColumn("flap_score", "double precision", (column) => column.notNull())
    .addColumn("flap_at", "bigint", (column) => column.notNull())
    .addColumn("heard_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("alert_cause_by_age").on("alert_cause").column("heard_at").execute();
  await db.schema
    .createTable("alert_event")
    .addColumn("cause", "varchar(300)", (column) => column.notNull())
    .addColumn("event", "varchar(64)", (column) => column.notNull())
    .addColumn("alert", "varchar(32)", (column) => column.notNull())
    .addColumn("kind", "varchar(8)", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("alert_event_key", ["cause", "event"])
    .execute();
  await db.schema
    .createIndex("alert_event_by_alert")
    .on("alert_event")
    .columns(["alert", "at"])
    .execute();
  await db.schema
    .createTable("alert_counter")
    .addColumn("name", "varchar(32)", (column) => column.primaryKey())
    .addColumn("value", "bigint", (column) => column.notNull())
    .execute();
  const counters = ["revision", "telling", "message"].map((name) => ({ name, value: 0 }));
  await db.insertInto("alert_counter").values(counters).execute();
}

async function createWhoIsTold(db: Db): Promise<void> {
  await db.schema
    .createTable("silence")
    .addColumn("id", "varchar(64)", (column) => column.primaryKey())
    .addColumn("starts_at", "bigint", (column) => column.notNull())
    .addColumn("ends_at", "bigint", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("silence_by_end").on("silence").column("ends_at").execute();
  await db.schema
    .createTable("receiver")
    .addColumn("id", "varchar(64)", (column) => column.primaryKey())
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("job_lease")
    .addColumn("job", "varchar(64)", (column) => column.primaryKey())
    .addColumn("holder", "varchar(200)", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .execute();
}

async function createTellings(db: Db): Promise<void> {
  await db.schema
    .createTable("notification")
    .addColumn("id", "varchar(32)", (column) => column.primaryKey())
    .addColumn("number", "bigint", (column) => column.notNull().unique())
    .addColumn("receiver", "varchar(64)", (column) => column.notNull())
    .addColumn("alert", "varchar(32)")
    .addColumn("what", "varchar(16)", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("state", "varchar(16)", (column) => column.notNull())
    .addColumn("message", "varchar(32)")
    .addColumn("ended_at", "bigint")
    .addColumn("detail", "varchar(500)")
    .addColumn("facts", "text", (column) => column.notNull())
    .execute();
  const index = (
    name: string,
    columns: ("receiver" | "state" | "number" | "alert" | "message")[],
  ) => db.schema.createIndex(name).on("notification").columns(columns).execute();
  await index("notification_by_receiver", ["receiver", "state", "number"]);
  await index("notification_by_state", ["state", "number"]);
  await index("notification_by_alert", ["alert", "number"]);
  await index("notification_by_message", ["message", "number"]);
  await db.schema
    .createTable("message")
    .addColumn("id", "varchar(32)", (column) => column.primaryKey())
    .addColumn("number", "bigint", (column) => column.notNull().unique())
    .addColumn("receiver", "varchar(64)", (column) => column.notNull())
    .addColumn("kind", "varchar(16)", (column) => column.notNull())
    .addColumn("state", "varchar(16)", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("next_at", "bigint", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("ended_at", "bigint")
    .addColumn("failed_at", "bigint")
    .addColumn("detail", "varchar(500)")
    .execute();
  await db.schema
    .createIndex("message_by_receiver")
    .on("message")
    .columns(["receiver", "state", "number"])
    .execute();
  await db.schema.createIndex("message_by_end").on("message").column("ended_at").execute();
}
