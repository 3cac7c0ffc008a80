// The real processes, started as a user starts them: `drover up` on a folder of its own.

import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const launcher = fileURLToPath(new URL("../bin/drover.js", import.meta.url));

const State = z.looseObject({
  phase: z.string(),
  pid: z.int(),
  processes: z.array(
    z.looseObject({
      instance: z.string(),
      role: z.string(),
      port: z.int(),
      pid: z.int().optional(),
      state: z.string(),
      restarts: z.int(),
    }),
  ),
});
export type RunningState = z.infer<typeof State>;

export interface Drover extends AsyncDisposable {
  readonly url: string;
  readonly dataDir: string;
  /** Makes a token; works while it runs and while it does not. */
  token(role: string, ...more: string[]): string;
  /** A request through the front door with an admin's token. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  json<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  state(): Promise<RunningState>;
  /** `kill -9` of a process by its instance name; gives the number it had. */
  kill(instance: string): Promise<number>;
  /** `kill -9` of the supervisor itself. */
  killSupervisor(): Promise<void>;
  /** Starts it again on the same folder; resolves when everything is ready. */
  start(): Promise<void>;
  stop(): Promise<number | null>;
  /** What it printed. */
  output(): string;
}

export interface BootOptions {
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly readyMs?: number;
}

const readyMsDefault = 60_000;

/** Boots a whole Drover; `await using` ends it and removes its folder. */
export async function boot({
  options = [],
  env = {},
  readyMs = readyMsDefault,
}: BootOptions = {}): Promise<Drover> {
  const dataDir = await mkdtemp(join(tmpdir(), "drover-test-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const definitionAt = options.indexOf("--config");
  const definition = definitionAt < 0 ? [] : options.slice(definitionAt, definitionAt + 2);
  let child: ChildProcess | undefined;
  let output = "";
  let admin = "";

  function run(...words: string[]): string {
    const result = spawnSync(process.execPath, [launcher, ...words], { encoding: "utf8" });
    assert.equal(result.status, 0, `drover ${words.join(" ")}: ${result.stderr}`);
    return result.stdout;
  }

  async function readState(): Promise<RunningState> {
    return State.parse(JSON.parse(await readFile(join(dataDir, "run", "state.json"), "utf8")));
  }

  const drover: Drover = {
    url,
    dataDir,
    token(role, ...more) {
      const words = ["token", "create", "--role", role, "--data", dataDir, "--json"];
      const text = run(...words, ...definition, ...more);
      return z.object({ token: z.string() }).parse(JSON.parse(text)).token;
    },
    ask(path, init = {}) {
      const headers = new Headers(init.headers);
      if (!headers.has("authorization")) headers.set("authorization", `Bearer ${admin}`);
      return fetch(`${url}${path}`, { ...init, headers });
    },
    async json(path, schema) {
      const response = await drover.ask(path);
      const text = await response.text();
      assert.equal(response.status, 200, `${path}: ${response.status} ${text.slice(0, 500)}`);
      return schema.parse(JSON.parse(text));
    },
    state: readState,
    async kill(instance) {
      const found = (await readState()).processes.find((one) => one.instance === instance);
      assert.ok(found?.pid !== undefined, `${instance} does not run`);
      process.kill(found.pid, "SIGKILL");
      return found.pid;
    },
    async killSupervisor() {
      process.kill((await readState()).pid, "SIGKILL");
      if (child && child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
    async start() {
      const words = ["up", "--data", dataDir, "--port", String(port), ...options];
      child = spawn(process.execPath, [launcher, ...words], {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on("data", (chunk: Buffer) => {
          output = (output + chunk.toString("utf8")).slice(-200_000);
        });
      }
      await waitFor(async () => {
        assert.equal(child?.exitCode ?? null, null, `drover up ended:\n${output}`);
        return (await fetch(`${url}/readyz`)).ok && (await readState()).phase === "running";
      }, readyMs).catch((error: unknown) => {
        throw new Error(`drover up is not ready:\n${output}`, { cause: error });
      });
      if (admin === "") admin = drover.token("admin");
    },
    async stop() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return null;
      child.kill("SIGTERM");
      await once(child, "exit");
      return child.exitCode;
    },
    output: () => output,
    async [Symbol.asyncDispose]() {
      await drover.stop();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
  try {
    await drover.start();
  } catch (error) {
    await drover[Symbol.asyncDispose]();
    throw error;
  }
  return drover;
}

/** Asks again every 50 ms until the answer is true; an error counts as "not yet". */
export async function waitFor(isTrue: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  let last: unknown = "never true";
  for (;;) {
    try {
      if (await isTrue()) return;
      last = "not true";
    } catch (error) {
      last = error;
      if (error instanceof assert.AssertionError) throw error;
    }
    if (performance.now() > deadlineMs) {
      throw new Error(`not within ${timeoutMs} ms`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}
