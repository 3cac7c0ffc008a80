import type { Clock } from "./clock.ts";
import type { HttpApp } from "./http.ts";
import type { Log } from "./log.ts";
import { latencySeconds } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";

/** Counts and times every request by its route's pattern; the access log is at debug. */
export function observeRequests(
  app: HttpApp,
  deps: { clock: Clock; log: Log; metrics: Metrics },
): void {
  const count = deps.metrics.counter({
    name: "http_requests_total",
    help: "HTTP requests answered",
    labels: ["method", "route", "status"],
  });
  const latency = deps.metrics.histogram({
    name: "http_request_seconds",
    help: "time from the request's headers to the end of its answer",
    labels: ["method", "route"],
    buckets: latencySeconds,
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    const { method } = request;
    count.inc({ method, route, status: String(reply.statusCode) });
    latency.observe({ method, route }, reply.elapsedTime / 1000);
    if (!deps.log.isLevelEnabled("debug")) return;
    // The query may carry a token.
    const path = request.url.split("?", 1)[0];
    const facts = { method, path, status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
    deps.log.debug(
      { ...facts, requestId: request.id, tokenId: request.principal?.tokenId },
      "http",
    );
  });
}
