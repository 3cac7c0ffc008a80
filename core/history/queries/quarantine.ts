// Lines that were set aside: read by people, and let in again by them.

import { z } from "zod";
import type { History } from "../client.ts";

export interface QuarantinedLine {
  readonly id: string;
  /** Empty for a sender without an edge identity. */
  readonly edge: string;
  readonly epoch: number;
  readonly seq: number;
  readonly line: number;
  readonly reason: string;
  readonly detail: string;
  /** Ingest clock, epoch ms. */
  readonly receivedAt: number;
  readonly text: string;
  readonly isTruncated: boolean;
  /** When somebody let it in; epoch ms. */
  readonly readmittedAt: number | null;
}

export interface QuarantineFilter {
  readonly reason?: string | undefined;
  readonly edge?: string | undefined;
  /** Leave out what was let in. */
  readonly isWaiting?: boolean | undefined;
}

const columns = `id, edge, epoch, seq, line, reason, detail,
  toUnixTimestamp64Milli(received_at) AS receivedAt, text, is_truncated AS isTruncated,
  if(readmitted_at IS NULL, NULL, toUnixTimestamp64Milli(assumeNotNull(readmitted_at))) AS readmittedAt`;

/** `[receivedAt, id]` of the last line of the page before, as text. */
const Cursor = z.tuple([z.int().min(0), z.string().max(200)]);

/** Newest first. `next` is the cursor of the following page. */
export async function listQuarantine(
  history: History,
  filter: QuarantineFilter,
  page: { readonly after?: string | undefined; readonly limit: number },
): Promise<{ items: readonly QuarantinedLine[]; next: string | undefined }> {
  const where = ["1"];
  const params: Record<string, unknown> = { limit: page.limit };
  if (filter.reason !== undefined) {
    where.push("reason = {reason:String}");
    params["reason"] = filter.reason;
  }
  if (filter.edge !== undefined) {
    where.push("edge = {edge:String}");
    params["edge"] = filter.edge;
  }
  if (filter.isWaiting === true) where.push("readmitted_at IS NULL");
  if (page.after !== undefined) {
    const [at, id] = Cursor.parse(JSON.parse(page.after));
    where.push(`(toUnixTimestamp64Milli(received_at), id) < ({afterAt:Int64}, {afterId:String})`);
    Object.assign(params, { afterAt: at, afterId: id });
  }
  const items = await history.rows<QuarantinedLine>(
    `SELECT ${columns} FROM quarantine FINAL WHERE ${where.join(" AND ")}
     ORDER BY received_at DESC, id DESC LIMIT {limit:UInt32}`,
    { params },
  );
  const last = items.at(-1);
  const hasMore = last !== undefined && items.length === page.limit;
  return { items, next: hasMore ? JSON.stringify([last.receivedAt, last.id]) : undefined };
}

/** One line, whole; undefined when there is none of that id. */
export async function getQuarantined(
  history: History,
  id: string,
): Promise<QuarantinedLine | undefined> {
  const [line] = await history.rows<QuarantinedLine>(
    `SELECT ${columns} FROM quarantine FINAL WHERE id = {id:String}`,
    { params: { id } },
  );
  return line;
}

/** Notes that lines were let in; those that are not there are passed over. */
export async function markReadmitted(
  history: History,
  ids: readonly string[],
  atMs: number,
): Promise<void> {
  await history.command(
    `INSERT INTO quarantine SELECT id, edge, epoch, seq, line, reason, detail, received_at, text,
       is_truncated, fromUnixTimestamp64Milli({at:Int64}, 'UTC'), version + 1
     FROM quarantine FINAL WHERE id IN {ids:Array(String)}`,
    { params: { ids: [...ids], at: atMs }, settings: { insert_deduplicate: 0 } },
  );
}
