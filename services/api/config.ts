import { z } from "zod";
import { declareEnv, envInt, parseEnv, type EnvValues } from "@drover/core/service/env";
import { processEnv } from "@drover/core/service/process-env";

/** Everything this process reads from its environment. */
export const apiEnv = declareEnv({
  ...processEnv,
  streamUrl: {
    name: "DROVER_STREAM_URL",
    schema: z.string().min(1).max(2_000),
    meaning: "the stream: sqlite:<path> or redis://…",
    isSecret: true,
  },
  recordsUrl: {
    name: "DROVER_RECORDS_URL",
    schema: z.string().min(1).max(2_000),
    meaning: "the relational store: sqlite:<path> or postgres://…",
    isSecret: true,
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
    meaning: "who reads history",
  },
  clickhousePassword: {
    name: "DROVER_CLICKHOUSE_PASSWORD",
    schema: z.string().max(512),
    default: "",
    meaning: "their password",
    isSecret: true,
  },
  ingestUrl: {
    name: "DROVER_INGEST_URL",
    schema: z.union([z.literal(""), z.url({ protocol: /^https?$/ }).max(2_000)]),
    default: "",
    meaning: "ingest, or the gateway before it; without it nothing can be re-admitted",
  },
  assetsMax: {
    name: "DROVER_BOARD_ASSETS",
    schema: envInt({ min: 100, max: 5_000_000 }),
    default: "200000",
    meaning: "assets kept in memory for the live views; the one silent for longest goes first",
  },
  boardWaitMs: {
    name: "DROVER_BOARD_WAIT_MS",
    schema: envInt({ min: 0, max: 60_000 }),
    default: "3000",
    meaning: "longest wait for history and the stream before this process says that it is ready",
  },
  liveClientsMax: {
    name: "DROVER_LIVE_CLIENTS",
    schema: envInt({ min: 1, max: 10_000 }),
    default: "500",
    meaning: "live clients at once; one more is refused",
  },
  tileOrigins: {
    name: "DROVER_TILE_ORIGINS",
    schema: z
      .string()
      .max(2_000)
      .transform((text) => text.split(/[\s,]+/).filter(Boolean))
      .pipe(z.array(z.string().regex(/^https?:\/\/[\w.-]+(?::\d+)?$/)).max(20)),
    default: "",
    meaning: "origins that the console's map may load tiles from, as https://tiles.example.org",
  },
});
export type ApiConfig = EnvValues<typeof apiEnv>;

/** @throws EnvError with every mistake. */
export function readConfig(): ApiConfig {
  return parseEnv(apiEnv, process.env);
}
