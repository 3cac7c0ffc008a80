import { createBasics } from "@drover/core/service/basics";
import { parseEnv } from "@drover/core/service/env";
import { run } from "@drover/core/service/run";
import { clickhouseEnv, readConfig } from "./config.ts";

/** Every running statement holds one thread of the pool, and so does every file operation. */
const POOL_THREADS_MIN = 16;
/**
 * Bodies pass through as buffers outside of the heap. With V8's small first heap they set off a
 * full collection every few inserts; with room and a small nursery they go with the quick ones.
 */
const heapFlags = ["--initial-heap-size=128", "--max-semi-space-size=1"];

const poolThreads = Number(process.env["UV_THREADPOOL_SIZE"] ?? 0);
const hasFlags = heapFlags.every((flag) => process.execArgv.includes(flag));
if (process.execve && (poolThreads < POOL_THREADS_MIN || !hasFlags)) {
  // Both are read once, before any code runs; so this process becomes itself with other ones.
  const threads = String(Math.max(poolThreads, POOL_THREADS_MIN));
  const others = process.execArgv.filter((flag) => !heapFlags.includes(flag));
  const args = [process.execPath, ...others, ...heapFlags, ...process.argv.slice(1)];
  process.execve(process.execPath, args, { ...process.env, UV_THREADPOOL_SIZE: threads });
}

const env = parseEnv(clickhouseEnv, process.env);
const basics = createBasics("clickhouse", env);
const config = readConfig(env);
await run(env, basics, async () => {
  // Loaded late: the engine's library belongs in the process that stays.
  const { startClickhouse } = await import("./clickhouse.ts");
  return startClickhouse(config, basics);
});
