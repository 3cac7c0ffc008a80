// Reports for the tests of this folder, and a stream to carry them.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lane } from "@drover/core/model/ingest";
import type { StampedReport } from "@drover/core/model/report";
import { createRowEncoder } from "@drover/core/model/row-encoder";
import { systemClock } from "@drover/core/service/clock";
import type { StreamLog } from "@drover/core/stream/log";
import { openStream } from "@drover/core/stream/open";
import { partitionOf } from "@drover/core/stream/partition";

/** A stamped report of an aircraft; what a test is about is given in `change`. */
export function reportOf(change: Partial<StampedReport> & { at: number }): StampedReport {
  return {
    asset: "aircraft:7c6b2d",
    kind: "aircraft",
    source: "readsb",
    edge: "edge-a",
    epoch: 1,
    seq: change.at,
    sentAt: change.at + 100,
    receivedAt: change.at + 200,
    suspect: false,
    ...change,
  };
}

/** Rows back to back, as they lie in the stream. */
export function encodeReports(reports: readonly StampedReport[]): Buffer {
  const encoder = createRowEncoder();
  for (const report of reports) encoder.encode(report, report);
  return Buffer.from(encoder.bytes());
}

let lastSeq = 0;

/** Appends one entry for each report, in order. */
export async function appendReports(
  stream: StreamLog,
  reports: readonly StampedReport[],
  lane: Lane = "live",
): Promise<void> {
  for (const report of reports) {
    const bytes = encodeReports([report]);
    const partition = partitionOf(report.asset, stream.partitions);
    const seqs = [++lastSeq];
    await stream.append({
      identity: { kind: "seq", edge: "edge-a", epoch: 1 },
      lane,
      slices: [{ partition, kind: "rows", bytes, ends: [bytes.length], seqs }],
    });
  }
}

/** What the `history` pipeline does when it has stored all that is there. */
export async function syncHistory(stream: StreamLog, group: string): Promise<void> {
  await using consumer = await stream.join(group, "history-1");
  const bounds = await stream.bounds();
  for (const lease of consumer.leases()) {
    const end = bounds[lease.partition]?.end ?? 0;
    await consumer.commit(lease, { committed: end, synced: end });
  }
}

/** A stream of its own in a folder of its own, which goes with the scope. */
export async function temporaryStream(
  partitions: number,
): Promise<{ stream: StreamLog; url: string; folder: string } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "drover-api-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const url = `sqlite:${folder}/stream.db`;
  const stream = stack.use(await openStream({ url, partitions }, { clock: systemClock }));
  const kept = stack.move();
  return { stream, url, folder, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
