import type { Batch, Manifest } from "@drover/core/history/manifest";
import type { Log } from "@drover/core/service/log";
import { latencySeconds } from "@drover/core/service/metrics";
import type { Metrics } from "@drover/core/service/metrics";
import type { Entry, GroupLag } from "@drover/core/stream/log";

/** Everything worth counting here, one function each. */
export interface Events {
  inserted(batch: Batch, tookMs: number): void;
  /** Entries whose rows are visible now. */
  committed(entries: readonly Entry[], nowMs: number): void;
  insertFailed(batch: Batch, error: unknown, delayMs: number): void;
  replayed(manifest: Manifest): void;
  comparedRows(rows: number, inserted: number): void;
  repaired(days: readonly string[]): void;
  leasesChanged(partitions: readonly number[]): void;
  leasesLost(partitions: readonly number[]): void;
  takeoverFailed(error: unknown, delayMs: number): void;
  synced(tookMs: number): void;
  syncFailed(error: unknown): void;
  lagSeen(lag: GroupLag): void;
  unfedSeen(rows: number): void;
}

export function createEvents(deps: { metrics: Metrics; log: Log }): Events {
  const { log } = deps;
  const series = createSeries(deps.metrics);
  return {
    inserted(batch, tookMs) {
      const { target } = batch.manifest;
      series.rows.inc({ target }, batch.rows);
      series.seconds.observe({ target }, tookMs / 1_000);
      series.sizes.observe({ target }, batch.rows);
    },
    committed(entries, nowMs) {
      for (const { kind, lane, bytes, appendedAt } of entries) {
        if (kind !== "rows" || lane !== "live" || bytes.length < 8) continue;
        // A row ends with how long it was on its way from the edge; the entry's last row speaks for it.
        const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
        const sinceAppendMs = Math.max(0, nowMs - appendedAt);
        const sinceSentMs = Math.max(0, sinceAppendMs + Number(view.getBigInt64(0, true)));
        series.latency.observe({ since: "sent" }, sinceSentMs / 1_000);
        series.latency.observe({ since: "appended" }, sinceAppendMs / 1_000);
      }
    },
    insertFailed(batch, error, delayMs) {
      const { target, token } = batch.manifest;
      series.failures.inc({ target });
      log.warn({ err: error, target, token, rows: batch.rows, delayMs }, "insert: trying again");
    },
    replayed({ target, token }) {
      series.replays.inc();
      log.info({ target, token }, "made an insert again that another owner had begun");
    },
    comparedRows(compared, inserted) {
      series.repairs.inc(inserted);
      log.info({ compared, inserted }, "compared rows with what is stored");
    },
    repaired(days) {
      log.info({ days }, "deriving days anew");
    },
    leasesChanged(partitions) {
      series.leases.set(partitions.length);
      log.info({ partitions }, "leases changed");
    },
    leasesLost(partitions) {
      log.info({ partitions }, "leases were lost; their work is dropped");
    },
    takeoverFailed(error, delayMs) {
      log.warn({ err: error, delayMs }, "taking partitions over: trying again");
    },
    synced(tookMs) {
      series.syncSeconds.observe(tookMs / 1_000);
    },
    syncFailed(error) {
      log.warn({ err: error }, "could not make a checkpoint; the stream keeps what is not synced");
    },
    lagSeen({ group, reports, oldestAgeMs }) {
      series.lagReports.set({ group }, reports);
      series.lagAge.set({ group }, oldestAgeMs / 1_000);
    },
    unfedSeen(count) {
      series.unfed.set(count);
    },
  };
}

/** The series of this process, by the name that the code uses. */
function createSeries(metrics: Metrics) {
  return {
    rows: metrics.counter({
      name: "history_rows_inserted_total",
      help: "rows inserted; `reports` and `quarantine` are rows stored, `feed` rows through the views",
      labels: ["target"],
    }),
    seconds: metrics.histogram({
      name: "history_insert_seconds",
      help: "time of one insert, with its repetitions",
      labels: ["target"],
      buckets: latencySeconds,
    }),
    sizes: metrics.histogram({
      name: "history_insert_rows",
      help: "rows of one insert",
      labels: ["target"],
      buckets: [1, 10, 100, 1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000],
    }),
    latency: metrics.histogram({
      name: "history_commit_seconds",
      help: "age of live reports when they become visible, since the named clock",
      labels: ["since"],
      buckets: latencySeconds,
    }),
    failures: metrics.counter({
      name: "history_insert_failures_total",
      help: "inserts that were refused or whose outcome is unknown; they are made again",
      labels: ["target"],
    }),
    replays: metrics.counter({
      name: "history_manifests_replayed_total",
      help: "inserts that another owner had begun and that were made again",
    }),
    repairs: metrics.counter({
      name: "history_rows_repaired_total",
      help: "rows that were taken for stored and were put back",
    }),
    leases: metrics.gauge({ name: "history_leases", help: "partitions held" }),
    syncSeconds: metrics.histogram({
      name: "history_sync_seconds",
      help: "time to make what was inserted survive a power cut",
      buckets: latencySeconds,
    }),
    lagReports: metrics.gauge({
      name: "stream_lag_reports",
      help: "reports that are durable in the stream and not stored yet",
      labels: ["group"],
    }),
    lagAge: metrics.gauge({
      name: "stream_lag_age_seconds",
      help: "age of the oldest of them",
      labels: ["group"],
    }),
    unfed: metrics.gauge({
      name: "history_unfed_rows",
      help: "reports that are stored and not through the views yet",
    }),
  };
}
