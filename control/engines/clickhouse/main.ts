import { createBasics } from "@drover/core/service/basics";
import { parseEnv } from "@drover/core/service/env";
import { run } from "@drover/core/service/run";
import { clickhouseEnv, readConfig } from "./config.ts";

/** Every running statement holds one thread of the pool, and so does every file operation. */
const POOL_THREADS_MIN = 16;

if (Number(process.env["UV_THREADPOOL_SIZE"] ?? 4) < POOL_THREADS_MIN) {
  // The size is read once, before any code runs; so this process becomes itself with another one.
  const env = { ...process.env, UV_THREADPOOL_SIZE: String(POOL_THREADS_MIN) };
  const args = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve?.(process.execPath, args, env);
}

const env = parseEnv(clickhouseEnv, process.env);
const basics = createBasics("clickhouse", env);
const config = readConfig(env);
await run(env, basics, async () => {
  // Loaded late: the engine's library belongs in the process that stays.
  const { startClickhouse } = await import("./clickhouse.ts");
  return startClickhouse(config, basics);
});
