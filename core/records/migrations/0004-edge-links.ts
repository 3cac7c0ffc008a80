import type { Migration } from "../migration.ts";

export const edgeLinks: Migration = {
  number: 4,
  name: "edge links",
  async up(db) {
    await db.schema
      .createTable("edge_link")
      .addColumn("edge", "varchar(64)", (column) => column.primaryKey())
      .addColumn("last_received_at", "bigint", (column) => column.notNull())
      .addColumn("epoch", "bigint", (column) => column.notNull())
      .addColumn("through", "bigint", (column) => column.notNull())
      .addColumn("told_at", "bigint")
      .addColumn("backlog_reports", "bigint")
      .addColumn("backlog_bytes", "bigint")
      .addColumn("backlog_oldest_at", "bigint")
      .addColumn("backlog_drain_ms", "bigint")
      .execute();
    await db.schema
      .createIndex("edge_link_by_age")
      .on("edge_link")
      .columns(["last_received_at", "edge"])
      .execute();
  },
};
