// Everything that a processor reads from its environment.

import { z } from "zod";
import { declareEnv, envBool, EnvError, envInt, envList } from "@drover/core/service/env";
import { processEnv } from "@drover/core/service/process-env";
import type { EnvValues } from "@drover/core/service/env";
import { silenceDefaults } from "@drover/core/watch/rules/rule-set";
import type { ProcessorConfig } from "./processor.ts";

const mebibyte = 1024 * 1024;

export const processorEnv = declareEnv({
  ...processEnv,
  pipeline: {
    name: "DROVER_PIPELINE",
    schema: z.enum(["history", "watch"]),
    default: "history",
    meaning: "what this process does with the stream",
  },
  streamUrl: {
    name: "DROVER_STREAM_URL",
    schema: z.string().min(1).max(2_000),
    isSecret: true,
    meaning: "the stream: sqlite:<path> or redis://…",
  },
  recordsUrl: {
    name: "DROVER_RECORDS_URL",
    schema: z.string().min(1).max(2_000).optional(),
    isSecret: true,
    meaning: "watch: zones, rules, events and alerts: sqlite:<path> or postgres://…",
  },
  clickhouseUrl: {
    name: "DROVER_CLICKHOUSE_URL",
    schema: z.url().max(2_000).optional(),
    meaning: "history: ClickHouse's HTTP interface",
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
  watchHoldMs: {
    name: "DROVER_WATCH_HOLD_MS",
    schema: envInt({ min: 1_000, max: 30 * 86_400_000 }),
    default: String(86_400_000),
    meaning: "history: the log waits so long for a watch that nobody runs (drop-oldest)",
  },
  roundRowsMax: {
    name: "DROVER_WATCH_ROUND_ROWS",
    schema: envInt({ min: 100, max: 1_000_000 }),
    default: "10000",
    meaning: "watch: reports that are judged before their events are recorded",
  },
  roundMs: {
    name: "DROVER_WATCH_ROUND_MS",
    schema: envInt({ min: 0, max: 10_000 }),
    default: "100",
    meaning: "watch: shortest time between two rounds",
  },
  commitMs: {
    name: "DROVER_WATCH_COMMIT_MS",
    schema: envInt({ min: 10, max: 60_000 }),
    default: "500",
    meaning: "watch: how often states are written down; less often where that is dear",
  },
  tickMs: {
    name: "DROVER_WATCH_TICK_MS",
    schema: envInt({ min: 10, max: 60_000 }),
    default: "1000",
    meaning: "watch: how often zones and rules are looked at, and time is let pass",
  },
  graceMs: {
    name: "DROVER_WATCH_GRACE_MS",
    schema: envInt({ min: 0, max: 600_000 }),
    default: "2000",
    meaning: "watch: reports may be on their way for so long before time is let pass",
  },
  settleMs: {
    name: "DROVER_WATCH_SETTLE_MS",
    schema: envInt({ min: 0, max: 600_000 }),
    default: "30000",
    meaning: "watch: nobody is silent so soon after a partition was taken over",
  },
  assetsMax: {
    name: "DROVER_WATCH_ASSETS",
    schema: envInt({ min: 100, max: 10_000_000 }),
    default: "20000",
    meaning:
      "watch: assets remembered in a partition; those heard of least lately go (drop-oldest)",
  },
  roamingKinds: {
    name: "DROVER_WATCH_ROAMING_KINDS",
    schema: envList({ itemsMax: 32 }),
    default: silenceDefaults.roamingKinds.join(","),
    meaning: "watch: kinds that come and go by nature; their silence is no event",
  },
  notifiesPrivate: {
    name: "DROVER_NOTIFY_PRIVATE",
    schema: envBool(),
    default: "true",
    meaning:
      "watch: receivers may be at loopback and private addresses; link-local ones are always refused",
  },
});

/**
 * What the processor is started with.
 *
 * @throws EnvError when what the pipeline needs is not set.
 */
export function readConfig(env: EnvValues<typeof processorEnv>): ProcessorConfig {
  const common = { ...env, member: env.instance ?? `${env.pipeline}-${process.pid}` };
  switch (env.pipeline) {
    case "history": {
      const url = required(env.clickhouseUrl, processorEnv.clickhouseUrl);
      const { clickhouseUser: user, clickhousePassword: password } = env;
      const history = { url, user, password, database: env.clickhouseDatabase };
      return { ...common, pipeline: "history", history };
    }
    case "watch": {
      const recordsUrl = required(env.recordsUrl, processorEnv.recordsUrl);
      return { ...common, pipeline: "watch", recordsUrl };
    }
  }
}

function required(
  value: string | undefined,
  { name, meaning }: { readonly name: string; readonly meaning: string },
): string {
  if (value === undefined) throw new EnvError([`${name} is required: ${meaning}`]);
  return value;
}
