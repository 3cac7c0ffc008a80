import { join } from "node:path";
import type { Clock } from "@drover/core/service/clock";
import type { Platform } from "@drover/platform/definition";
import { gatewayTable, planProcesses } from "@drover/platform/plan";
import type { Placement, ProcessPlan } from "@drover/platform/plan";
import { prepareAccess } from "./access.ts";
import type { Access } from "./access.ts";
import { claimDataFolder } from "./claim.ts";
import { defaultRestart } from "./policy/restart.ts";
import { seedCompileCache } from "./compile-cache.ts";
import { createSecrets } from "./secrets.ts";
import { identityOf } from "./supervisor/identity.ts";
import type { KeeperEvent } from "./supervisor/keeper.ts";
import { createLogFiles } from "./supervisor/log-file.ts";
import { assignPorts, isPortFree } from "./supervisor/ports.ts";
import { reapOrphans } from "./supervisor/reap.ts";
import type { Orphan } from "./supervisor/reap.ts";
import { readState, writeState, writeWhole } from "./supervisor/state.ts";
import type { PlatformState } from "./supervisor/state.ts";
import { createSupervisor } from "./supervisor/supervisor.ts";

export type HostConfig = {
  readonly platform: Platform;
  readonly rootDir: string;
  readonly cwd: string;
  readonly dataDir: string;
  readonly gatewayHost: string;
  readonly logLevel: string;
  readonly gitSha: string;
  readonly buildDate: string;
  readonly hostEnv: Readonly<Record<string, string | undefined>>;
};

export type HostDeps = {
  readonly clock: Clock;
  readonly onEvent: (event: KeeperEvent) => void;
  readonly onOrphans: (orphans: readonly Orphan[]) => void;
  readonly onLine: (instance: string, line: string) => void;
};

/** A definition at work on one data folder of this machine. */
export interface Host extends AsyncDisposable {
  readonly url: string;
  readonly access: Access;
  /** Resolves when everything is ready; @throws StartError. */
  start(): Promise<void>;
  /** Ends every process in order, then gives the data folder back. */
  stop(): Promise<void>;
  state(): PlatformState;
}

/** The front door cannot be opened there. */
export class PortTakenError extends Error {
  override name = "PortTakenError";

  constructor(host: string, port: number) {
    super(`port ${port} on ${host} is taken by another program; choose one with --port N`);
  }
}

const PROBE_MS = 500;
/** Of each process: at most 40 MB of logs. */
const logLimits = { bytesMax: 10_000_000, keepMax: 3 };

const supervision = {
  restart: defaultRestart,
  probeMs: PROBE_MS,
  probeTimeoutMs: 5_000,
  stopMs: 20_000,
  startFailuresMax: 4,
};

/**
 * Takes the data folder, ends what a killed predecessor left, and plans every process.
 *
 * @throws AlreadyUpError, PortTakenError
 */
export async function openHost(config: HostConfig, deps: HostDeps): Promise<Host> {
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(await claimDataFolder(config.dataDir, deps));
  await reap(config.dataDir, deps);
  const access = await prepareAccess(config.platform, config, {
    clock: deps.clock,
    secrets: createSecrets(config.dataDir),
  });
  const placement = await place(config, access, deps.clock);
  const { gatewayHost, gatewayPort, routesFile } = placement;
  if (!(await isPortFree(gatewayPort, gatewayHost))) {
    throw new PortTakenError(gatewayHost, gatewayPort);
  }
  const plans = planProcesses(config.platform, placement);
  writeWhole(routesFile, JSON.stringify(gatewayTable(config.platform, plans)));
  const shownHost = gatewayHost === "0.0.0.0" || gatewayHost === "::" ? "127.0.0.1" : gatewayHost;
  const url = `http://${shownHost}:${gatewayPort}`;
  const resources = cleanup.move();
  return createHost({ ...config, plans, url, access }, { ...deps, resources });
}

function createHost(
  config: HostConfig & { plans: readonly ProcessPlan[]; url: string; access: Access },
  deps: HostDeps & { resources: AsyncDisposableStack },
): Host {
  const { dataDir, url, access } = config;
  const cacheDir = join(dataDir, "run", "compile-cache");
  seedCompileCache(config.rootDir, cacheDir);
  const logs = deps.resources.use(createLogFiles({ dir: join(dataDir, "logs"), ...logLimits }));
  const startedAt = deps.clock.now();
  const identity = identityOf(process.pid);
  let phase: PlatformState["phase"] = "starting";
  let stopped: Promise<void> | undefined;
  const supervisor = createSupervisor(
    {
      ...supervision,
      ...config,
      // Processes that start again need not compile the same programs again.
      sharedEnv: { NODE_COMPILE_CACHE: cacheDir },
    },
    {
      clock: deps.clock,
      hostEnv: config.hostEnv,
      onEvent(event) {
        save();
        deps.onEvent(event);
      },
      onLine(instance, line) {
        logs.write(instance, line);
        deps.onLine(instance, line);
      },
    },
  );
  const state = (): PlatformState => ({
    phase,
    pid: process.pid,
    identity,
    startedAt,
    url,
    processes: [...supervisor.processes()],
  });
  const save = () => {
    try {
      writeState(dataDir, state());
    } catch (error) {
      // A full or vanished disk must not keep us from keeping and stopping processes.
      deps.onLine("drover", `state not written: ${String(error)}`);
    }
  };

  async function stop(): Promise<void> {
    phase = "stopping";
    save();
    await supervisor.stop();
    phase = "stopped";
    save();
    await deps.resources.disposeAsync();
  }
  const stopOnce = () => (stopped ??= stop());

  return {
    url,
    access,
    state,
    stop: stopOnce,
    [Symbol.asyncDispose]: stopOnce,
    async start() {
      save();
      await supervisor.start();
      if (phase !== "starting") return;
      phase = "running";
      save();
    },
  };
}

/** Ends the processes of a supervisor that was killed. */
async function reap(dataDir: string, deps: HostDeps): Promise<void> {
  const candidates = (readState(dataDir)?.processes ?? []).flatMap(({ instance, pid, identity }) =>
    pid === undefined || identity === undefined ? [] : [{ instance, pid, identity }],
  );
  const reaped = await reapOrphans(candidates, { ownAccordMs: 5_000, termMs: 5_000 }, deps);
  if (reaped.length > 0) deps.onOrphans(reaped);
}

async function place(config: HostConfig, access: Access, clock: Clock): Promise<Placement> {
  const { platform, dataDir, gatewayHost } = config;
  const names: string[] = [];
  const base = {
    ...config,
    gatewayHost,
    passwordOf: (engine: string) => access.passwords.get(engine) ?? "",
    edgeTokenOf: (edge: string) => access.edgeTokens.get(edge) ?? "",
    routesFile: join(dataDir, "run", "routes.json"),
    probeMs: PROBE_MS,
    parentPid: process.pid,
  };
  // A first plan only asks which ports are needed.
  planProcesses(platform, {
    ...base,
    gatewayPort: platform.gateway.port,
    portOf(name) {
      if (!names.includes(name)) names.push(name);
      return 0;
    },
  });
  const file = join(dataDir, "run", "ports.json");
  const ports = await assignPorts(["gateway", ...names], file, { random: () => clock.random() });
  const portOf = (name: string) => ports.get(name) ?? 0;
  return { ...base, gatewayPort: platform.gateway.port || portOf("gateway"), portOf };
}
