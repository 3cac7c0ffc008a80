// What the processor's tests share: reports in a stream, and a pipeline in this process.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createShapes } from "@drover/core/fleet/shapes";
import type { History } from "@drover/core/history/client";
import type { Report } from "@drover/core/model/report";
import { createRowEncoder } from "@drover/core/model/row-encoder";
import { systemClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import type { Metrics } from "@drover/core/service/metrics";
import type { Slice, StreamLog } from "@drover/core/stream/log";
import { openStream } from "@drover/core/stream/open";
import { partitionOf } from "@drover/core/stream/partition";
import { createEvents } from "./events.ts";
import { historyGroup, runHistoryPipeline } from "./pipelines/history.ts";
import type { HistoryPipelineConfig } from "./pipelines/history.ts";

export interface TestStream extends AsyncDisposable {
  readonly url: string;
  readonly stream: StreamLog;
  /** Another handle on the same log, as another process has it. */
  open(): Promise<StreamLog>;
  /** Appends so many new reports, in one batch. */
  append(count: number): Promise<void>;
  /** Appends a line that was set aside. */
  appendRefused(): Promise<void>;
  /** Reports appended so far. */
  appended(): number;
  /** Resolves once everything is stored and through the views, and survives a power cut. */
  drained(): Promise<void>;
}

const partitions = 4;
const POLL_MS = 10;

/** A log in a temporary folder, of few partitions and short leases. */
export async function createTestStream(): Promise<TestStream> {
  const folder = await mkdtemp(join(tmpdir(), "drover-processor-"));
  const url = `sqlite:${join(folder, "stream.db")}`;
  const opened: StreamLog[] = [];
  const open = async () => {
    const options = { url, partitions, leaseMs: 2_000, heartbeatMs: 100 };
    const stream = await openStream(options, { clock: systemClock });
    opened.push(stream);
    return stream;
  };
  const stream = await open();
  await stream.ensureGroup(historyGroup);
  const startAt = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 60_000;
  const shape = { shape: "aircraft", assets: 50, intervalMs: 1_000, seed: 5 } as const;
  const shapes = createShapes({ ...shape, startAt });
  let seq = 0;
  let reports = 0;
  return {
    url,
    stream,
    open,
    appended: () => reports,
    async append(count) {
      const slices = encodeSlices(shapes.take(count), seq);
      seq += count;
      reports += count;
      await appendSlices(stream, slices);
    },
    async appendRefused() {
      seq += 1;
      await appendSlices(stream, [refusedSlice(seq, stream.quarantinePartition)]);
    },
    async drained() {
      for (;;) {
        const { perPartition } = await stream.lag(historyGroup);
        if (perPartition.every(({ end, synced }) => synced === end)) return;
        await systemClock.sleep(POLL_MS);
      }
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Rows by partition, numbered after `lastSeq`. */
function encodeSlices(reports: readonly Report[], lastSeq: number): Slice[] {
  const numbered = reports.map((report, index) => ({ report, seq: lastSeq + index + 1 }));
  const groups = Map.groupBy(numbered, ({ report }) => partitionOf(report.asset, partitions));
  return [...groups].map(([partition, group]) => {
    const encoder = createRowEncoder();
    const ends = group.map(({ report, seq }) => {
      const times = { sentAt: report.at, receivedAt: Date.now() };
      return encoder.encode(report, { edge: "edge-1", epoch: 1, seq, ...times, suspect: false });
    });
    const seqs = group.map(({ seq }) => seq);
    return { partition, kind: "rows", bytes: Buffer.from(encoder.bytes()), ends, seqs };
  });
}

function refusedSlice(seq: number, partition: number): Slice {
  const line = { id: `edge-1:1:${seq}`, edge: "edge-1", epoch: 1, seq, line: 1 };
  const why = { reason: "bad-json", detail: "line: not JSON", receivedAt: Date.now(), text: "{" };
  const bytes = Buffer.from(`${JSON.stringify({ ...line, ...why })}\n`);
  return { partition, kind: "quarantine", bytes, ends: [bytes.length], seqs: [seq] };
}

async function appendSlices(stream: StreamLog, slices: readonly Slice[]): Promise<void> {
  await stream.append({
    identity: { kind: "seq", edge: "edge-1", epoch: 1 },
    lane: "live",
    slices,
  });
}

export const testConfig: HistoryPipelineConfig = {
  rowsMax: 2_000,
  bytesMax: 1_000_000,
  lingerMs: 5,
  idleLingerMs: 5,
  heavyLingerMs: 5,
  feedRowsMax: 5_000,
  feedBytesMax: 4_000_000,
  feedLingerMs: 50,
  syncMs: 50,
};

export interface RunningPipeline {
  readonly metrics: Metrics;
  /** Lets it end what it began, and leaves the group. */
  stop(): Promise<void>;
  /** Ends as a killed process does: nothing more is written down. */
  readonly ended: Promise<void>;
}

/** A pipeline as a process of its own would run it. */
export async function startPipeline(
  member: string,
  deps: { stream: StreamLog; history: History; config?: Partial<HistoryPipelineConfig> },
): Promise<RunningPipeline> {
  const { stream, history } = deps;
  const metrics = createMetrics({ service: "test" });
  const events = createEvents({ metrics, log: silentLog });
  const consumer = await stream.join(historyGroup, member);
  const stopping = new AbortController();
  const ended = runHistoryPipeline(
    { ...testConfig, ...deps.config },
    { stream, consumer, history, clock: systemClock, events },
    stopping.signal,
  );
  ended.catch(() => {});
  return {
    metrics,
    ended,
    async stop() {
      stopping.abort();
      await ended;
      await consumer.leave();
      await consumer[Symbol.asyncDispose]();
    },
  };
}

/** A counter's value, over all its labels. */
export async function countOf(metrics: Metrics, name: string): Promise<number> {
  const lines = (await metrics.expose())
    .split("\n")
    .filter((line) => line.startsWith(`drover_${name}`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/** What is stored and what the views made of it; each must equal what was appended. */
export async function countStored(history: History): Promise<Record<string, number>> {
  const [counts] = await history.rows<Record<string, number>>(
    `SELECT (SELECT count() FROM reports) AS stored, (SELECT uniqExact(seq) FROM reports) AS unique,
       (SELECT sum(reports) FROM motion WHERE step = 60) AS minutes,
       (SELECT sum(reports) FROM motion WHERE step = 86400) AS days,
       (SELECT sum(reports) FROM heat WHERE resolution = 7) AS heat`,
  );
  return counts ?? {};
}

export const all = (count: number): Record<string, number> => ({
  stored: count,
  unique: count,
  minutes: count,
  days: count,
  heat: count,
});
