import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { EnvError, declareEnv, envInt } from "@drover/core/service/env";
import type { EnvValues } from "@drover/core/service/env";
import { processEnv } from "@drover/core/service/process-env";
import type { ClickhouseConfig } from "./clickhouse.ts";

const MIB = 1024 * 1024;

export const clickhouseEnv = declareEnv({
  ...processEnv,
  data: {
    name: "DROVER_DATA",
    schema: z.string().min(1).max(4_096),
    default: "./.drover",
    meaning: "data folder; the engine keeps its own in clickhouse/",
  },
  user: {
    name: "DROVER_CLICKHOUSE_USER",
    schema: z.string().min(1).max(64),
    default: "default",
    meaning: "user that defines, writes and reads",
  },
  password: {
    name: "DROVER_CLICKHOUSE_PASSWORD",
    schema: z.string().max(256),
    default: "",
    meaning: "its password; empty only where nobody else can reach the port",
    isSecret: true,
  },
  readerUser: {
    name: "DROVER_CLICKHOUSE_READER_USER",
    schema: z.string().min(1).max(64).optional(),
    meaning: "user that only reads; none when absent",
  },
  readerPassword: {
    name: "DROVER_CLICKHOUSE_READER_PASSWORD",
    schema: z.string().max(256),
    default: "",
    meaning: "the reader's password",
    isSecret: true,
  },
  database: {
    name: "DROVER_CLICKHOUSE_DATABASE",
    schema: z
      .string()
      .regex(/^[A-Za-z_]\w{0,62}$/)
      .refine((name) => name !== "default"),
    default: "drover",
    meaning: "database of requests that name none; made when absent; not `default`",
  },
  memoryMib: {
    name: "DROVER_CLICKHOUSE_MEMORY_MIB",
    schema: envInt({ min: 200, max: 1_000_000 }),
    default: "512",
    meaning: "most memory that all statements take together, in MiB",
  },
  spoolFolder: {
    name: "DROVER_CLICKHOUSE_SPOOL",
    schema: z.string().min(1).max(4_096).optional(),
    meaning:
      "folder for bodies of inserts; by default in memory, where there is a file system for it",
  },
  backupsFolder: {
    name: "DROVER_CLICKHOUSE_BACKUPS",
    schema: z.string().min(1).max(4_096).optional(),
    meaning: "folder that BACKUP may write to; without it BACKUP is refused",
  },
});

export function readConfig(env: EnvValues<typeof clickhouseEnv>): ClickhouseConfig {
  const folder = resolve(env.data, "clickhouse");
  const isLoopback = /^(?:127\.|::1$|localhost$)/.test(env.host);
  const isOpen = env.password === "" || (env.readerUser !== undefined && env.readerPassword === "");
  if (!isLoopback && isOpen) {
    const passwords = "DROVER_CLICKHOUSE_PASSWORD and DROVER_CLICKHOUSE_READER_PASSWORD";
    throw new EnvError([`DROVER_HOST=${env.host}: others can reach it, so set ${passwords}`]);
  }
  const reader = {
    name: env.readerUser ?? "",
    password: env.readerPassword,
    role: "reader" as const,
  };
  return {
    host: env.host,
    port: env.port,
    folder,
    database: env.database,
    users: [
      { name: env.user, password: env.password, role: "full" as const },
      ...(env.readerUser === undefined ? [] : [reader]),
    ],
    memoryBytes: env.memoryMib * MIB,
    backupsFolder: env.backupsFolder === undefined ? undefined : resolve(env.backupsFolder),
    spoolFolders:
      env.spoolFolder === undefined ? defaultSpools(folder) : [resolve(env.spoolFolder)],
  };
}

/** A memory file system where there is one, else the data folder. Named after the data folder. */
function defaultSpools(folder: string): string[] {
  const name = `drover-spool-${createHash("sha256").update(folder).digest("hex").slice(0, 16)}`;
  const inMemory = process.platform === "linux" ? [join("/dev/shm", name)] : [];
  return [...inMemory, join(folder, "..", "clickhouse-spool"), join(tmpdir(), name)];
}
