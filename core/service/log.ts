import { pino } from "pino";
import type { DestinationStream, Logger } from "pino";

/** JSON lines; `log.child({ component })` for a part, `log.isLevelEnabled("debug")` on busy paths. */
export type Log = Logger;

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogConfig = {
  readonly service: string;
  readonly instance?: string | undefined;
  readonly level?: LogLevel;
};

const secretNames = ["authorization", "token", "secret", "password", "apiKey", "clientSecret"];

/** Field paths whose values never reach a log: at the top, one level down, and in headers. */
const redactedPaths = secretNames.flatMap((name) => [
  name,
  `*.${name}`,
  `headers.${name}`,
  `*.headers.${name}`,
]);

/**
 * A log for one process. Written synchronously, so that the last line before a crash is not lost.
 *
 * `to` is for tests; the default is standard output.
 */
export function createLog(config: LogConfig, to?: DestinationStream): Log {
  const options = {
    level: config.level ?? "info",
    base: {
      service: config.service,
      ...(config.instance === undefined ? {} : { instance: config.instance }),
    },
    redact: { paths: redactedPaths, censor: "[redacted]" },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return to === undefined ? pino(options) : pino(options, to);
}

/** For tests: swallows everything. */
export const silentLog: Log = pino({ level: "silent" });
