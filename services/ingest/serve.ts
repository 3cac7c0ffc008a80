// Ingest over HTTP: what main.ts and the tests start alike.

import { createHttp } from "@drover/core/service/http";
import type { HttpApp } from "@drover/core/service/http";
import type { TokenVerifier } from "@drover/core/service/auth";
import type { Basics } from "@drover/core/service/basics";
import type { StreamLog } from "@drover/core/stream/log";
import { createAdmission } from "./admission.ts";
import { createEvents } from "./events.ts";
import { createIngest } from "./ingest.ts";
import type { IngestConfig, IngestDeps } from "./ingest.ts";
import { registerRoutes } from "./routes.ts";

export interface ServeConfig extends IngestConfig {
  readonly bodyBytesMax: number;
  readonly inFlightBytesMax: number;
  readonly inFlightRequestsMax: number;
  readonly connectionsMax: number;
  readonly requestTimeoutMs: number;
}

export interface ServeDeps extends Basics {
  readonly stream: Pick<StreamLog, "append" | "partitions" | "quarantinePartition">;
  readonly verifier: TokenVerifier;
  readonly edges?: IngestDeps["edges"];
}

/** The service with its routes, not listening yet. */
export function createIngestHttp(config: ServeConfig, deps: ServeDeps): HttpApp {
  const { version, metrics } = deps;
  const app = createHttp({ version, requestTimeoutMs: config.requestTimeoutMs }, deps);
  app.server.maxConnections = config.connectionsMax;
  const admission = createAdmission({
    bytesMax: config.inFlightBytesMax,
    requestsMax: config.inFlightRequestsMax,
  });
  metrics.gaugeOf(
    { name: "ingest_in_flight_bytes", help: "bytes of bodies being worked on" },
    () => admission.inFlight().bytes,
  );
  const ingest = createIngest(config, { ...deps, events: createEvents(deps) });
  app.addHook("onClose", async () => ingest[Symbol.dispose]());
  registerRoutes(app, config, { ingest, admission });
  return app;
}
