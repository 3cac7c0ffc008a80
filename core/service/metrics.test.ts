import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "./metrics.ts";

test("metrics carry the prefix, the service and their own labels", async () => {
  const metrics = createMetrics({ service: "ingest", instance: "ingest-1" });
  const accepted = metrics.counter({
    name: "reports_accepted_total",
    help: "reports",
    labels: ["lane"],
  });
  accepted.inc({ lane: "live" }, 3);
  metrics.histogram({ name: "append_seconds", help: "append", buckets: [0.1, 1] }).observe(0.5);
  let backlog = 1;
  metrics.gaugeOf({ name: "backlog_reports", help: "backlog" }, () => backlog);
  backlog = 42;
  const text = await metrics.expose();
  assert.match(
    text,
    /drover_reports_accepted_total{lane="live",service="ingest",replica="ingest-1"} 3/,
  );
  assert.match(text, /drover_append_seconds_bucket{le="1",service="ingest",replica="ingest-1"} 1/);
  assert.match(text, /drover_backlog_reports{[^}]*} 42/);
  assert.match(text, /process_resident_memory_bytes{/);
  assert.match(text, /nodejs_eventloop_lag_p99_seconds{/);
});
