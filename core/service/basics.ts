import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import type { EnvValues } from "./env.ts";
import { createHealth } from "./health.ts";
import type { Health } from "./health.ts";
import type { VersionInfo } from "./health-routes.ts";
import { createLog } from "./log.ts";
import type { Log } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";
import type { ObserverAccess } from "./observer-access.ts";
import type { processEnv } from "./process-env.ts";

/** What every process has before it has any work. */
export type Basics = {
  readonly clock: Clock;
  readonly log: Log;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly version: VersionInfo;
  /** Who may look from elsewhere; nobody without a token when absent. */
  readonly observers?: ObserverAccess;
};

/** The version that `/version` tells; one number for the whole of Drover. */
const VERSION = "0.1.0";

export function createBasics(service: string, env: EnvValues<typeof processEnv>): Basics {
  const clock = systemClock;
  const { instance, logLevel: level, gitSha, buildDate, metricsAccess, metricsToken } = env;
  return {
    clock,
    log: createLog({ service, instance, level }),
    health: createHealth({ clock }),
    metrics: createMetrics({ service, instance }),
    version: { service, version: VERSION, gitSha, buildDate },
    observers: { isOpen: metricsAccess === "open", token: metricsToken },
  };
}
