// After a power cut: rows that were inserted but not yet synced may be gone from some tables and not
// from others. What `reports` lacks is inserted again by identity; what is derived from the days
// concerned is made anew from `reports`. While that goes on nobody inserts: every partition's owner
// announces in `repairs` that its rows are whole, and one of them rebuilds and says `done`.

import { createHash } from "node:crypto";
import { decodeRows, rowEnds } from "../model/row.ts";
import type { StampedReport } from "../model/report.ts";
import type { History } from "./client.ts";
import { derivedSelect, derivedTables } from "./derived.ts";
import type { DerivedTable } from "./derived.ts";
import { insertRows } from "./insert.ts";

export interface WindowResult {
  /** Days of all rows of the window, `YYYY-MM-DD`. */
  readonly days: ReadonlySet<string>;
  readonly rows: number;
  /** Rows that were gone and are back. */
  readonly inserted: number;
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
/** What tells one row from another; a sender without an edge is told by asset and time too. */
const keyOf = (row: Pick<StampedReport, "edge" | "epoch" | "seq" | "asset" | "at">): string =>
  `${row.edge} ${row.epoch} ${row.seq} ${row.asset} ${row.at}`;

/**
 * Inserts those rows of a blob that `reports` lacks.
 *
 * @param salt goes into the token, as the tokens of before may be remembered although their rows
 *   are gone.
 */
export async function insertMissing(
  history: History,
  bytes: Uint8Array,
  salt: string,
): Promise<WindowResult> {
  const { rows, days, missing } = await findMissing(history, bytes);
  if (missing.length > 0) {
    const hash = createHash("sha256").update(salt);
    for (const row of missing) hash.update(row);
    const token = `repair-${hash.digest("base64url")}`;
    await insertRows(history, { table: "reports", token, chunks: [Buffer.concat(missing)] });
  }
  return { days, rows, inserted: missing.length };
}

/** Which rows of a blob `reports` lacks. */
export async function findMissing(
  history: History,
  bytes: Uint8Array,
): Promise<Omit<WindowResult, "inserted"> & { readonly missing: readonly Uint8Array[] }> {
  const rows = decodeRows(bytes);
  const ends = rowEnds(bytes);
  const stored = await storedKeys(history, rows);
  const missing: Uint8Array[] = [];
  rows.forEach((row, index) => {
    if (!stored.has(keyOf(row))) missing.push(bytes.subarray(ends[index - 1] ?? 0, ends[index]));
  });
  return { days: new Set(rows.map((row) => dayOf(row.at))), rows: rows.length, missing };
}

/** Assets named in one query; they narrow it to what the primary key can find. */
const assetsPerQuery = 500;

async function storedKeys(history: History, rows: readonly StampedReport[]): Promise<Set<string>> {
  const byAsset = Map.groupBy(rows, (row) => row.asset);
  const assets = [...byAsset.keys()];
  const keys = new Set<string>();
  for (let first = 0; first < assets.length; first += assetsPerQuery) {
    const some = assets.slice(first, first + assetsPerQuery);
    const times = some.flatMap((asset) => (byAsset.get(asset) ?? []).map((row) => row.at));
    const [from, to] = times.reduce(
      ([low, high], at) => [Math.min(low, at), Math.max(high, at)],
      [Infinity, -Infinity],
    );
    const found = await history.rows<{
      asset: string;
      t: number;
      edge: string;
      epoch: number;
      seq: number;
    }>(
      `SELECT asset, toUnixTimestamp64Milli(at) AS t, edge, epoch, seq FROM reports
       WHERE asset IN {assets:Array(String)}
         AND at BETWEEN fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND fromUnixTimestamp64Milli({to:Int64}, 'UTC')`,
      { params: { assets: some, from, to }, limits: { timeMs: 60_000, resultRows: 10_000_000 } },
    );
    for (const { t, ...row } of found) keys.add(keyOf({ ...row, at: t }));
  }
  return keys;
}

/** Says that a partition's rows are whole again, and which days they touched. */
export async function announceWhole(
  history: History,
  boot: string,
  wholes: readonly { readonly partition: number; readonly days: readonly string[] }[],
): Promise<void> {
  await history.command(
    `INSERT INTO repairs (boot, kind, partition, days)
     SELECT {boot:String}, 'seen', whole.1, whole.2
     FROM (SELECT arrayJoin(arrayZip({partitions:Array(UInt16)}, {days:Array(Array(Date))})) AS whole)`,
    {
      params: {
        boot,
        partitions: wholes.map(({ partition }) => partition),
        days: wholes.map(({ days }) => days),
      },
      settings: { insert_deduplicate: 0 },
    },
  );
}

export interface RepairStatus {
  /** Partitions whose owners announced them whole since this boot. */
  readonly seen: ReadonlySet<number>;
  readonly days: readonly string[];
  /** What is derived agrees with the rows again: inserts may go on. */
  readonly isDone: boolean;
}

export async function repairStatus(history: History, boot: string): Promise<RepairStatus> {
  const found = await history.rows<{ kind: string; partition: number; days: string[] }>(
    "SELECT kind, partition, days FROM repairs WHERE boot = {boot:String}",
    { params: { boot } },
  );
  const seen = found.filter((row) => row.kind === "seen");
  return {
    seen: new Set(seen.map((row) => row.partition)),
    days: [...new Set(seen.flatMap((row) => row.days))].toSorted(),
    isDone: found.some((row) => row.kind === "done"),
  };
}

/** Makes what is derived from these days anew, and lets everybody go on. */
export async function finishRepair(
  history: History,
  boot: string,
  days: readonly string[],
): Promise<void> {
  await rebuildDays(history, days);
  await history.command(
    "INSERT INTO repairs (boot, kind, partition) SELECT {boot:String}, 'done', 0",
    { params: { boot }, settings: { insert_deduplicate: 0 } },
  );
}

const timeColumn: Readonly<Record<Exclude<DerivedTable, "latest">, string>> = {
  motion: "bucket",
  measurements: "bucket",
  heat: "bucket",
  map_points: "at",
};

/** Bytes of groups in memory beyond which they go to the disk. */
const GROUP_BYTES_MAX = "100000000";
/** Reports that are derived from at a time: what a minute's roll-up of so many takes stays small. */
const ROWS_AT_ONCE = 500_000;
/** No piece is shorter than ten minutes. */
const PIECES_MAX = 144;
const DAY_MS = 86_400_000;

/** Deletes and derives again, piece by piece; nobody may insert reports of those days meanwhile. */
export async function rebuildDays(history: History, days: readonly string[]): Promise<void> {
  if (days.length === 0) return;
  // `latest` keeps the newest, however often it comes.
  const deletions = derivedTables
    .filter((table) => table !== "latest")
    .map((table) =>
      history.command(
        `ALTER TABLE ${table} DELETE WHERE toDate(${timeColumn[table]}) IN {days:Array(Date)} SETTINGS mutations_sync = 2`,
        { params: { days } },
      ),
    );
  await Promise.all(deletions);
  for (const day of days) {
    const [counted] = await history.rows<{ rows: number }>(
      "SELECT count() AS rows FROM reports WHERE toDate(at) = {day:Date}",
      { params: { day } },
    );
    const rows = counted?.rows ?? 0;
    if (rows === 0) continue;
    const lengthMs = Math.ceil(DAY_MS / Math.min(PIECES_MAX, Math.ceil(rows / ROWS_AT_ONCE)));
    const startMs = Date.parse(day);
    for (let fromMs = startMs; fromMs < startMs + DAY_MS; fromMs += lengthMs) {
      await derivePiece(history, fromMs, Math.min(fromMs + lengthMs, startMs + DAY_MS));
    }
  }
}

async function derivePiece(history: History, fromMs: number, toMs: number): Promise<void> {
  const [from, to] = [fromMs, toMs].map((ms) => `fromUnixTimestamp64Milli(toInt64(${ms}), 'UTC')`);
  const where = `at >= ${from} AND at < ${to}`;
  for (const table of derivedTables) {
    await history.command(
      `INSERT INTO ${table} ${derivedSelect(table, { table: "reports", where })}`,
      {
        settings: {
          // The same rows may have been inserted before, and are meant to be again.
          insert_deduplicate: 0,
          max_bytes_before_external_group_by: GROUP_BYTES_MAX,
          max_partitions_per_insert_block: "0",
        },
      },
    );
  }
}
