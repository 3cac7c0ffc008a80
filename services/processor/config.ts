// Everything that a processor reads from its environment.

import { z } from "zod";
import { declareEnv, envInt } from "@drover/core/service/env";
import { processEnv } from "@drover/core/service/process-env";
import type { EnvValues } from "@drover/core/service/env";
import type { ProcessorConfig } from "./processor.ts";

const mebibyte = 1024 * 1024;

export const processorEnv = declareEnv({
  ...processEnv,
  pipeline: {
    name: "DROVER_PIPELINE",
    schema: z.enum(["history"]),
    default: "history",
    meaning: "what this process does with the stream",
  },
  streamUrl: {
    name: "DROVER_STREAM_URL",
    schema: z.string().min(1).max(2_000),
    isSecret: true,
    meaning: "the stream: sqlite:<path> or redis://…",
  },
  clickhouseUrl: {
    name: "DROVER_CLICKHOUSE_URL",
    schema: z.url().max(2_000),
    meaning: "ClickHouse's HTTP interface",
  },
  clickhouseUser: {
    name: "DROVER_CLICKHOUSE_USER",
    schema: z.string().min(1).max(128),
    default: "default",
    meaning: "who defines and writes history",
  },
  clickhousePassword: {
    name: "DROVER_CLICKHOUSE_PASSWORD",
    schema: z.string().max(512),
    default: "",
    meaning: "their password",
    isSecret: true,
  },
  clickhouseDatabase: {
    name: "DROVER_CLICKHOUSE_DATABASE",
    schema: z.string().regex(/^[A-Za-z_]\w{0,62}$/),
    default: "drover",
    meaning: "database of all tables; made when absent",
  },
  retentionDays: {
    name: "DROVER_RETENTION_DAYS",
    schema: envInt({ min: 1, max: 36_500 }),
    default: "365",
    meaning: "reports older than this are forgotten; roll-ups of hours and days stay",
  },
  rowsMax: {
    name: "DROVER_INSERT_ROWS",
    schema: envInt({ min: 100, max: 1_000_000 }),
    default: "40000",
    meaning: "most reports of one insert; what is beyond waits for the next (block)",
  },
  bytesMax: {
    name: "DROVER_INSERT_BYTES",
    schema: envInt({ min: 65_536, max: 256 * mebibyte }),
    default: String(16 * mebibyte),
    meaning: "most bytes of one insert; what is beyond waits for the next (block)",
  },
  lingerMs: {
    name: "DROVER_LINGER_MS",
    schema: envInt({ min: 0, max: 10_000 }),
    default: "30",
    meaning: "shortest time between two inserts while reports come fast",
  },
  idleLingerMs: {
    name: "DROVER_IDLE_LINGER_MS",
    schema: envInt({ min: 0, max: 60_000 }),
    default: "250",
    meaning: "shortest time between two inserts of a few reports; the first one never waits",
  },
  heavyLingerMs: {
    name: "DROVER_HEAVY_LINGER_MS",
    schema: envInt({ min: 0, max: 10_000 }),
    default: "100",
    meaning: "shortest time between two inserts while reports come by tens of thousands a second",
  },
  feedRowsMax: {
    name: "DROVER_FEED_ROWS",
    schema: envInt({ min: 100, max: 2_000_000 }),
    default: "250000",
    meaning: "most reports that go through the views at once; at as many they go",
  },
  feedBytesMax: {
    name: "DROVER_FEED_BYTES",
    schema: envInt({ min: 65_536, max: 512 * mebibyte }),
    default: String(48 * mebibyte),
    meaning: "bytes of reports held for the views; beyond it inserts wait (block)",
  },
  feedLingerMs: {
    name: "DROVER_FEED_LINGER_MS",
    schema: envInt({ min: 0, max: 600_000 }),
    default: "2000",
    meaning: "longest time until a stored report is in roll-ups, heat-map and latest",
  },
  syncMs: {
    name: "DROVER_SYNC_MS",
    schema: envInt({ min: 10, max: 600_000 }),
    default: "1000",
    meaning: "how often what was inserted is made to survive a power cut",
  },
});

/** What the processor is started with. */
export function readConfig(env: EnvValues<typeof processorEnv>): ProcessorConfig {
  return {
    ...env,
    member: env.instance ?? `${env.pipeline}-${process.pid}`,
    history: {
      url: env.clickhouseUrl,
      user: env.clickhouseUser,
      password: env.clickhousePassword,
      database: env.clickhouseDatabase,
    },
  };
}
