// The same rows inserted into what stands beside the journey, one after another: chDB alone, with
// and without views, a Redis stream, InfluxDB and VictoriaMetrics.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Report } from "@drover/core/model/report";
import { createRowEncoder } from "@drover/core/model/row-encoder";
import { defaultPartitions, partitionOf } from "@drover/core/stream/partition";
import type { BareAnswer, BareOptions, BareOrder } from "./bare-chdb.ts";
import { startHelper } from "./child.ts";
import { lineOf, type Body } from "./peers/line-protocol.ts";
import { scratchFolder } from "./scratch.ts";

const chdbBatch = 10_000;
const memoryBytes = 512 * 1024 * 1024;
/** Warms the engine up before the clock starts. */
const warmUpFiles = 5;

/** Rows/s of chDB alone, batches of 10,000 from files of RowBinary. */
export async function insertIntoChdb(
  reports: readonly Report[],
  hasViews: boolean,
): Promise<BareAnswer & { perSecond: number }> {
  const folder = scratchFolder("chdb");
  const files = await writeRows(reports, folder);
  const options: BareOptions = { folder: join(folder, "data"), hasViews, memoryBytes };
  await using chdb = await startHelper<BareOrder, BareAnswer>("bare-chdb.ts", options);
  await chdb.ask({ files: files.slice(0, warmUpFiles) });
  const answer = await chdb.ask({ files: files.slice(warmUpFiles) });
  const wanted = reports.length - warmUpFiles * chdbBatch;
  if (answer.rows !== wanted) throw new Error(`bare chdb: ${answer.rows} rows of ${wanted}`);
  return { ...answer, perSecond: answer.rows / answer.seconds };
}

async function writeRows(reports: readonly Report[], folder: string): Promise<readonly string[]> {
  const encoder = createRowEncoder();
  const files: string[] = [];
  for (let from = 0; from < reports.length; from += chdbBatch) {
    encoder.reset();
    for (const [index, report] of reports.slice(from, from + chdbBatch).entries()) {
      encoder.encode(report, stampOf(from + index));
    }
    const file = join(folder, `${files.length}.bin`);
    await writeFile(file, encoder.bytes());
    files.push(file);
  }
  return files;
}

function stampOf(index: number) {
  const at = Date.now();
  return { edge: "bench", epoch: 1, seq: index + 1, sentAt: at, receivedAt: at, suspect: false };
}

/** What the stream would hold of batches of 500: a blob for each partition that one touches. */
export function toBlobs(reports: readonly Report[]): readonly { reports: number; bytes: Buffer }[] {
  const encoders = Array.from({ length: defaultPartitions }, () => createRowEncoder(8_192));
  const blobs: { reports: number; bytes: Buffer }[] = [];
  for (let from = 0; from < reports.length; from += 500) {
    const counts = new Uint32Array(defaultPartitions);
    for (const encoder of encoders) encoder.reset();
    for (const [index, report] of reports.slice(from, from + 500).entries()) {
      const partition = partitionOf(report.asset, defaultPartitions);
      encoders[partition]?.encode(report, stampOf(from + index));
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    for (const [partition, encoder] of encoders.entries()) {
      const count = counts[partition] ?? 0;
      if (count > 0) blobs.push({ reports: count, bytes: Buffer.from(encoder.bytes()) });
    }
  }
  return blobs;
}

/** Line protocol in requests of `batch` reports. */
export function toLineBodies(reports: readonly Report[], batch: number): readonly Body[] {
  const bodies: Body[] = [];
  for (let from = 0; from < reports.length; from += batch) {
    const part = reports.slice(from, from + batch);
    bodies.push({ reports: part.length, text: part.map(lineOf).join("\n") });
  }
  return bodies;
}
