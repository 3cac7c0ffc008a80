// Inserts of frozen batches. Bytes go as they lie in the stream, through `exec` with a stream of
// values: the client's `insert` takes no RowBinary, `exec` hands the buffers to the socket.

import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { ClickHouseSettings } from "@clickhouse/client";
import type { History } from "./client.ts";
import { rowColumnNames } from "./columns.ts";
import type { Batch } from "./manifest.ts";

/**
 * Settings of every insert. The same ones must go with a repetition: the database splits an insert
 * into blocks by them, and recognises it block by block.
 */
function insertSettings(token: string): ClickHouseSettings {
  return {
    insert_deduplication_token: token,
    deduplicate_blocks_in_dependent_materialized_views: 1,
    // One thread, so that the rows have one order; the other core is for those who send.
    max_threads: 1,
    max_insert_threads: "1",
    // A backlog may be of any age within the retention.
    max_partitions_per_insert_block: "0",
    max_insert_block_size: "4194304",
    input_format_parallel_parsing: 0,
    // A line may say more than the table keeps; that must not stop the ones behind it.
    input_format_skip_unknown_fields: 1,
    // The answer comes when it is done, whatever the server's own defaults are.
    async_insert: 0,
  };
}

const rowsInto = (table: string): string =>
  `INSERT INTO ${table} (${rowColumnNames}) FORMAT RowBinary`;

/** Lines as ingest sets them aside, one JSON object each. */
const quarantineStatement = `INSERT INTO quarantine
  (id, edge, epoch, seq, line, reason, detail, received_at, text, is_truncated, version)
  SELECT id, edge, epoch, seq, line, reason, detail, fromUnixTimestamp64Milli(receivedAt, 'UTC'),
    text, truncated, 1
  FROM input('id String, edge String, epoch UInt32, seq UInt64, line UInt32, reason String,
    detail String, receivedAt Int64, text String, truncated Bool')
  FORMAT JSONEachRow`;

/**
 * Inserts a batch once, however often it is called with the same one.
 *
 * Resolves when the rows are visible. After a rejection the outcome may be unknown: call again with
 * the same batch.
 */
export async function insertBatch(
  history: History,
  batch: Batch,
  signal?: AbortSignal,
): Promise<void> {
  const { target, token } = batch.manifest;
  const statement = target === "quarantine" ? quarantineStatement : rowsInto(target);
  await send(history, { statement, token, chunks: batch.chunks }, signal);
}

/** Inserts report rows (`core/model/row.ts`) into any table that has their columns, under a token. */
export async function insertRows(
  history: History,
  rows: { readonly table: string; readonly token: string; readonly chunks: readonly Uint8Array[] },
  signal?: AbortSignal,
): Promise<void> {
  await send(history, { ...rows, statement: rowsInto(rows.table) }, signal);
}

async function send(
  history: History,
  insert: { statement: string; token: string; chunks: readonly Uint8Array[] },
  signal: AbortSignal | undefined,
): Promise<void> {
  const answer = await history.client.exec({
    query: insert.statement,
    values: Readable.from(insert.chunks, { objectMode: false }),
    clickhouse_settings: insertSettings(insert.token),
    ...(signal && { abort_signal: signal }),
  });
  // The socket is free for the next request only once the answer was read.
  answer.stream.resume();
  await finished(answer.stream);
}
