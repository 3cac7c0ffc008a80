// Everything that ingest reads from its environment.

import { z } from "zod";
import { declareEnv, envInt } from "@drover/core/service/env";
import { processEnv } from "@drover/core/service/process-env";

const mebibyte = 1024 * 1024;

export const ingestEnv = declareEnv({
  ...processEnv,
  streamUrl: {
    name: "DROVER_STREAM_URL",
    schema: z.string().min(1).max(2_000),
    meaning: "the stream: sqlite:<folder> or redis://…",
  },
  recordsUrl: {
    name: "DROVER_RECORDS_URL",
    schema: z.string().min(1).max(2_000),
    isSecret: true,
    meaning: "the relational store, where tokens are: sqlite:<path> or postgres://…",
  },
  unknownFields: {
    name: "DROVER_UNKNOWN_FIELDS",
    schema: z.enum(["refuse", "ignore"]),
    default: "refuse",
    meaning: "a line with a field that no report has: set aside, or stored without the field",
  },
  retentionDays: {
    name: "DROVER_RETENTION_DAYS",
    schema: envInt({ min: 1, max: 36_500 }),
    default: "365",
    meaning: "reports of events before this many days ago are set aside",
  },
  clockAheadMs: {
    name: "DROVER_CLOCK_AHEAD_MS",
    schema: envInt({ min: 0, max: 86_400_000 }),
    default: "120000",
    meaning: "reports of events further ahead of this machine's clock are set aside",
  },
  bodyBytesMax: {
    name: "DROVER_INGEST_BODY_BYTES",
    schema: envInt({ min: 1_024, max: 256 * mebibyte }),
    default: String(8 * mebibyte),
    meaning: "larger request bodies, as they arrive, get 413 (reject)",
  },
  batchBytesMax: {
    name: "DROVER_INGEST_BATCH_BYTES",
    schema: envInt({ min: 1_024, max: 256 * mebibyte }),
    default: String(16 * mebibyte),
    meaning: "bodies that are larger once decompressed get 413 (reject)",
  },
  linesMax: {
    name: "DROVER_INGEST_LINES",
    schema: envInt({ min: 1, max: 1_000_000 }),
    default: "20000",
    meaning: "bodies with more lines get 413 (reject)",
  },
  inFlightBytesMax: {
    name: "DROVER_INGEST_IN_FLIGHT_BYTES",
    schema: envInt({ min: 1_024, max: 4_096 * mebibyte }),
    default: String(64 * mebibyte),
    meaning: "bytes of bodies being worked on at once; more get 429 (reject)",
  },
  inFlightRequestsMax: {
    name: "DROVER_INGEST_IN_FLIGHT",
    schema: envInt({ min: 1, max: 100_000 }),
    default: "256",
    meaning: "requests being worked on at once; more get 429 (reject)",
  },
  connectionsMax: {
    name: "DROVER_INGEST_CONNECTIONS",
    schema: envInt({ min: 1, max: 100_000 }),
    default: "2000",
    meaning: "open connections; more are closed (reject)",
  },
  requestTimeoutMs: {
    name: "DROVER_INGEST_REQUEST_TIMEOUT_MS",
    schema: envInt({ min: 100, max: 600_000 }),
    default: "30000",
    meaning: "longest time for a whole request to arrive; then 408",
  },
  appendTimeoutMs: {
    name: "DROVER_INGEST_APPEND_TIMEOUT_MS",
    schema: envInt({ min: 100, max: 600_000 }),
    default: "20000",
    meaning: "longest wait for the stream; then 503, and the sender sends again",
  },
  jumpAssetsMax: {
    name: "DROVER_INGEST_JUMP_ASSETS",
    schema: envInt({ min: 0, max: 10_000_000 }),
    default: "100000",
    meaning:
      "assets whose last fixes are remembered to mark impossible jumps (drop-oldest); 0: none",
  },
});
