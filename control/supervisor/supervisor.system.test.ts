import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { systemClock } from "@drover/core/service/clock";
import type { ProcessPlan } from "@drover/platform/plan";
import { defaultRestart } from "../policy/restart.ts";
import type { KeeperEvent } from "./keeper.ts";
import { assignPorts } from "./ports.ts";
import { createSupervisor } from "./supervisor.ts";

const rootDir = join(import.meta.dirname, "../..");
const entry = "control/supervisor/fixtures/child.ts";

type Wanted = { instance: string; name?: string; after?: string[]; env?: Record<string, string> };

async function setUp(t: TestContext, wanted: readonly Wanted[]) {
  const dir = await mkdtemp(join(tmpdir(), "drover-supervisor-"));
  const names = wanted.map(({ instance }) => instance);
  const ports = await assignPorts(names, join(dir, "ports.json"), { random: Math.random });
  const tellFile = join(dir, "tell");
  const plans = wanted.map(({ instance, name = instance, after = [], env = {} }): ProcessPlan => {
    const port = ports.get(instance) ?? 0;
    const common = { DROVER_PORT: String(port), DROVER_INSTANCE: instance, TELL: tellFile };
    const plan = { instance, name, role: "service", entry, after, port } as const;
    return { ...plan, heapMb: undefined, passEnv: [], endsBefore: [], env: { ...common, ...env } };
  });
  const events: string[] = [];
  const lines: string[] = [];
  const waiting = new Map<string, () => void>();
  const supervisor = createSupervisor(
    {
      plans,
      rootDir,
      cwd: dir,
      sharedEnv: {},
      restart: { ...defaultRestart, minMs: 20 },
      probeMs: 200,
      probeTimeoutMs: 1000,
      stopMs: 3000,
      startFailuresMax: 3,
    },
    {
      clock: systemClock,
      hostEnv: {},
      onLine: (instance, line) => lines.push(`${instance}: ${line}`),
      onEvent({ kind, instance }: KeeperEvent) {
        events.push(`${instance} ${kind}`);
        waiting.get(`${instance} ${kind}`)?.();
      },
    },
  );
  t.after(async () => {
    await supervisor.stop();
    await rm(dir, { recursive: true });
  });
  return {
    supervisor,
    events,
    lines,
    pidOf: (instance: string) => {
      const pid = supervisor.processes().find((process) => process.instance === instance)?.pid;
      assert.ok(pid !== undefined, `${instance} does not run`);
      return pid;
    },
    next: (event: string) => new Promise<void>((resolve) => waiting.set(event, resolve)),
    told: async () =>
      (await readFile(tellFile, "utf8"))
        .trim()
        .split("\n")
        .map((line) => line.replace(/ \d+$/, "")),
  };
}

test("processes start behind what they wait for and drain in the opposite order", async (t) => {
  const { supervisor, told, lines } = await setUp(t, [
    { instance: "edge", after: ["api"] },
    { instance: "api-1", name: "api", after: ["store"] },
    { instance: "api-2", name: "api", after: ["store"] },
    { instance: "store" },
  ]);
  await supervisor.start();
  const started = await told();
  assert.equal(started[0], "store starts");
  assert.equal(started[3], "edge starts");
  assert.ok(supervisor.processes().every((process) => process.state === "ready"));
  assert.ok(lines.includes("api-2: api-2 listens"));
  await supervisor.stop();
  const stopped = (await told()).slice(4).filter((line) => line.endsWith("drains"));
  assert.equal(stopped[0], "edge drains");
  assert.deepEqual(stopped.slice(1, 3).toSorted(), ["api-1 drains", "api-2 drains"]);
  assert.equal(stopped[3], "store drains");
  assert.ok(supervisor.processes().every((process) => process.state === "stopped"));
});

test("a killed process starts again and gets ready, and its restart is counted", async (t) => {
  const { supervisor, pidOf, next } = await setUp(t, [{ instance: "api" }]);
  await supervisor.start();
  const killed = pidOf("api");
  const readyAgain = next("api ready");
  process.kill(killed, "SIGKILL");
  await readyAgain;
  assert.notEqual(pidOf("api"), killed);
  const [state] = supervisor.processes();
  assert.equal(state?.restarts, 1);
  assert.equal(state?.lastExit, "signal SIGKILL");
});

test("a process that never gets up is tried with back-off and then given up", async (t) => {
  const { supervisor, events, lines } = await setUp(t, [{ instance: "api", env: { CRASH: "1" } }]);
  await assert.rejects(supervisor.start(), {
    name: "StartError",
    instance: "api",
    message: "api ended 3 times before it was ready (exit code 3)",
  });
  assert.equal(events.filter((event) => event === "api exited").length, 3);
  assert.ok(lines.includes("api: cannot start: CRASH is set"));
});
