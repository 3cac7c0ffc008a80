import type { Log } from "@drover/core/service/log";
import { latencySeconds } from "@drover/core/service/metrics";
import type { Metrics } from "@drover/core/service/metrics";
import type { Failure } from "./pick.ts";

export interface GatewayEvents {
  served(event: {
    readonly service: string;
    readonly instance: string;
    readonly method: string;
    /** `left` when the caller went away before there was one. */
    readonly status: string;
    readonly seconds: number;
  }): void;
  failed(event: {
    readonly service: string;
    readonly instance: string;
    readonly failure: Failure;
  }): void;
  upgraded(event: {
    readonly service: string;
    readonly instance: string;
    readonly outcome: string;
  }): void;
}

export function createGatewayEvents(deps: { log: Log; metrics: Metrics }): GatewayEvents {
  const requests = deps.metrics.counter({
    name: "gateway_requests_total",
    help: "requests by the copy that answered",
    labels: ["target", "copy", "method", "status"],
  });
  const latency = deps.metrics.histogram({
    name: "gateway_request_seconds",
    help: "time from a request to the end of its answer",
    labels: ["target", "copy"],
    buckets: latencySeconds,
  });
  const failures = deps.metrics.counter({
    name: "gateway_failures_total",
    help: "tries that a copy did not answer",
    labels: ["target", "copy", "kind"],
  });
  const upgrades = deps.metrics.counter({
    name: "gateway_upgrades_total",
    help: "connections passed through to another protocol",
    labels: ["target", "copy", "outcome"],
  });
  return {
    served({ service, instance, method, status, seconds }) {
      requests.inc({ target: service, copy: instance, method: knownMethod(method), status });
      latency.observe({ target: service, copy: instance }, seconds);
    },
    failed({ service, instance, failure }) {
      failures.inc({ target: service, copy: instance, kind: failure.kind });
      deps.log.warn({ target: service, copy: instance, failure }, "copy did not answer");
    },
    upgraded({ service, instance, outcome }) {
      upgrades.inc({ target: service, copy: instance, outcome });
    },
  };
}

/** A caller must not be able to make label values. */
function knownMethod(method: string): string {
  return ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].includes(method)
    ? method
    : "other";
}
