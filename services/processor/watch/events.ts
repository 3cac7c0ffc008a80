import type { WatchEvent } from "@drover/core/model/event";
import type { Log } from "@drover/core/service/log";
import { latencySeconds } from "@drover/core/service/metrics";
import type { Metrics } from "@drover/core/service/metrics";
import type { GroupLag } from "@drover/core/stream/log";

/** Everything worth counting while watching, one function each. */
export interface WatchCounters {
  /** Reports whose events are recorded, and how long the first of them lay in the stream, ms. */
  judged(reports: number, waitedMs: number): void;
  /** Events that are new, with the age of the youngest report behind them. */
  recorded(events: readonly WatchEvent[], nowMs: number): void;
  recordingFailed(error: unknown, delayMs: number): void;
  committed(partitions: number, sizeBytes: number, tookMs: number): void;
  /** Assets that no longer fitted into a checkpoint, or into memory. */
  forgotten(partition: number, assets: number): void;
  notesUnreadable(partition: number): void;
  leasesChanged(partitions: readonly number[]): void;
  leaseLost(partition: number): void;
  assetsSeen(assets: number): void;
  lagSeen(lag: GroupLag): void;
  definitionsRead(
    revision: number,
    counts: { readonly zones: number; readonly rules: number },
    faults: readonly string[],
  ): void;
  definitionsFailed(error: unknown): void;
  sideWorkFailed(work: string, error: unknown): void;
}

export function createWatchCounters(deps: { metrics: Metrics; log: Log }): WatchCounters {
  const { log } = deps;
  const series = createSeries(deps.metrics);
  return {
    judged(reports, waitedMs) {
      series.reports.inc(reports);
      series.waited.observe(Math.max(0, waitedMs) / 1_000);
    },
    recorded(events, nowMs) {
      for (const { kind, retro, at } of events) {
        series.events.inc({ kind, retro: String(retro) });
        if (!retro) series.eventAge.observe(Math.max(0, nowMs - at) / 1_000);
      }
    },
    recordingFailed(error, delayMs) {
      series.failures.inc({ work: "record" });
      log.warn({ err: error, delayMs }, "could not record what was noticed; trying again");
    },
    committed(partitions, sizeBytes, tookMs) {
      series.commits.inc();
      series.stateBytes.set(sizeBytes);
      series.commitSeconds.observe(tookMs / 1_000);
      if (log.isLevelEnabled("debug")) log.debug({ partitions, sizeBytes, tookMs }, "committed");
    },
    forgotten(partition, assets) {
      series.forgotten.inc(assets);
      log.warn(
        { partition, assets },
        "state is at its bound; assets heard of least lately are new",
      );
    },
    notesUnreadable(partition) {
      series.failures.inc({ work: "notes" });
      log.error({ partition }, "a checkpoint's state cannot be read; its assets begin anew");
    },
    leasesChanged(partitions) {
      series.leases.set(partitions.length);
      log.info({ partitions }, "leases changed");
    },
    leaseLost(partition) {
      log.info({ partition }, "a lease was lost; its work is dropped");
    },
    assetsSeen(assets) {
      series.assets.set(assets);
    },
    lagSeen({ group, reports, oldestAgeMs }) {
      series.lagReports.set({ group }, reports);
      series.lagAge.set({ group }, oldestAgeMs / 1_000);
    },
    definitionsRead(revision, { zones, rules }, faults) {
      series.revision.set(revision);
      series.definitions.set({ what: "zones" }, zones);
      series.definitions.set({ what: "rules" }, rules);
      log.info({ revision, zones, rules }, "read zones and rules");
      if (faults.length > 0) log.warn({ faults }, "definitions that cannot be judged are left out");
    },
    definitionsFailed(error) {
      series.failures.inc({ work: "definitions" });
      log.warn({ err: error }, "could not look for new zones and rules; the known ones stay");
    },
    sideWorkFailed(work, error) {
      series.failures.inc({ work });
      log.warn({ err: error, work }, "failed; the next round tries again");
    },
  };
}

/** The series of this process, by the name that the code uses. */
function createSeries(metrics: Metrics) {
  return {
    reports: metrics.counter({ name: "watch_reports_total", help: "reports judged" }),
    waited: metrics.histogram({
      name: "watch_report_seconds",
      help: "time from a report's append until what it shows is recorded; the slowest of each round",
      buckets: latencySeconds,
    }),
    events: metrics.counter({
      name: "watch_events_total",
      help: "events recorded for the first time",
      labels: ["kind", "retro"],
    }),
    eventAge: metrics.histogram({
      name: "watch_event_age_seconds",
      help: "time from what happened until it was recorded; events in late data aside",
      buckets: latencySeconds,
    }),
    failures: metrics.counter({
      name: "watch_failures_total",
      help: "work that failed and is tried again",
      labels: ["work"],
    }),
    commits: metrics.counter({ name: "watch_commits_total", help: "checkpoints written" }),
    commitSeconds: metrics.histogram({
      name: "watch_commit_seconds",
      help: "time to write states and offsets down",
      buckets: latencySeconds,
    }),
    stateBytes: metrics.gauge({
      name: "watch_state_bytes",
      help: "bytes of states that the newest checkpoint wrote",
    }),
    forgotten: metrics.counter({
      name: "watch_assets_forgotten_total",
      help: "assets whose state no longer fitted",
    }),
    assets: metrics.gauge({ name: "watch_assets", help: "assets with something to remember" }),
    leases: metrics.gauge({ name: "watch_leases", help: "partitions held" }),
    revision: metrics.gauge({
      name: "watch_revision",
      help: "revision of zones and rules that reports are judged by",
    }),
    definitions: metrics.gauge({
      name: "watch_definitions",
      help: "zones and rules that are known",
      labels: ["what"],
    }),
    lagReports: metrics.gauge({
      name: "stream_lag_reports",
      help: "reports that are durable in the stream and not handled yet",
      labels: ["group"],
    }),
    lagAge: metrics.gauge({
      name: "stream_lag_age_seconds",
      help: "age of the oldest of them",
      labels: ["group"],
    }),
  };
}
