// The shape of history, as numbered steps, forward only. ClickHouse has no transactions over
// definitions, so every statement can be run again: two starters at once, or one that died in the
// middle, end in the same shape. A step counts when its row is in `migrations`.

import type { History } from "./client.ts";
import { rowColumns, rowFormat } from "../model/row.ts";
import { createTables, retentionOf } from "./schema.ts";
import type { TableOptions } from "./schema.ts";

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly statements: (options: TableOptions) => readonly string[];
}

const migrations: readonly Migration[] = [
  { number: 1, name: "reports and what is derived from them", statements: createTables },
];

/** Thrown when the database was made by a newer Drover; going on could damage it. */
export class HistoryTooNewError extends Error {
  override name = "HistoryTooNewError";
  constructor(found: number, known: number) {
    super(`history: the database has migration ${found}, this Drover knows ${known}; upgrade it`);
  }
}

/** Thrown when the tables hold rows of another form than this Drover writes. */
export class HistoryFormatError extends Error {
  override name = "HistoryFormatError";
  constructor(found: string) {
    super(
      `history: the database holds rows of ${found}, this Drover writes form ${rowFormat}; ` +
        "give it another database, or bring the rows over with an INSERT … SELECT that says how",
    );
  }
}

export interface MigrateOptions {
  readonly retentionDays: number;
  /** For servers that can make no checkpoint. */
  readonly isFsynced: boolean;
}

/**
 * Brings the database to the newest shape and the wanted retention; gives the names of the steps
 * that ran.
 *
 * @throws HistoryTooNewError, HistoryFormatError
 */
export async function migrateHistory(
  history: History,
  options: MigrateOptions,
): Promise<readonly string[]> {
  await history.createDatabase();
  await history.command(`CREATE TABLE IF NOT EXISTS migrations (
    number UInt32, name String, at DateTime64(3, 'UTC') DEFAULT now64(3)
  ) ENGINE = ReplacingMergeTree(at) ORDER BY number SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`);
  const [last] = await history.rows<{ found: number }>(
    "SELECT max(number) AS found FROM migrations",
  );
  const found = last?.found ?? 0;
  const known = migrations.at(-1)?.number ?? 0;
  if (found > known) throw new HistoryTooNewError(found, known);
  await checkFormat(history, found === 0);
  const missing = migrations.filter((migration) => migration.number > found);
  for (const { number, name, statements } of missing) {
    for (const statement of statements(options)) await history.command(statement);
    await history.command(
      "INSERT INTO migrations (number, name) SELECT {number:UInt32}, {name:String}",
      { params: { number, name } },
    );
  }
  await applyRetention(history, options.retentionDays);
  return missing.map((migration) => migration.name);
}

/** Where the form of the rows is written down, among the migrations and before all of them. */
const FORMAT_NUMBER = 0;
const formatPattern = /^rows of form (\d+)$/;

async function checkFormat(history: History, isNew: boolean): Promise<void> {
  const [row] = await history.rows<{ name: string }>(
    `SELECT argMax(name, at) AS name FROM migrations WHERE number = ${FORMAT_NUMBER} GROUP BY number`,
  );
  if (row !== undefined) {
    const found = formatPattern.exec(row.name)?.[1];
    if (found !== String(rowFormat)) throw new HistoryFormatError(`form ${found ?? "unknown"}`);
    return;
  }
  // A database of before forms were written down is told by its columns.
  if (!isNew && !(await hasOurColumns(history))) throw new HistoryFormatError("an older form");
  await history.command(
    "INSERT INTO migrations (number, name) SELECT {number:UInt32}, {name:String}",
    {
      params: { number: FORMAT_NUMBER, name: `rows of form ${rowFormat}` },
    },
  );
}

async function hasOurColumns(history: History): Promise<boolean> {
  const columns = await history.rows<{ name: string; type: string }>(
    `SELECT name, type FROM system.columns
     WHERE database = {database:String} AND table = 'reports' AND default_kind != 'ALIAS'
     ORDER BY position`,
    { params: { database: history.database } },
  );
  return textOf(columns) === textOf(rowColumns);
}

function textOf(columns: readonly { readonly name: string; readonly type: string }[]): string {
  return columns.map(({ name, type }) => `${name} ${type}`).join(", ");
}

/** Changes only what differs, as told by the table's comment: to set a TTL touches every part. */
async function applyRetention(history: History, retentionDays: number): Promise<void> {
  const tables = await history.rows<{ name: string; comment: string }>(
    "SELECT name, comment FROM system.tables WHERE database = {database:String}",
    { params: { database: history.database } },
  );
  const comments = new Map(tables.map((table) => [table.name, table.comment]));
  const wanted = `retention: ${retentionDays} days`;
  for (const { table, ttl } of retentionOf(retentionDays)) {
    if (comments.get(table) === wanted) continue;
    await history.command(`ALTER TABLE ${table} MODIFY TTL ${ttl}`);
    await history.command(`ALTER TABLE ${table} MODIFY COMMENT '${wanted}'`);
  }
}
