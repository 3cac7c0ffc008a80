// Fills history through its own insert path, without the stream before it: the way to have many rows
// soon. Rows look as if an edge had sent them in batches.

import type { History } from "@drover/core/history/client";
import { insertBatch } from "@drover/core/history/insert";
import { freezeBatch } from "@drover/core/history/manifest";
import type { Report } from "@drover/core/model/report";
import { createRowEncoder } from "@drover/core/model/row-encoder";

const feedRows = 250_000;
/** What one body may be, with room for another 40,000 rows; stations' rows are wide. */
const feedBytes = 40 * 1024 * 1024;
const reportRows = 40_000;
/** Reports of this much event time travel together. */
const batchMs = 250;

/** @returns how many reports that were. */
export async function fillHistory(
  history: History,
  rounds: Iterable<readonly Report[]>,
  progress: (rows: number) => void,
): Promise<number> {
  const encoder = createRowEncoder(32 * 1024 * 1024);
  let waiting: Uint8Array[] = [];
  let waitingRows = 0;
  let encoded = 0;
  let rows = 0;

  async function store(): Promise<void> {
    if (encoded === 0) return;
    const bytes = encoder.bytes().slice();
    const range = [0, rows - encoded, rows] as const;
    await insertBatch(history, freezeBatch("reports", [[...range]], [bytes]));
    encoder.reset();
    waiting.push(bytes);
    waitingRows += encoded;
    encoded = 0;
  }

  async function feed(): Promise<void> {
    if (waitingRows === 0) return;
    await insertBatch(history, freezeBatch("feed", [[0, rows - waitingRows, rows]], waiting));
    [waiting, waitingRows] = [[], 0];
    progress(rows);
  }

  for (const round of rounds) {
    for (const report of round) {
      encoder.encode(report, stampOf(report, rows));
      rows++;
      encoded++;
      if (encoded < reportRows) continue;
      await store();
      const waitingBytes = waiting.reduce((sum, { length }) => sum + length, 0);
      if (waitingRows >= feedRows || waitingBytes >= feedBytes) await feed();
    }
  }
  await store();
  await feed();
  return rows;
}

function stampOf({ at }: Report, index: number) {
  const batch = Math.floor(at / batchMs);
  const sentAt = (batch + 1) * batchMs + ((batch * 7) % 20);
  const receivedAt = sentAt + 5 + ((batch * 13) % 15);
  return { edge: "bench", epoch: 1, seq: index + 1, sentAt, receivedAt, suspect: false };
}
