import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { AlreadyUpError } from "@drover/control/claim";
import { PortTakenError, openHost } from "@drover/control/host";
import type { Host } from "@drover/control/host";
import type { KeeperEvent } from "@drover/control/supervisor/keeper";
import { StartError } from "@drover/control/supervisor/keeper";
import { systemClock } from "@drover/core/service/clock";
import { createHealth } from "@drover/core/service/health";
import { logLevels, silentLog } from "@drover/core/service/log";
import { run } from "@drover/core/service/run";
import { Option } from "commander";
import type { Command } from "commander";
import { CommandError, DEFAULT_DATA, dataDirOf, exitCodes } from "../context.ts";
import type { Context } from "../context.ts";
import { loadPlatform } from "../definition.ts";
import { formatLine } from "../log-line.ts";
import { readPort, readReplicas, readSource } from "../options.ts";
import type { Replicas } from "../options.ts";
import { checkSources } from "../sources.ts";
import { readCommit } from "../commit.ts";

type UpOptions = {
  readonly data?: string;
  readonly host: string;
  readonly port?: number;
  readonly demo: boolean;
  readonly source?: readonly string[];
  readonly config?: string;
  readonly replicas?: readonly Replicas[];
  readonly logLevel: string;
  readonly logs: boolean;
  readonly json: boolean;
};

/** Longer than all levels of processes may take to drain. */
const STOP_MS_MAX = 120_000;
const LINES_SHOWN = 20;

export function addUp(program: Command, context: Context): void {
  program
    .command("up")
    .description("start Drover here: engines, services, gateway and, unless told not to, a demo")
    .option("--data <dir>", "data folder; nothing else is written", DEFAULT_DATA)
    .option("--port <n>", "port of the front door (default: the definition's, 8080)", readPort)
    .option("--host <address>", "address of the front door", "127.0.0.1")
    .option("--no-demo", "without the demo's flights and stations")
    .option("--source <kind=…>", "read a feed; repeatable", readSource)
    .option("--config <file>", "another definition than drover.config.ts")
    .option("--replicas <service=n>", "copies of a service; repeatable", readReplicas)
    .addOption(
      new Option("--log-level <level>", "of the processes").choices([...logLevels]).default("info"),
    )
    .option("--logs", "show the processes' logs here too", false)
    .option("--json", "one JSON object a line", false)
    .action((options: UpOptions) => up(options, context));
}

async function up(options: UpOptions, context: Context): Promise<void> {
  await checkSources(context, options.source ?? []);
  const platform = await loadPlatform(context, options.config, {
    isDemo: options.demo,
    port: options.port,
    sources: options.source ?? [],
    replicas: options.replicas ?? [],
  });
  const dataDir = dataDirOf(context, options.data);
  const voice = createVoice(options, context);
  const deps = { clock: systemClock, log: silentLog, health: createHealth({ clock: systemClock }) };
  let failure: unknown;
  await run({ probeMs: 0, deadlineMs: STOP_MS_MAX }, deps, async (signal) => {
    try {
      const host = await openHost(
        {
          platform,
          rootDir: context.rootDir,
          cwd: context.cwd,
          dataDir,
          gatewayHost: options.host,
          logLevel: options.logLevel,
          hostEnv: context.env,
          ...readCommit(context.rootDir),
        },
        {
          clock: systemClock,
          onEvent: (event) => voice.event(event),
          onLine: (instance, line) => voice.line(instance, line),
          onOrphans: (orphans) => voice.orphans(orphans.map((orphan) => orphan.instance)),
        },
      );
      await bringUp(host, signal);
      if (!signal.aborted) voice.up(host, dataDir);
      return { drain: () => host.stop() };
    } catch (error) {
      failure = error;
      throw error;
    }
  });
  if (failure !== undefined) throw explain(failure, dataDir);
  voice.stopped();
}

async function bringUp(host: Host, signal: AbortSignal): Promise<void> {
  const giveUp = () => void host.stop();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await host.start();
  } catch (error) {
    await host.stop();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

function explain(error: unknown, dataDir: string): unknown {
  if (error instanceof AlreadyUpError || error instanceof PortTakenError) {
    return new CommandError(exitCodes.couldNotRun, error.message, { cause: error });
  }
  if (error instanceof StartError) {
    const tail = lastLines(join(dataDir, "logs", `${error.instance}.log`));
    const message = `${error.message}; its last words:\n${tail}`;
    return new CommandError(exitCodes.couldNotRun, message, { cause: error });
  }
  return error;
}

function lastLines(file: string): string {
  try {
    const lines = readFileSync(file, "utf8").trimEnd().split("\n").slice(-LINES_SHOWN);
    return lines.map((line) => `  ${formatLine(line)}`).join("\n");
  } catch {
    return "  (none)";
  }
}

/** Says what happens, for people or for programs. */
function createVoice(options: UpOptions, context: Context) {
  const startMs = systemClock.monotonicMs();
  const elapsed = () =>
    `${((systemClock.monotonicMs() - startMs) / 1000).toFixed(2)} s`.padStart(8);
  const say = (fact: object, line: string) => {
    if (options.json) context.print(JSON.stringify(fact));
    else context.print(line);
  };
  return {
    event(event: KeeperEvent) {
      const took = event.kind === "ready" ? ` in ${(event.afterMs / 1000).toFixed(2)} s` : "";
      const detail = event.detail === "" ? "" : ` (${event.detail})`;
      say(
        { event: event.kind, ...event },
        `${elapsed()}  ${event.instance} ${event.kind}${took}${detail}`,
      );
    },
    line(instance: string, line: string) {
      if (options.logs)
        say({ event: "log", instance, line }, `${instance.padEnd(14)} │ ${formatLine(line)}`);
    },
    orphans(instances: readonly string[]) {
      const names = instances.join(", ");
      say(
        { event: "reaped", instances },
        `${elapsed()}  ended what a killed drover left: ${names}`,
      );
    },
    up(host: Host, dataDir: string) {
      const { adminToken: token } = host.access;
      if (options.json) {
        context.print(JSON.stringify({ event: "up", url: host.url, token, data: dataDir }));
        return;
      }
      const link = token === undefined ? host.url : `${host.url}/#token=${token}`;
      const shown = token ?? "$(drover token create --role viewer)";
      const data = relative(context.cwd, dataDir) || ".";
      context.print(`${elapsed()}  up

  open   ${link}
  ask    curl -H 'Authorization: Bearer ${shown}' '${host.url}/v1/assets?limit=5'
  data   ${data}   logs  ${join(data, "logs")}   stop  Ctrl-C
`);
    },
    stopped() {
      say({ event: "down" }, `${elapsed()}  stopped`);
    },
  };
}
