// ClickHouse for tests: the embedded engine in a process of its own on a temporary folder, or, when
// DROVER_TEST_CLICKHOUSE_URL is set, a database of its own on that server.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { connectHistory } from "./client.ts";
import type { History, HistoryConfig } from "./client.ts";

export interface TemporaryClickhouse extends AsyncDisposable {
  readonly config: HistoryConfig;
  /** Whether it is the embedded engine, which can be killed and started again. */
  readonly isEmbedded: boolean;
  connect(): History;
  /** SIGKILL, and a start on the same folder and port; `between` may change the folder. */
  restart(between?: () => Promise<void>): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;
const POLL_MS = 20;
const engine = fileURLToPath(new URL("../../control/engines/clickhouse/main.ts", import.meta.url));

/** Starts the engine, or makes a database on the server at `url`. */
export async function startClickhouse(url: string | undefined): Promise<TemporaryClickhouse> {
  return url === undefined || url === "" ? startEmbedded() : useServer(url);
}

async function startEmbedded(): Promise<TemporaryClickhouse> {
  const folder = await mkdtemp(join(tmpdir(), "drover-clickhouse-"));
  const port = await freePort();
  const config = {
    url: `http://127.0.0.1:${port}`,
    user: "drover",
    password: randomBytes(9).toString("hex"),
  };
  const start = async () => {
    const child = spawn(process.execPath, [engine], {
      env: {
        DROVER_HOST: "127.0.0.1",
        DROVER_PORT: String(port),
        DROVER_DATA: folder,
        DROVER_CLICKHOUSE_USER: config.user,
        DROVER_CLICKHOUSE_PASSWORD: config.password,
        DROVER_PARENT_PID: String(process.pid),
        DROVER_LOG_LEVEL: "warn",
      },
      stdio: ["ignore", "inherit", "inherit"],
    });
    await untilReady(config.url, child);
    return child;
  };
  let child = await start();
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  return {
    config,
    isEmbedded: true,
    connect: () => connectHistory(config),
    async restart(between) {
      await kill();
      await between?.();
      child = await start();
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`clickhouse: exited with ${child.exitCode}`);
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    await sleep(POLL_MS);
  }
  child.kill("SIGKILL");
  throw new Error(`clickhouse: not ready within ${START_TIMEOUT_MS} ms`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("clickhouse: no port");
  return address.port;
}

async function useServer(address: string): Promise<TemporaryClickhouse> {
  const { origin, username, password } = new URL(address);
  const database = `drover_test_${randomBytes(6).toString("hex")}`;
  const config = { url: origin, user: username || "default", password, database };
  return {
    config,
    isEmbedded: false,
    connect: () => connectHistory(config),
    restart: () => Promise.reject(new Error("clickhouse: a server by URL is not ours to kill")),
    async [Symbol.asyncDispose]() {
      await using history = connectHistory({ ...config, database: "default" });
      await history.command(`DROP DATABASE IF EXISTS ${database}`);
    },
  };
}
