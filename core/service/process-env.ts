import { z } from "zod";
import { declareEnv, envInt } from "./env.ts";
import { logLevels } from "./log.ts";

/**
 * What every Drover process reads, whoever starts it; a service spreads it into its own declaration.
 */
export const processEnv = declareEnv({
  host: {
    name: "DROVER_HOST",
    schema: z.string().min(1).max(255),
    default: "127.0.0.1",
    meaning: "address to listen on",
  },
  port: {
    name: "DROVER_PORT",
    schema: envInt({ min: 0, max: 65_535 }),
    default: "0",
    meaning: "port to listen on; 0 takes a free one",
  },
  logLevel: {
    name: "DROVER_LOG_LEVEL",
    schema: z.enum(logLevels),
    default: "info",
    meaning: "least severe log line that is written",
  },
  instance: {
    name: "DROVER_INSTANCE",
    schema: z.string().min(1).max(64).optional(),
    meaning: "name of this replica, in logs and metrics",
  },
  parentPid: {
    name: "DROVER_PARENT_PID",
    schema: envInt({ min: 1, max: 2 ** 31 - 1 }).optional(),
    meaning: "process whose death ends this one",
  },
  probeMs: {
    name: "DROVER_PROBE_MS",
    schema: envInt({ min: 0, max: 60_000 }),
    default: "250",
    meaning: "how often readiness is probed; a stopping process waits so long before it closes",
  },
  deadlineMs: {
    name: "DROVER_STOP_DEADLINE_MS",
    schema: envInt({ min: 100, max: 600_000 }),
    default: "15000",
    meaning: "longest time a stop may take",
  },
  metricsAccess: {
    name: "DROVER_METRICS_ACCESS",
    schema: z.enum(["token", "open"]),
    default: "token",
    meaning: "who may read /metrics and /health from other machines: with a token, or anybody",
  },
  metricsToken: {
    name: "DROVER_METRICS_TOKEN",
    schema: z
      .string()
      .min(16)
      .max(256)
      .regex(/^[\w.~+/=-]+$/)
      .optional(),
    isSecret: true,
    meaning: "token with which a scraper on another machine reads them",
  },
  gitSha: {
    name: "DROVER_GIT_SHA",
    schema: z.string().max(64),
    default: "unknown",
    meaning: "commit this process was started from",
  },
  buildDate: {
    name: "DROVER_BUILD_DATE",
    schema: z.string().max(64),
    default: "unknown",
    meaning: "date of that commit",
  },
});
