import type { QuarantineNote } from "@drover/core/model/ingest";
import type { Log } from "@drover/core/service/log";
import { latencySeconds } from "@drover/core/service/metrics";
import type { Metrics } from "@drover/core/service/metrics";

/** What came of one batch. */
export interface BatchFacts {
  readonly accepted: number;
  readonly duplicates: number;
  readonly suspects: number;
  readonly notes: readonly QuarantineNote[];
  readonly appendMs: number;
}

/** Everything worth counting here, one function each. */
export interface Events {
  bodyArrived(bytes: number): void;
  batchStored(facts: BatchFacts): void;
  appendFailed(error: unknown): void;
  readmitted(count: number): void;
}

export function createEvents(deps: { metrics: Metrics; log: Log }): Events {
  const { metrics, log } = deps;
  const bytes = metrics.counter({
    name: "ingest_body_bytes_total",
    help: "bytes of request bodies, as they arrived",
  });
  const accepted = metrics.counter({
    name: "reports_accepted_total",
    help: "reports that were new and are durable",
  });
  const duplicates = metrics.counter({
    name: "reports_duplicate_total",
    help: "reports that were here before",
  });
  const quarantined = metrics.counter({
    name: "reports_quarantined_total",
    help: "lines that were set aside, each time they came",
    labels: ["reason"],
  });
  const suspects = metrics.counter({
    name: "reports_suspect_total",
    help: "reports kept with the note that their asset cannot have moved so fast",
  });
  const readmitted = metrics.counter({
    name: "reports_readmitted_total",
    help: "quarantined lines that people let in",
  });
  const failures = metrics.counter({
    name: "ingest_append_failures_total",
    help: "batches that the stream did not take",
    labels: ["reason"],
  });
  const appendSeconds = metrics.histogram({
    name: "ingest_append_seconds",
    help: "time from a built batch until it is durable",
    buckets: latencySeconds,
  });
  return {
    bodyArrived: (count) => bytes.inc(count),
    batchStored(facts) {
      accepted.inc(facts.accepted);
      duplicates.inc(facts.duplicates);
      suspects.inc(facts.suspects);
      for (const note of facts.notes) quarantined.inc({ reason: note.reason });
      appendSeconds.observe(facts.appendMs / 1000);
    },
    appendFailed(error) {
      const reason = error instanceof Error ? error.name : "unknown";
      failures.inc({ reason });
      const isAsked = reason === "StreamFullError" || reason === "TooManyGapsError";
      if (isAsked) log.warn({ reason }, "the stream refused a batch");
      else log.error({ err: error }, "the stream did not take a batch");
    },
    readmitted: (count) => readmitted.inc(count),
  };
}
