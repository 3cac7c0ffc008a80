import assert from "node:assert/strict";
import { test } from "node:test";
import { connectHistory } from "./client.ts";
import { migrateHistory } from "./migrations.ts";
import { startClickhouse } from "./temporary-clickhouse.ts";

test("rows of another form are refused, told by what was written down or else by the columns", async () => {
  await using clickhouse = await startClickhouse(process.env["DROVER_TEST_CLICKHOUSE_URL"]);
  const database = `${clickhouse.config.database ?? "drover"}_form`;
  await using other = connectHistory({ ...clickhouse.config, database });
  const options = { retentionDays: 365, isFsynced: false };
  await migrateHistory(other, options);
  assert.deepEqual(await migrateHistory(other, options), []);
  const sayForm = (name: string) =>
    other.command("INSERT INTO migrations (number, name) SELECT 0, {name:String}", {
      params: { name },
    });
  await sayForm("rows of form 1");
  await assert.rejects(migrateHistory(other, options), {
    name: "HistoryFormatError",
    message: /holds rows of form 1, this Drover writes form 2/,
  });
  // As before forms were written down: taken on when the columns are ours.
  const forget = () =>
    other.command("ALTER TABLE migrations DELETE WHERE number = 0 SETTINGS mutations_sync = 2");
  await forget();
  assert.deepEqual(await migrateHistory(other, options), []);
  await forget();
  await other.command("ALTER TABLE reports ADD COLUMN odd UInt8");
  await assert.rejects(migrateHistory(other, options), { name: "HistoryFormatError" });
  await other.command(`DROP DATABASE ${database}`);
});
