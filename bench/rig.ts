// The processes of a Drover, started with the environment that `drover up` gives them, on a folder
// of its own; without the supervisor, so that a process that dies fails the benchmark.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startChild, type Child } from "@drover/control/supervisor/child";
import { connectHistory, type History } from "@drover/core/history/client";
import { openRecords } from "@drover/core/records/open";
import { createTokens, type NewToken } from "@drover/core/records/tokens";
import { systemClock } from "@drover/core/service/clock";
import type { StreamLog } from "@drover/core/stream/log";
import { openStream } from "@drover/core/stream/open";
import { checkPlatform } from "@drover/platform/check";
import { planProcesses, resolveStore, type ProcessPlan } from "@drover/platform/plan";
import definition from "../drover.config.ts";
import { freePort } from "./peers/server.ts";
import { scratchFolder } from "./scratch.ts";

export interface RigOptions {
  /** Names of the definition: engines and services, in the order in which they start. */
  readonly services: readonly string[];
  readonly ingestReplicas?: number;
  /** Names of edges that get a token. */
  readonly edges?: readonly string[];
  /** Environment added to services, by their name. */
  readonly env?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Where each process writes its profile when it ends (`--cpu-prof`). */
  readonly profileDir?: string | undefined;
}

export interface Rig extends AsyncDisposable {
  readonly dataDir: string;
  readonly history: History;
  /** Starts another service; resolves when it is ready. */
  start(service: string): Promise<void>;
  /** Addresses of a service's processes. */
  urlsOf(service: string): readonly string[];
  pidsOf(service: string): readonly number[];
  /** Processor time that each process has used, seconds. */
  cpuSeconds(): Readonly<Record<string, number>>;
  token(wanted: NewToken): Promise<string>;
  /** Another connection to the stream, to look at it. */
  openStream(): Promise<StreamLog>;
  /** What Prometheus would read of a service's first process. */
  metrics(service: string): Promise<string>;
  /** Rejects when a process ends by itself. */
  readonly died: Promise<never>;
}

const rootDir = fileURLToPath(new URL("..", import.meta.url));
const readyMs = 30_000;
const stopMs = 20_000;

/** @throws when a process does not become ready; nothing is left running then. */
export async function openRig(options: RigOptions): Promise<Rig> {
  await using cleanup = new AsyncDisposableStack();
  const dataDir = scratchFolder("rig");
  for (const folder of ["run", "stream", "records", "clickhouse", "state"]) {
    await mkdir(join(dataDir, folder), { recursive: true });
  }
  const password = randomBytes(12).toString("base64url");
  const plans = await plan(options, dataDir, password);
  const died = Promise.withResolvers<never>();
  // Nobody may be listening when it happens.
  died.promise.catch(() => {});
  const running = new Map<string, { plan: ProcessPlan; child: Child }>();
  const startService = async (name: string, cleanup: AsyncDisposableStack): Promise<void> => {
    const own = plans.filter((one) => one.name === name);
    for (const one of own) {
      const child = start(one, options);
      const ending = new AbortController();
      running.set(one.instance, { plan: one, child });
      void child.exited.then((how) => {
        if (!ending.signal.aborted) died.reject(new Error(`${one.instance} ended: ${how}`));
      });
      cleanup.defer(async () => {
        ending.abort();
        await end(child);
      });
    }
    await Promise.race([Promise.all(own.map(untilReady)), died.promise]);
  };
  for (const name of options.services) await startService(name, cleanup);
  const clickhouse = plans.find((one) => one.name === "clickhouse");
  const url = `http://127.0.0.1:${clickhouse?.port ?? 0}`;
  const history = cleanup.use(connectHistory({ url, user: "drover", password }));
  const resources = cleanup.move();
  const of = (service: string) =>
    [...running.values()].filter((process) => process.plan.name === service);
  return {
    dataDir,
    history,
    died: died.promise,
    start: (service) => startService(service, resources),
    urlsOf: (service) => of(service).map(({ plan }) => `http://127.0.0.1:${plan.port}`),
    pidsOf: (service) => of(service).flatMap(({ child }) => child.pid ?? []),
    cpuSeconds() {
      const times = [...running].map(([instance, { child }]) => [
        instance,
        cpuSecondsOf(child.pid),
      ]);
      return Object.fromEntries(times);
    },
    async token(wanted) {
      const recordsUrl = resolveStore(definition.records.url, dataDir);
      await using records = await openRecords({ url: recordsUrl }, { clock: systemClock });
      return (await createTokens({ records, clock: systemClock }).create(wanted)).token;
    },
    openStream: () =>
      openStream({ url: resolveStore(definition.stream.url, dataDir) }, { clock: systemClock }),
    async metrics(service) {
      const [process] = of(service);
      return (await fetch(`http://127.0.0.1:${process?.plan.port ?? 0}/metrics`)).text();
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function plan(options: RigOptions, dataDir: string, password: string) {
  const whole = checkPlatform(definition);
  const ingest = whole.services["ingest"];
  if (ingest === undefined) throw new Error("rig: the definition has no ingest");
  const services = {
    ...whole.services,
    ingest: { ...ingest, replicas: options.ingestReplicas ?? 1 },
  };
  const names: string[] = [];
  const ports = new Map<string, number>();
  const placement = {
    dataDir,
    gatewayHost: "127.0.0.1",
    gatewayPort: await freePort(),
    portOf(instance: string) {
      names.push(instance);
      return ports.get(instance) ?? 0;
    },
    passwordOf: () => password,
    edgeTokenOf: () => "",
    routesFile: join(dataDir, "run", "routes.json"),
    logLevel: "warn",
    probeMs: 500,
    gitSha: "",
    buildDate: "",
    parentPid: process.pid,
  };
  const { demo: _, ...platform } = { ...whole, services };
  // A first plan only asks which ports are needed.
  planProcesses(platform, placement);
  for (const name of names) ports.set(name, await freePort());
  return planProcesses(platform, placement);
}

function start(plan: ProcessPlan, { env, profileDir }: RigOptions): Child {
  const profile = `--cpu-prof --cpu-prof-dir=${profileDir} --cpu-prof-name=${plan.instance}.cpuprofile`;
  return startChild(
    {
      entry: join(rootDir, plan.entry),
      cwd: rootDir,
      env: {
        ...plan.env,
        ...env?.[plan.name],
        ...(profileDir !== undefined && { NODE_OPTIONS: profile }),
      },
      heapMb: plan.heapMb,
      passEnv: plan.passEnv,
    },
    {
      hostEnv: process.env,
      onLine: (line) => process.stderr.write(`       ${plan.instance}: ${line.slice(0, 400)}\n`),
    },
  );
}

async function untilReady({ instance, port }: ProcessPlan): Promise<void> {
  const deadlineMs = performance.now() + readyMs;
  while (performance.now() < deadlineMs) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${instance} is not ready within ${readyMs} ms`);
}

/** proc(5) stat: utime and stime, in ticks of which Linux has 100 a second. */
function cpuSecondsOf(pid: number | undefined): number {
  if (pid === undefined) return Number.NaN;
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function end(child: Child): Promise<void> {
  child.signal("SIGTERM");
  const late = setTimeout(() => child.signal("SIGKILL"), stopMs);
  await child.exited;
  clearTimeout(late);
}
