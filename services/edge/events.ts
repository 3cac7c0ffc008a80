import type { Log } from "@drover/core/service/log";
import type { Metrics } from "@drover/core/service/metrics";
import type { UplinkEvents } from "@drover/core/uplink/uplink";
import type { OutboxEvents } from "./outbox/outbox.ts";

/** One function for each thing worth counting: a counter, and a log line where somebody may care. */
export interface EdgeEvents {
  readonly outbox: OutboxEvents;
  uplink(region: string): UplinkEvents;
  /** A source handed over something that is no report: a mistake in the source. */
  refused(source: string, reason: string, detail: string): void;
  sourceFailed(source: string, error: unknown): void;
  sourceFinished(source: string): void;
}

export function createEdgeEvents(deps: { log: Log; metrics: Metrics }): EdgeEvents {
  const { log, metrics } = deps;
  const refused = metrics.counter({
    name: "edge_refused_total",
    help: "observations of a source that are no report",
    labels: ["source", "reason"],
  });
  const failures = metrics.counter({
    name: "edge_source_failures_total",
    help: "times a source had to be started again",
    labels: ["source"],
  });
  return {
    outbox: createOutboxEvents(deps),
    uplink: createUplinkEvents(deps),
    refused(source, reason, detail) {
      refused.inc({ source, reason });
      log.debug({ source, reason, detail }, "not a report");
    },
    sourceFailed(source, error) {
      failures.inc({ source });
      log.error({ err: error, source }, "source failed; it is started again");
    },
    sourceFinished(source) {
      log.info({ source }, "source finished");
    },
  };
}

function createOutboxEvents({ log, metrics }: { log: Log; metrics: Metrics }): OutboxEvents {
  const appended = metrics.counter({
    name: "outbox_appended_total",
    help: "reports made durable",
  });
  const appendedBytes = metrics.counter({
    name: "outbox_appended_bytes_total",
    help: "bytes written for them",
  });
  const commits = metrics.counter({ name: "outbox_commits_total", help: "syncs to disk" });
  const evicted = metrics.counter({
    name: "outbox_evicted_total",
    help: "reports given up before every region had them",
    labels: ["reason"],
  });
  const corrupt = metrics.counter({
    name: "outbox_corrupt_total",
    help: "records found damaged",
  });
  const troubles = metrics.counter({ name: "outbox_troubles_total", help: "failures of the disk" });
  return {
    recovered(facts) {
      if (facts.corruptRecords > 0) corrupt.inc(facts.corruptRecords);
      const isDamaged = facts.corruptRecords > 0 || facts.unreadableSegments > 0;
      const isAmiss = isDamaged || facts.ledgerDamage !== undefined;
      if (isAmiss) log.warn(facts, "outbox recovered with damage");
      else log.info(facts, "outbox recovered");
    },
    appended(reports, bytes) {
      appended.inc(reports);
      appendedBytes.inc(bytes);
      commits.inc();
    },
    evicted(reports, reason) {
      evicted.inc({ reason }, reports);
      log.warn({ reports, reason }, "reports given up");
    },
    corrupt(reports) {
      corrupt.inc(reports);
      log.warn({ reports }, "damaged records skipped");
    },
    troubled(error, attempt) {
      troubles.inc();
      if (attempt === 0) log.error({ err: error }, "the disk failed; trying on");
    },
  };
}

function createUplinkEvents({ log, metrics }: { log: Log; metrics: Metrics }) {
  const acknowledged = metrics.counter({
    name: "uplink_acknowledged_total",
    help: "reports that a region acknowledged",
    labels: ["region", "lane"],
  });
  const duplicates = metrics.counter({
    name: "uplink_duplicates_total",
    help: "reports that a region had already",
    labels: ["region"],
  });
  const quarantined = metrics.counter({
    name: "uplink_quarantined_total",
    help: "reports that a region set aside",
    labels: ["region"],
  });
  const failures = metrics.counter({
    name: "uplink_failures_total",
    help: "requests that were not acknowledged",
    labels: ["region", "kind"],
  });
  const gaveUp = metrics.counter({
    name: "uplink_given_up_total",
    help: "reports that a region will never take",
    labels: ["region"],
  });
  /** Regions that set something aside already: said once, then counted. */
  const setAside = new Set<string>();
  return (region: string): UplinkEvents => ({
    acknowledged(batch, answer) {
      acknowledged.inc({ region, lane: batch.lane }, batch.reports);
      if (answer.duplicates > 0) duplicates.inc({ region }, answer.duplicates);
      if (answer.quarantined.length === 0) return;
      quarantined.inc({ region }, answer.quarantined.length);
      const notes = answer.quarantined.slice(0, 3);
      if (setAside.has(region)) log.debug({ region, notes }, "reports set aside by the region");
      else log.warn({ region, notes }, "reports set aside by the region; further ones are counted");
      setAside.add(region);
    },
    failed(_batch, failure) {
      failures.inc({ region, kind: failure.kind });
      log.debug({ region, failure }, "request failed");
    },
    gaveUp(batch, failure) {
      const { epoch, first, last, reports } = batch;
      gaveUp.inc({ region }, reports);
      const facts = { region, failure, epoch, first, last, reports };
      if (reports === 1) {
        const line = Buffer.from(batch.body).toString("utf8").slice(0, 1000);
        return log.error({ ...facts, line }, "report given up");
      }
      log.error(facts, "reports given up");
    },
    stateChanged(state, detail) {
      if (state === "up") log.info({ region }, "region acknowledges");
      else if (state === "unauthorized" || state === "refused") {
        log.error({ region, state, detail }, "region refuses; check the token and the address");
      } else if (state === "forgotten") {
        log.error({ region, detail }, "region has seen newer epochs of this edge; start it again");
      } else log.warn({ region, state, detail }, "region does not acknowledge; keeping all");
    },
  });
}
