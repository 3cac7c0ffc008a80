import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { seedCompileCache } from "@drover/control/compile-cache";
import { isEdgeId } from "@drover/core/model/ids";
import type { Command } from "commander";
import { CommandError, dataDirOf, exitCodes } from "../context.ts";
import type { Context } from "../context.ts";
import { readPort, readSource } from "../options.ts";
import { checkSources } from "../sources.ts";

type EdgeOptions = {
  readonly to: readonly string[];
  readonly id: string;
  readonly source: readonly string[];
  readonly token?: string;
  readonly data: string;
  readonly port: number;
};

/** The path is all that the command line knows of the service. */
const ENTRY = "services/edge/main.ts";

export function addEdge(program: Command, context: Context): void {
  program
    .command("edge")
    .description("run an edge alone, on a small box, reporting to a Drover elsewhere")
    .requiredOption("--to <url>", "a region's address, or name=url; repeatable", readRegion)
    .requiredOption("--id <edge>", "this edge's own name, the same at every start")
    .requiredOption("--source <kind=…>", "read a feed; repeatable", readSource)
    .option(
      "--token <token>",
      "its token (better: in DROVER_TOKEN, where no process list shows it)",
    )
    .option("--data <dir>", "where its outbox is", ".drover-edge")
    .option("--port <n>", "port of its health and metrics, on loopback", readPort, 0)
    .action((options: EdgeOptions) => edge(options, context));
}

function readRegion(text: string, before: readonly string[] = []): readonly string[] {
  const url = text.replace(/^[a-z][a-z0-9-]*=/, "");
  if (!/^https?:\/\/[^/]/.test(url) || !URL.canParse(url)) {
    throw new CommandError(exitCodes.usage, `--to: expected http(s)://…, got ${text}`);
  }
  return [...before, text];
}

async function edge(options: EdgeOptions, context: Context): Promise<void> {
  if (!isEdgeId(options.id)) {
    throw new CommandError(exitCodes.usage, "--id: expected 1 to 64 of a-z, 0-9, ., _ and -");
  }
  await checkSources(context, options.source);
  const token = options.token ?? context.env["DROVER_TOKEN"];
  if (token === undefined) {
    throw new CommandError(exitCodes.usage, "a token is needed: DROVER_TOKEN or --token");
  }
  const dataDir = dataDirOf(context, options.data);
  const cacheDir = join(dataDir, "compile-cache");
  mkdirSync(dataDir, { recursive: true });
  seedCompileCache(context.rootDir, cacheDir);
  become(join(context.rootDir, ENTRY), {
    ...definedOf(context.env),
    DROVER_EDGE: options.id,
    DROVER_REGIONS: options.to.map(nameRegion).join(","),
    DROVER_TOKEN: token,
    DROVER_SOURCES: JSON.stringify(options.source),
    DROVER_DATA: dataDir,
    DROVER_PORT: String(options.port),
    // What need not be compiled is also memory.
    NODE_COMPILE_CACHE: cacheDir,
    // The launcher's channel does not survive; its number does.
    ...(process.connected ? { DROVER_PARENT_PID: String(process.ppid) } : {}),
  });
}

function nameRegion(to: string, index: number): string {
  return /^https?:/.test(to) ? `region-${index + 1}=${to}` : to;
}

function definedOf(env: Context["env"]): Record<string, string> {
  const entries = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}

/**
 * Turns this process into another program, so that on a small box nothing of the command line
 * stays in memory; where a system cannot do that, the program runs beside it.
 */
function become(entry: string, env: Readonly<Record<string, string>>): void {
  const args = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=2", entry];
  if (process.execve && process.platform !== "win32") {
    process.execve(process.execPath, [process.execPath, ...args], env);
  }
  const child = spawn(process.execPath, args, { env, stdio: "inherit" });
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => child.kill(name));
  child.once("exit", (code) => {
    process.exitCode = code ?? exitCodes.couldNotRun;
  });
}
