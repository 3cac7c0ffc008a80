// Reads of the log, on a connection of their own: a reader never waits for a writer in WAL mode.

import { crc32 } from "node:zlib";
import { StreamCorruptError } from "./log.ts";
import type { Entry, ReadLimits, Totals } from "./log.ts";
import { kinds, lanes } from "./append-plan.ts";
import { asStreamError, partitionStride } from "./sqlite-files.ts";
import type { SqliteFiles } from "./sqlite-files.ts";

export interface SqliteReader {
  read(partition: number, offset: number, limits: ReadLimits): readonly Entry[];
  bounds(): readonly { start: number; end: number }[];
  /** Clock of the append that holds this offset, epoch ms; undefined at the end. */
  appendedAt(partition: number, offset: number): number | undefined;
  totals(): Totals;
  /** Changes with each commit of anybody. */
  version(): number;
  /** Bytes of the database file that are in use. */
  usedBytes(): number;
}

/** Entries looked at for one read; more only fit when they are tiny, and then come next time. */
const ENTRIES_MAX = 4_096;

/** @throws (each function) StreamCorruptError */
export function createSqliteReader(files: SqliteFiles): SqliteReader {
  const sql = prepare(files);

  function guard<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw asStreamError(error, files.path);
    }
  }

  function idHolding(partition: number, offset: number): number {
    const base = partition * partitionStride;
    const row = sql.holding.get(base + offset, base);
    if (row === undefined) return base + offset;
    const id = Number(row["id"]);
    return id + Number(row["count"]) > base + offset ? id : base + offset;
  }

  function read(partition: number, offset: number, limits: ReadLimits): readonly Entry[] {
    const first = idHolding(partition, offset);
    const limit = (partition + 1) * partitionStride;
    let count = 0;
    let sizeBytes = 0;
    let last = -1;
    for (const row of sql.sizes.all(first, limit, ENTRIES_MAX)) {
      count += Number(row["count"]);
      sizeBytes += Number(row["size"]);
      if (last !== -1 && (count > limits.maxCount || sizeBytes > limits.maxBytes)) break;
      last = Number(row["id"]);
    }
    if (last === -1) return [];
    return sql.entries.all(first, last).map((row) => entryOf(row, partition, files.path));
  }

  return {
    read: (partition, offset, limits) => guard(() => read(partition, offset, limits)),
    bounds: () =>
      guard(() =>
        sql.bounds.all().map((row) => ({ start: Number(row["start"]), end: Number(row["end"]) })),
      ),
    appendedAt: (partition, offset) =>
      guard(() => {
        const first = idHolding(partition, offset);
        const row = sql.age.get(first, (partition + 1) * partitionStride);
        return row === undefined ? undefined : Number(row["appended_at"]);
      }),
    totals: () =>
      guard(() => {
        const row = sql.totals.get();
        return {
          accepted: Number(row?.["accepted"]),
          duplicates: Number(row?.["duplicates"]),
          quarantined: Number(row?.["quarantined"]),
        };
      }),
    version: () => guard(() => Number(sql.version.get()?.["data_version"])),
    usedBytes: () =>
      guard(() => {
        const pages = Number(sql.pages.get()?.["page_count"]);
        const free = Number(sql.free.get()?.["freelist_count"]);
        return (pages - free) * Number(sql.pageBytes.get()?.["page_size"]);
      }),
  };
}

function entryOf(row: Record<string, unknown>, partition: number, path: string): Entry {
  const offset = Number(row["id"]) - partition * partitionStride;
  const bytes = row["bytes"];
  const kind = kinds[Number(row["kind"])];
  const lane = lanes[Number(row["lane"])];
  const isWhole = bytes instanceof Uint8Array && crc32(bytes) === row["crc"];
  if (!isWhole || kind === undefined || lane === undefined) {
    throw new StreamCorruptError(path, `the entry at offset ${offset} of partition ${partition}`);
  }
  const appendedAt = Number(row["appended_at"]);
  return { partition, offset, count: Number(row["count"]), kind, lane, appendedAt, bytes };
}

function prepare({ reader }: SqliteFiles) {
  return {
    holding: reader.prepare(
      "SELECT id, count FROM entries WHERE id <= ? AND id >= ? ORDER BY id DESC LIMIT 1",
    ),
    sizes: reader.prepare(
      "SELECT id, count, length(bytes) AS size FROM entries WHERE id >= ? AND id < ? " +
        "ORDER BY id LIMIT ?",
    ),
    entries: reader.prepare("SELECT * FROM entries WHERE id >= ? AND id <= ? ORDER BY id"),
    age: reader.prepare(
      "SELECT appended_at FROM entries WHERE id >= ? AND id < ? ORDER BY id LIMIT 1",
    ),
    bounds: reader.prepare('SELECT "start", "end" FROM heads ORDER BY partition'),
    totals: reader.prepare("SELECT accepted, duplicates, quarantined FROM totals"),
    version: reader.prepare("PRAGMA data_version"),
    pages: reader.prepare("PRAGMA page_count"),
    free: reader.prepare("PRAGMA freelist_count"),
    pageBytes: reader.prepare("PRAGMA page_size"),
  };
}
