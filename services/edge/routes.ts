import type { HttpApp } from "@drover/core/service/http";
import type { Clock } from "@drover/core/service/clock";
import type { Metrics } from "@drover/core/service/metrics";
import type { Edge } from "./edge.ts";

/** `GET /v1/edge/status`: what this edge reads, holds and sends. Public: it listens on loopback. */
export function registerEdgeRoutes(
  app: HttpApp,
  edge: Edge,
  facts: { readonly edge: string; readonly clock: Clock },
): void {
  app.get("/v1/edge/status", { config: { access: "public" } }, () => statusOf(edge, facts));
}

/** A rate below this is no drain worth an estimate. */
const DRAIN_PER_SECOND_MIN = 0.1;

export function statusOf(
  edge: Edge,
  facts: { readonly edge: string; readonly clock: Clock },
): Record<string, unknown> {
  const { regions: backlogs, ...outbox } = edge.outbox.status();
  const nowMs = facts.clock.now();
  return {
    edge: facts.edge,
    now: nowMs,
    outbox,
    regions: edge.uplinks.map((uplink) => {
      const status = uplink.status();
      const backlog = backlogs[status.region];
      const oldestAt = backlog?.oldestAt;
      return {
        ...status,
        backlog: {
          ...backlog,
          oldestAgeMs: oldestAt === undefined ? 0 : Math.max(0, nowMs - oldestAt),
          drainS: drainSeconds(backlog?.reports ?? 0, status.perSecond),
        },
      };
    }),
    sources: edge.sources.map((source) => source.status()),
  };
}

/** Seconds until the backlog is gone at the rate of lately; null when it does not shrink at all. */
function drainSeconds(reports: number, perSecond: number): number | null {
  if (reports === 0) return 0;
  return perSecond < DRAIN_PER_SECOND_MIN ? null : Math.ceil(reports / perSecond);
}

/** The backlog as gauges, read when they are scraped. */
export function registerEdgeMetrics(metrics: Metrics, edge: Edge): void {
  metrics.gaugeOf(
    { name: "outbox_bytes", help: "bytes held by the outbox" },
    () => edge.outbox.status().bytes,
  );
}
