// Puts the latest of every asset, as history knows it, on the board.

import { setImmediate as turn } from "node:timers/promises";
import type { History } from "@drover/core/history/client";
import { latestReports } from "@drover/core/history/queries/assets";
import { boundTo } from "../history-reader.ts";
import type { Board } from "./board.ts";

/** Any order of reports gives the same board; requests are answered between two pages. */
export async function seedBoard(
  board: Board,
  history: History,
  signal: AbortSignal,
): Promise<void> {
  for await (const reports of latestReports(boundTo(history, signal))) {
    signal.throwIfAborted();
    for (const report of reports) board.apply(report);
    await turn();
  }
}
