import { edgePattern } from "@drover/core/model/ids";
import { linkIdleMs } from "@drover/core/model/link";
import { declareEnv, envInt, envJson, envList, parseEnv } from "@drover/core/service/env";
import { processEnv } from "@drover/core/service/process-env";
import { isLoopback, type Compression } from "@drover/core/uplink/compression";
import { z } from "zod";
import type { EdgeConfig } from "./edge.ts";
import type { SourceSecrets } from "./sources/source.ts";

const MIB = 1024 * 1024;
const secret = z.string().min(1).max(4096);

export interface Region {
  readonly name: string;
  readonly url: string;
}

/** `name=url,name=url`. */
const Regions = z
  .string()
  .transform((text) => text.split(",").map((item) => item.trim()))
  .transform((items, context): Region[] => {
    const regions: Region[] = [];
    for (const item of items) {
      const cut = item.indexOf("=");
      const [name, url] = [item.slice(0, cut), item.slice(cut + 1)];
      const isGood = /^[a-z0-9][a-z0-9-]{0,31}$/.test(name) && isHttpUrl(url);
      const isTwice = regions.some((region) => region.name === name);
      if (isGood && !isTwice) regions.push({ name, url });
      else context.addIssue(isTwice ? `${name}: twice` : `"${item}": expected name=http(s)://…`);
    }
    return regions;
  })
  .pipe(
    z
      .array(z.object({ name: z.string(), url: z.string() }))
      .min(1)
      .max(8),
  );

function isHttpUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}

/** Everything an edge reads from its environment. */
export const edgeEnv = declareEnv({
  ...processEnv,
  dataDir: {
    name: "DROVER_DATA",
    schema: z.string().min(1).max(4096),
    default: "./.drover",
    meaning: "data folder; this edge keeps edge/<its id> below it",
  },
  edge: {
    name: "DROVER_EDGE",
    schema: z.string().regex(edgePattern),
    meaning: "id of this edge, unique among all that report to a region",
  },
  regions: {
    name: "DROVER_REGIONS",
    schema: Regions,
    meaning: "where reports go, as name=url,name=url; each region gets every report",
  },
  token: {
    name: "DROVER_TOKEN",
    schema: secret,
    isSecret: true,
    meaning: "token with which reports are sent",
  },
  sources: {
    name: "DROVER_SOURCES",
    schema: envJson(
      z.array(z.union([z.string().max(4096), z.record(z.string(), z.unknown())])).max(64),
    ),
    default: "[]",
    meaning: "what to read, as a JSON array of source specs",
  },
  outboxBytes: {
    name: "DROVER_OUTBOX_BYTES",
    schema: envInt({ min: MIB, max: 2 ** 50 }),
    default: String(1024 * MIB),
    meaning: "most bytes that reports may wait in",
  },
  outboxAgeHours: {
    name: "DROVER_OUTBOX_AGE_HOURS",
    schema: envInt({ min: 1, max: 100_000 }),
    default: "168",
    meaning: "longest time, with the edge running, that a report may wait",
  },
  outboxWhenFull: {
    name: "DROVER_OUTBOX_WHEN_FULL",
    schema: z.enum(["evict", "block"]),
    default: "evict",
    meaning: "at the bound: evict the oldest reports, or block the sources",
  },
  outboxImportant: {
    name: "DROVER_OUTBOX_IMPORTANT",
    schema: envList({ itemsMax: 64 }),
    default: "",
    meaning: "asset kinds and source names whose reports go first and are evicted last",
  },
  outboxGroupMs: {
    name: "DROVER_OUTBOX_GROUP_MS",
    schema: envInt({ min: 0, max: 50 }),
    default: "5",
    meaning: "least time between two syncs to disk, ms; the first after a pause never waits",
  },
  compression: {
    name: "DROVER_UPLINK_COMPRESSION",
    schema: z.enum(["auto", "zstd", "gzip", "none"]),
    default: "auto",
    meaning: "of request bodies; auto is zstd, and none to a region on this machine",
  },
  uplinkTimeoutMs: {
    name: "DROVER_UPLINK_TIMEOUT_MS",
    schema: envInt({ min: 100, max: 300_000 }),
    default: "15000",
    meaning: "longest wait for an answer",
  },
  openskyClientId: {
    name: "DROVER_OPENSKY_CLIENT_ID",
    schema: secret.optional(),
    isSecret: true,
    meaning: "OAuth2 client of the source opensky",
  },
  openskyClientSecret: {
    name: "DROVER_OPENSKY_CLIENT_SECRET",
    schema: secret.optional(),
    isSecret: true,
    meaning: "secret of that client",
  },
  mqttUsername: {
    name: "DROVER_MQTT_USER",
    schema: secret.optional(),
    isSecret: true,
    meaning: "user of the source mqtt",
  },
  mqttPassword: {
    name: "DROVER_MQTT_PASSWORD",
    schema: secret.optional(),
    isSecret: true,
    meaning: "password of that user",
  },
  httpToken: {
    name: "DROVER_SOURCE_HTTP_TOKEN",
    schema: secret.optional(),
    isSecret: true,
    meaning: "token that devices show to the source http",
  },
});

export type EdgeEnv = ReturnType<typeof readConfig>;

/** @throws EnvError with every mistake. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return parseEnv(edgeEnv, env);
}

const HOUR_MS = 3_600_000;
const SEGMENT_BYTES_MAX = 8 * MIB;

/** What the environment says, as the edge wants it. */
export function toEdgeConfig(env: EdgeEnv): EdgeConfig {
  return {
    important: env.outboxImportant,
    outbox: {
      directory: `${env.dataDir}/edge/${env.edge}/outbox`,
      edge: env.edge,
      regions: env.regions.map(({ name }) => name),
      bytesMax: env.outboxBytes,
      ageMsMax: env.outboxAgeHours * HOUR_MS,
      whenFull: env.outboxWhenFull,
      groupMs: env.outboxGroupMs,
      groupBytes: MIB,
      // Space comes free by whole segments, so they are a small part of the budget.
      segmentBytes: Math.min(SEGMENT_BYTES_MAX, Math.ceil(env.outboxBytes / 16)),
      liveMs: 3_000,
      liveReports: 1_000,
      tidyMs: 1_000,
    },
    regions: env.regions.map(({ name, url }) => ({
      name,
      url,
      token: env.token,
      compression: compressionOf(env.compression, url),
      timeoutMs: env.uplinkTimeoutMs,
    })),
    uplink: {
      batchReports: 1_000,
      batchBytes: 512 * 1024,
      liveSlots: 4,
      backfillSlotsMax: 16,
      backoffMs: { min: 500, max: 30_000 },
      unreachableMsMax: 1_500,
      idleMs: linkIdleMs,
    },
  };
}

function compressionOf(wanted: EdgeEnv["compression"], url: string): Compression {
  if (wanted !== "auto") return wanted;
  return isLoopback(url) ? "none" : "zstd";
}

export function toSecrets(env: EdgeEnv): SourceSecrets {
  const { openskyClientId, openskyClientSecret, mqttUsername, mqttPassword, httpToken } = env;
  return {
    ...(openskyClientId !== undefined && { openskyClientId }),
    ...(openskyClientSecret !== undefined && { openskyClientSecret }),
    ...(mqttUsername !== undefined && { mqttUsername }),
    ...(mqttPassword !== undefined && { mqttPassword }),
    ...(httpToken !== undefined && { httpToken }),
  };
}
