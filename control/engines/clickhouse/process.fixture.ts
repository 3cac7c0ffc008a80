import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ConformanceTarget } from "./conformance-context.ts";

/** The real process on a folder of its own, for tests and measurements. */
export interface ClickhouseProcess extends AsyncDisposable {
  readonly target: ConformanceTarget;
  readonly child: ChildProcess;
  readonly pid: number;
  readonly log: readonly string[];
  /** Ends it and resolves with its exit code, or the signal. */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

const READY_TIMEOUT_MS = 20_000;
const main = fileURLToPath(new URL("main.ts", import.meta.url));

export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "drover-clickhouse-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export async function startProcess(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ClickhouseProcess> {
  const child = spawn(process.execPath, [main], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      DROVER_DATA: folder,
      DROVER_CLICKHOUSE_SPOOL: join(folder, "spool"),
      DROVER_PROBE_MS: "0",
      DROVER_CLICKHOUSE_USER: "writer",
      DROVER_CLICKHOUSE_PASSWORD: "secret",
      DROVER_CLICKHOUSE_READER_USER: "reader",
      DROVER_CLICKHOUSE_READER_PASSWORD: "look",
      DROVER_PARENT_PID: String(process.pid),
      ...env,
    },
  });
  const log: string[] = [];
  const ended = once(child, "exit");
  const ready = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      log.push(line);
      const url = /"url":"(http[^"]+)"/.exec(line)?.[1];
      if (url !== undefined) ready.resolve(url);
    });
  }
  void ended.then(() => ready.reject(new Error(`ended while starting:\n${log.join("\n")}`)));
  const timer = setTimeout(() => ready.reject(new Error("not ready in time")), READY_TIMEOUT_MS);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
    return child.exitCode ?? child.signalCode ?? "";
  };
  try {
    const url = await ready.promise;
    return {
      target: { url, username: "writer", password: "secret" },
      child,
      pid: child.pid ?? 0,
      log,
      end,
      async [Symbol.asyncDispose]() {
        await end("SIGKILL");
      },
    };
  } catch (error) {
    await end("SIGKILL");
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
