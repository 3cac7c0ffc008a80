// What the tests of watching share: a stream and records in a temporary folder, and the pipeline in this
// process or in one of its own.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoredEvent } from "@drover/core/model/event";
import type { Lane } from "@drover/core/model/ingest";
import type { Report } from "@drover/core/model/report";
import { createRowEncoder } from "@drover/core/model/row-encoder";
import { createAlerts } from "@drover/core/records/alerts";
import type { Alerts } from "@drover/core/records/alerts";
import { createEdgeLinks } from "@drover/core/records/edge-links";
import type { EdgeLinks } from "@drover/core/records/edge-links";
import { openRecords } from "@drover/core/records/open";
import { createRules } from "@drover/core/records/rules";
import type { Rules } from "@drover/core/records/rules";
import { createWatchCounts } from "@drover/core/records/watch-counts";
import { createWatchEvents } from "@drover/core/records/watch-events";
import type { WatchEvents } from "@drover/core/records/watch-events";
import { createZones } from "@drover/core/records/zones";
import type { Zones } from "@drover/core/records/zones";
import { systemClock } from "@drover/core/service/clock";
import type { Clock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import type { Metrics } from "@drover/core/service/metrics";
import type { Slice, StreamLog } from "@drover/core/stream/log";
import { openStream } from "@drover/core/stream/open";
import { partitionOf } from "@drover/core/stream/partition";
import { runWatchPipeline, watchGroup } from "../pipelines/watch.ts";
import type { WatchPipelineConfig, WatchPipelineDeps } from "../pipelines/watch.ts";
import { createWatchCounters } from "./events.ts";

export interface WatchRig extends AsyncDisposable {
  readonly streamUrl: string;
  readonly recordsUrl: string;
  readonly stream: StreamLog;
  readonly zones: Zones;
  readonly rules: Rules;
  readonly events: WatchEvents;
  readonly alerts: Alerts;
  readonly links: EdgeLinks;
  /** Appends reports, in one batch. */
  append(
    reports: readonly Report[],
    options?: { readonly lane?: Lane; readonly receivedAt?: (report: Report) => number },
  ): Promise<void>;
  /** Resolves once everything is judged, recorded and written down. */
  drained(): Promise<void>;
  /** All events, oldest first by their time. */
  told(): Promise<readonly StoredEvent[]>;
  start(member: string, options?: StartOptions): Promise<RunningWatch>;
}

export interface StartOptions {
  readonly config?: Partial<WatchPipelineConfig>;
  readonly clock?: Clock;
}

export interface RunningWatch {
  readonly metrics: Metrics;
  stop(): Promise<void>;
}

export const testPartitions = 4;
const POLL_MS = 10;

export const testConfig: WatchPipelineConfig = {
  roundRowsMax: 2_000,
  roundMs: 5,
  commitMs: 20,
  graceMs: 0,
  settleMs: 0,
  assetsMax: 10_000,
  tickMs: 20,
  roamingKinds: ["aircraft"],
};

export async function createWatchRig(): Promise<WatchRig> {
  const folder = await mkdtemp(join(tmpdir(), "drover-watch-"));
  const streamUrl = `sqlite:${join(folder, "stream.db")}`;
  const recordsUrl = `sqlite:${join(folder, "records.db")}`;
  const clock = systemClock;
  const open = () =>
    openStream(
      { url: streamUrl, partitions: testPartitions, leaseMs: 2_000, heartbeatMs: 100 },
      { clock },
    );
  const stream = await open();
  await stream.ensureGroup(watchGroup);
  const records = await openRecords({ url: recordsUrl }, { clock });
  // Reports of tests are of an hour ago; zones hold for them.
  const before = { now: () => clock.now() - 2 * 3_600_000 };
  const stores = {
    zones: createZones({ records, clock: before }),
    rules: createRules({ records, clock }),
    events: createWatchEvents({ records, clock }),
    alerts: createAlerts({ records, clock }),
    counts: createWatchCounts({ records }),
    links: createEdgeLinks({ records, clock }),
  };
  let seq = 0;
  return {
    ...stores,
    streamUrl,
    recordsUrl,
    stream,
    async append(reports, { lane = "live", receivedAt = (report: Report) => report.at + 50 } = {}) {
      const slices = encodeSlices(reports, seq, receivedAt);
      seq += reports.length;
      const identity = { kind: "seq", edge: "edge-1", epoch: 1 } as const;
      await stream.append({ identity, lane, slices });
    },
    async drained() {
      for (;;) {
        const { perPartition } = await stream.lag(watchGroup);
        if (perPartition.every(({ end, synced }) => synced === end)) return;
        await clock.sleep(POLL_MS);
      }
    },
    async told() {
      const all = await stores.events.after(0, 10_000);
      return all.toSorted((a, b) => a.at - b.at || a.number - b.number);
    },
    start: async (member, options = {}) =>
      startWatch(member, { ...stores, stream: await open() }, options),
    async [Symbol.asyncDispose]() {
      await stream[Symbol.asyncDispose]();
      await records[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Rows by partition, numbered after `lastSeq`. */
function encodeSlices(
  reports: readonly Report[],
  lastSeq: number,
  receivedAt: (report: Report) => number,
): Slice[] {
  const numbered = reports.map((report, index) => ({ report, seq: lastSeq + index + 1 }));
  const groups = Map.groupBy(numbered, ({ report }) => partitionOf(report.asset, testPartitions));
  return [...groups].map(([partition, group]) => {
    const encoder = createRowEncoder();
    const ends = group.map(({ report, seq }) => {
      const at = receivedAt(report);
      const stamp = { edge: "edge-1", epoch: 1, seq, sentAt: at, receivedAt: at };
      return encoder.encode(report, { ...stamp, suspect: false });
    });
    const seqs = group.map(({ seq }) => seq);
    return { partition, kind: "rows", bytes: Buffer.from(encoder.bytes()), ends, seqs };
  });
}

async function startWatch(
  member: string,
  deps: Omit<WatchPipelineDeps, "consumer" | "clock" | "counters">,
  options: StartOptions,
): Promise<RunningWatch> {
  const { stream } = deps;
  const consumer = await stream.join(watchGroup, member);
  const metrics = createMetrics({ service: "test" });
  const stopping = new AbortController();
  const ended = runWatchPipeline(
    { ...testConfig, ...options.config },
    {
      ...deps,
      consumer,
      clock: options.clock ?? systemClock,
      counters: createWatchCounters({ metrics, log: silentLog }),
    },
    stopping.signal,
  );
  ended.catch(() => {});
  return {
    metrics,
    async stop() {
      stopping.abort();
      await ended;
      await consumer[Symbol.asyncDispose]();
      await stream[Symbol.asyncDispose]();
    },
  };
}

/** What must be equal whoever recorded it when. */
export const essence = (events: readonly StoredEvent[]): readonly string[] =>
  events
    .map(({ id, kind, at, asset, rule, zone, retro }) =>
      [at, kind, asset ?? "", rule ?? "", zone ?? "", retro ? "retro" : "", id].join(" "),
    )
    .toSorted();

/** Polls until it holds; a test's own timeout is the limit. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await systemClock.sleep(POLL_MS);
}
