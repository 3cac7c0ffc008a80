import { createServer } from "node:http";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { mkdir } from "node:fs/promises";
import type { Clock } from "@drover/core/service/clock";
import type { Basics } from "@drover/core/service/basics";
import { latencySeconds } from "@drover/core/service/metrics";
import type { Running } from "@drover/core/service/run";
import { createCheckpoint } from "./checkpoint.ts";
import { openEngine } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { createFront } from "./front.ts";
import type { FrontDeps } from "./front.ts";
import { createRoutes } from "./routes.ts";
import { openSpool } from "./spool.ts";
import type { Spool } from "./spool.ts";
import type { User } from "./users.ts";

/** The embedded ClickHouse: one process, one data folder, ClickHouse's HTTP interface. */
export type ClickhouseConfig = {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly database: string;
  readonly users: readonly User[];
  readonly memoryBytes: number;
  readonly backupsFolder?: string | undefined;
  readonly spoolFolders: readonly string[];
};

const MIB = 1024 * 1024;

/**
 * Queue bounds say "reject". Readers may all be slow without taking a writer's session, and both
 * lanes together stay well below the 16 threads that carry them.
 */
const lanes = {
  read: { sessions: 4, waitersMax: 64 },
  write: { sessions: 3, waitersMax: 64 },
};
const BODY_BYTES_MAX = 64 * MIB;
const SPOOL_BYTES_MAX = 160 * MIB;
const STATEMENT_BYTES_MAX = 256 * 1024;
const PIECE_BYTES_MAX = 4 * MIB;
const DOCUMENT_BYTES_MAX = 16 * MIB;
const FULL_EXECUTION_MS_MAX = 120_000;
const READER_EXECUTION_MS_MAX = 30_000;
const BODY_TIMEOUT_MS = 120_000;
const DRAIN_MS = 5_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** Longer than clients keep an idle connection, so that the client closes first. */
const KEEP_ALIVE_MS = 72_000;

export type Clickhouse = Running & { readonly url: string };

export async function startClickhouse(config: ClickhouseConfig, deps: Basics): Promise<Clickhouse> {
  const { log, metrics } = deps;
  await mkdir(config.folder, { recursive: true, mode: 0o700 });
  const engine = await openEngine({ ...config, lanes }, deps);
  const spool = await openSpool({
    folders: config.spoolFolders,
    bodyBytesMax: BODY_BYTES_MAX,
    heldBytesMax: SPOOL_BYTES_MAX,
  });
  await tellBrokenParts(engine, config.database, deps);
  const tableFunctions = await listTableFunctions(engine, config.database);
  const front = createFront(
    {
      users: config.users,
      database: config.database,
      statementBytesMax: STATEMENT_BYTES_MAX,
      pieceBytesMax: PIECE_BYTES_MAX,
      documentBytesMax: DOCUMENT_BYTES_MAX,
      guard: { tableFunctions, backupsFolder: config.backupsFolder },
      limits: {
        full: {
          executionMs: FULL_EXECUTION_MS_MAX,
          memoryBytes: Math.floor(config.memoryBytes * 0.8),
        },
        reader: {
          executionMs: READER_EXECUTION_MS_MAX,
          memoryBytes: Math.floor(config.memoryBytes / 3),
        },
      },
    },
    { engine, spool, log, observe: observer(deps) },
  );
  metrics.gaugeOf({ name: "clickhouse_spool_bytes", help: "Bodies of inserts held now" }, () =>
    spool.bytesHeld(),
  );
  metrics.gaugeOf(
    { name: "clickhouse_waiting", help: "Statements that wait for a session" },
    () => engine.waiting("read") + engine.waiting("write"),
  );
  const checkpoint = createCheckpoint(config, deps);
  const server = createServer(
    { requestTimeout: BODY_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS },
    createRoutes({ users: config.users }, { ...deps, front, checkpoint }),
  );
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const url = await listen(server, config);
  log.info({ url, folder: config.folder, spool: spool.folder }, "serving ClickHouse");
  return { url, ...stopping(server, engine, spool, deps.clock) };
}

function stopping(server: Server, engine: Engine, spool: Spool, clock: Clock): Running {
  const closed = Promise.withResolvers<void>();
  const silent = new Set<Socket>();
  // Connections without a first request count as busy to the server, and would hold up the end.
  server.on("connection", (socket) => {
    silent.add(socket);
    socket.once("close", () => silent.delete(socket));
  });
  server.on("request", (request) => silent.delete(request.socket));
  server.once("close", () => closed.resolve());
  return {
    async stopAccepting() {
      server.close();
      server.closeIdleConnections();
      for (const socket of silent) socket.destroy();
    },
    async drain() {
      const ended = new AbortController();
      // Who has not taken an answer by then will not.
      const cut = clock.sleep(DRAIN_MS, ended.signal).then(() => server.closeAllConnections());
      await closed.promise;
      ended.abort();
      await cut.catch(() => {});
    },
    async close() {
      await engine[Symbol.asyncDispose]();
      await spool[Symbol.asyncDispose]();
    },
  };
}

async function listen(server: Server, config: ClickhouseConfig): Promise<string> {
  const { host, port } = config;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("listen: no address");
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${name}:${address.port}`;
}

/** The engine sets parts aside that it cannot read, and goes on; somebody should know. */
async function tellBrokenParts(engine: Engine, database: string, { log }: Basics): Promise<void> {
  const sql = `SELECT database, table, count() FROM system.detached_parts
    WHERE reason LIKE 'broken%' GROUP BY ALL LIMIT 20`;
  const { bytes } = await engine.run("read", { sql, format: "TSV", database, isKillable: true });
  const tables = Buffer.from(bytes).toString("utf8").trim();
  if (tables !== "") log.error({ tables: tables.split("\n") }, "parts were set aside as broken");
}

async function listTableFunctions(engine: Engine, database: string): Promise<ReadonlySet<string>> {
  const sql = "SELECT lower(name) FROM system.table_functions";
  const call = { sql, format: "TSVRaw", database, isKillable: true };
  const { bytes } = await engine.run("read", call);
  return new Set(Buffer.from(bytes).toString("utf8").trim().split("\n"));
}

function observer({ metrics }: Basics): FrontDeps["observe"] {
  const seconds = metrics.histogram({
    name: "clickhouse_statement_seconds",
    help: "From the request to the end of its answer",
    labels: ["kind"],
    buckets: latencySeconds,
  });
  const bytes = metrics.counter({
    name: "clickhouse_bytes_total",
    help: "Bytes of bodies, in for inserts and out for the rest",
    labels: ["kind"],
  });
  return (kind, tookSeconds, bodyBytes) => {
    seconds.observe({ kind }, tookSeconds);
    bytes.inc({ kind }, bodyBytes);
  };
}
