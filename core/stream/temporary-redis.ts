// A Redis server of its own for a test or a benchmark: in a folder that is given, on a free port of
// loopback, synced at every write. Found by DROVER_TEST_REDIS_SERVER or on the PATH.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, constants } from "node:fs/promises";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { Redis } from "ioredis";
import type { Clock } from "../service/clock.ts";

export interface TemporaryRedis extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Ends it as a power cut would, and starts it again on the same files. */
  crash(): Promise<void>;
}

export interface TemporaryRedisConfig {
  readonly binary: string;
  readonly folder: string;
  /** Settings instead of those that a stream asks for. */
  readonly settings?: Readonly<Record<string, string>>;
}

const START_TIMEOUT_MS = 5_000;
const durable = {
  appendonly: "yes",
  appendfsync: "always",
  "maxmemory-policy": "noeviction",
  save: "",
} as const;

/** The server's program; undefined when it is not installed. */
export async function findRedis(env: {
  readonly DROVER_TEST_REDIS_SERVER?: string;
  readonly PATH?: string;
}): Promise<string | undefined> {
  const folders = (env.PATH ?? "").split(delimiter);
  const candidates = [
    ...(env.DROVER_TEST_REDIS_SERVER === undefined ? [] : [env.DROVER_TEST_REDIS_SERVER]),
    ...folders.map((folder) => join(folder, "redis-server")),
  ];
  for (const candidate of candidates) {
    const isThere = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return candidate;
  }
  return undefined;
}

export async function startRedis(
  config: TemporaryRedisConfig,
  deps: { clock: Clock },
): Promise<TemporaryRedis> {
  const port = await freePort();
  let server = await launch(config, port, deps.clock);
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    async crash() {
      await end(server, "SIGKILL");
      server = await launch(config, port, deps.clock);
    },
    [Symbol.asyncDispose]: () => end(server, "SIGKILL"),
  };
}

async function launch(
  { binary, folder, settings }: TemporaryRedisConfig,
  port: number,
  clock: Clock,
): Promise<ChildProcess> {
  const options = Object.entries({ ...durable, ...settings }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ]);
  const server = spawn(
    binary,
    ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, ...options],
    { stdio: "ignore" },
  );
  const deadlineMs = clock.monotonicMs() + START_TIMEOUT_MS;
  while (!(await answers(port))) {
    if (clock.monotonicMs() > deadlineMs || server.exitCode !== null) {
      await end(server, "SIGKILL");
      throw new Error(`${binary} on port ${port} did not answer within ${START_TIMEOUT_MS} ms`);
    }
    await clock.sleep(10);
  }
  return server;
}

async function answers(port: number): Promise<boolean> {
  const redis = new Redis({ port, lazyConnect: true, retryStrategy: () => null });
  redis.on("error", () => {});
  try {
    await redis.connect();
    return (await redis.ping()) === "PONG";
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  server.kill(signal);
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}
