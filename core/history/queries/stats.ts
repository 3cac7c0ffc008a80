// What history holds, from the parts' own counts: no row is read.

import type { History } from "../client.ts";

export interface HistoryStats {
  /** Rows in `reports`. */
  readonly stored: number;
  /** On the disk, by table. */
  readonly tables: readonly { table: string; rows: number; sizeBytes: number; parts: number }[];
  /** All tables together, for each report; 0 when there is none. */
  readonly bytesPerReport: number;
}

export async function historyStats(history: History): Promise<HistoryStats> {
  const tables = await history.rows<{
    table: string;
    rows: number;
    sizeBytes: number;
    parts: number;
  }>(
    `SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS sizeBytes, count() AS parts
     FROM system.parts WHERE active AND database = {database:String} GROUP BY table ORDER BY table`,
    { params: { database: history.database } },
  );
  const stored = await storedReports(history);
  const sizeBytes = tables.reduce((sum, table) => sum + table.sizeBytes, 0);
  return { stored, tables, bytesPerReport: stored === 0 ? 0 : sizeBytes / stored };
}

/** Rows in `reports`. */
export async function storedReports(history: History): Promise<number> {
  const [count] = await history.rows<{ stored: number }>("SELECT count() AS stored FROM reports");
  return count?.stored ?? 0;
}
