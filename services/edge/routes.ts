import type { HttpApp } from "@drover/core/service/http";
import type { Clock } from "@drover/core/service/clock";
import type { Metrics } from "@drover/core/service/metrics";
import type { UplinkStatus } from "@drover/core/uplink/uplink";
import { drainSeconds } from "./drain.ts";
import type { Edge } from "./edge.ts";
import type { OutboxStatus } from "./outbox/outbox.ts";
import type { BacklogStatus } from "./outbox/status.ts";
import type { SourceStatus } from "./sources/source.ts";

/** `GET /v1/edge/status`: what this edge reads, holds and sends; for observers, as its metrics are. */
export function registerEdgeRoutes(
  app: HttpApp,
  edge: Edge,
  facts: { readonly edge: string; readonly clock: Clock },
): void {
  app.get("/v1/edge/status", { config: { access: "public", isForObservers: true } }, () =>
    statusOf(edge, facts),
  );
}

export interface EdgeStatus {
  readonly edge: string;
  /** This edge's clock, epoch ms. */
  readonly now: number;
  readonly outbox: Omit<OutboxStatus, "regions">;
  readonly regions: readonly RegionStatus[];
  readonly sources: readonly SourceStatus[];
}

export interface RegionStatus extends UplinkStatus {
  readonly backlog: BacklogStatus & {
    readonly oldestAgeMs: number;
    /** Seconds until it is gone at the rate of lately; null when it does not shrink. */
    readonly drainS: number | null;
  };
}

const nothing: BacklogStatus = { reports: 0, bytes: 0, oldestAt: undefined, untold: 0 };

export function statusOf(
  edge: Edge,
  facts: { readonly edge: string; readonly clock: Clock },
): EdgeStatus {
  const { regions: backlogs, ...outbox } = edge.outbox.status();
  const now = facts.clock.now();
  const regions = edge.uplinks.map((uplink) => {
    const status = uplink.status();
    const backlog = backlogs[status.region] ?? nothing;
    const oldestAgeMs = backlog.oldestAt === undefined ? 0 : Math.max(0, now - backlog.oldestAt);
    const drainS = drainSeconds(backlog.reports, status.perSecond);
    return { ...status, backlog: { ...backlog, oldestAgeMs, drainS } };
  });
  const sources = edge.sources.map((source) => source.status());
  return { edge: facts.edge, now, outbox, regions, sources };
}

/** The backlog as gauges, taken from one status at each scrape. */
export function registerEdgeMetrics(
  metrics: Metrics,
  edge: Edge,
  facts: { readonly edge: string; readonly clock: Clock },
): void {
  // Declared before the others, so that a scrape reads it first and finds the others set.
  metrics.gaugeOf({ name: "outbox_bytes", help: "bytes held by the outbox" }, () => {
    const status = statusOf(edge, facts);
    for (const { region, backlog, state, backfillSlots } of status.regions) {
      reports.set({ region }, backlog.reports);
      bytes.set({ region }, backlog.bytes);
      age.set({ region }, backlog.oldestAgeMs / 1000);
      drain.set({ region }, backlog.drainS ?? -1);
      isUp.set({ region }, state === "up" ? 1 : 0);
      slots.set({ region }, backfillSlots);
    }
    return status.outbox.bytes;
  });
  const labels = ["region"] as const;
  const of = (name: string, help: string) => metrics.gauge({ name, help, labels });
  const reports = of("outbox_backlog_reports", "reports that a region has still to acknowledge");
  const bytes = of("outbox_backlog_bytes", "bytes of them");
  const age = of("outbox_backlog_oldest_seconds", "age of the oldest of them");
  const drain = of("outbox_backlog_drain_seconds", "time until they are gone; -1 if they stay");
  const isUp = of("uplink_up", "1 while the region acknowledges");
  const slots = of("uplink_backfill_slots", "requests at once that the region bears");
}
