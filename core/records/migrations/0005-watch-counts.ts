import type { Migration } from "../migration.ts";

export const watchCounts: Migration = {
  number: 5,
  name: "watch counts",
  async up(db) {
    await db.schema
      .createTable("watch_count")
      .addColumn("partition", "integer", (column) => column.notNull())
      .addColumn("rule", "varchar(64)", (column) => column.notNull())
      .addColumn("token", "bigint", (column) => column.notNull())
      .addColumn("inside", "integer", (column) => column.notNull())
      .addColumn("changed_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("watch_count_key", ["partition", "rule"])
      .execute();
    await db.schema
      .createTable("watch_verdict")
      .addColumn("rule", "varchar(64)", (column) => column.primaryKey())
      .addColumn("token", "bigint", (column) => column.notNull())
      .addColumn("body", "text", (column) => column.notNull())
      .execute();
  },
};
