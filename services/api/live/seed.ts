// Puts the latest of every asset, as history knows it, on the board.

import type { History } from "@drover/core/history/client";
import { rowColumnNames } from "@drover/core/history/columns";
import { decodeRows } from "@drover/core/model/row";
import type { Board } from "./board.ts";

/** Sections of an asset are at most 16 rows of `latest`; two or three is what assets have. */
const rowsPerAsset = 3;
const timeMs = 30_000;

/** Newest first when there are more than the board holds. Any order of rows gives the same board. */
export async function seedBoard(
  board: Board,
  deps: { readonly history: History; readonly assetsMax: number },
  signal: AbortSignal,
): Promise<void> {
  const { history, assetsMax } = deps;
  const { stream } = await history.client.exec({
    query: `SELECT ${rowColumnNames} FROM latest FINAL ORDER BY at DESC LIMIT {rows:UInt64} FORMAT RowBinary`,
    query_params: { rows: assetsMax * rowsPerAsset },
    clickhouse_settings: { max_execution_time: timeMs / 1_000 },
    abort_signal: AbortSignal.any([signal, AbortSignal.timeout(timeMs)]),
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) if (chunk instanceof Uint8Array) chunks.push(chunk);
  for (const report of decodeRows(Buffer.concat(chunks)).toReversed()) board.apply(report);
}
