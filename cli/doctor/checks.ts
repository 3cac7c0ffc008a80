import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { stat, statfs, unlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { totalmem } from "node:os";
import { dirname, join } from "node:path";
import { isPortFree } from "@drover/control/supervisor/ports";
import { systemClock } from "@drover/core/service/clock";
import type { Platform } from "@drover/platform/definition";
import { readCommit } from "../commit.ts";
import { findRunning } from "../running.ts";
import { formatBytes } from "../table.ts";

export type Finding = {
  readonly name: string;
  readonly verdict: "pass" | "fail" | "could-not-run";
  readonly detail: string;
  /** What to do; absent when there is nothing to do. */
  readonly advice?: string;
};

export type Subject = {
  readonly platform: Platform;
  readonly dataDir: string;
  readonly rootDir: string;
};

type Outcome = Omit<Finding, "name">;

const checks: Readonly<Record<string, (subject: Subject) => Outcome | Promise<Outcome>>> = {
  versions: checkVersions,
  engine: checkEngine,
  entries: checkEntries,
  memory: checkMemory,
  folder: checkFolder,
  disk: checkDisk,
  clock: checkClock,
  port: checkPort,
  processes: checkProcesses,
};

/** Runs every check; one that breaks says so and is not taken for a pass. */
export async function runChecks(subject: Subject): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [name, check] of Object.entries(checks)) {
    try {
      findings.push({ name, ...(await check(subject)) });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      findings.push({ name, verdict: "could-not-run", detail });
    }
  }
  return findings;
}

const pass = (detail: string): Outcome => ({ verdict: "pass", detail });
const fail = (detail: string, advice: string): Outcome => ({ verdict: "fail", detail, advice });

function checkVersions(): Outcome {
  const { node, sqlite } = process.versions;
  return pass(`Node ${node}, SQLite ${sqlite ?? "?"}, ${process.platform} ${process.arch}`);
}

/** The embedded ClickHouse is a native library that npm brings for some systems only. */
function checkEngine({ platform }: Subject): Outcome {
  const isNeeded = Object.values(platform.engines).some(
    (engine) => engine.kind === "embedded" && engine.provides === "history",
  );
  if (!isNeeded) return pass("history is kept elsewhere");
  const require = createRequire(import.meta.resolve("@drover/control/host"));
  try {
    const { version } = JSON.parse(readFileSync(findManifest(require.resolve("chdb")), "utf8"));
    return pass(`chDB ${version} is installed`);
  } catch (error) {
    const detail = `chDB is not installed (${error instanceof Error ? error.message : "?"})`;
    return fail(detail, "run npm ci, or set a ClickHouse server in the definition (kind: remote)");
  }
}

function findManifest(file: string): string {
  let dir = dirname(file);
  while (!existsSync(join(dir, "package.json"))) dir = dirname(dir);
  return join(dir, "package.json");
}

function checkEntries({ platform, rootDir }: Subject): Outcome {
  const embedded = Object.values(platform.engines).filter((engine) => engine.kind === "embedded");
  const specs = [...embedded, ...Object.values(platform.services), platform.gateway, platform.edge];
  const missing = specs
    .map((spec) => spec.entry)
    .filter((entry) => !existsSync(join(rootDir, entry)));
  if (missing.length === 0) return pass(`${specs.length} programs are there`);
  return fail(`missing: ${missing.join(", ")}`, "check the definition, or the clone is not whole");
}

const MEMORY_BYTES_MIN = 1.5e9;

function checkMemory(): Outcome {
  const all = totalmem();
  const detail = `${formatBytes(all)} of memory`;
  if (all >= MEMORY_BYTES_MIN) return pass(detail);
  return fail(detail, "the whole of Drover wants 1.5 GB; an edge alone (drover edge) far less");
}

async function checkFolder({ dataDir }: Subject): Promise<Outcome> {
  const folder = nearestFolder(dataDir);
  const probe = join(folder, `.drover-doctor-${randomUUID()}`);
  try {
    await writeFile(probe, "");
    await unlink(probe);
  } catch (error) {
    const detail = `${folder} cannot be written (${error instanceof Error ? error.message : "?"})`;
    return fail(detail, "choose another with --data, or change its owner");
  }
  if (folder !== dataDir) return pass(`${dataDir} will be made`);
  const secrets = await stat(join(dataDir, "secrets")).catch(() => undefined);
  if (secrets && process.platform !== "win32" && (secrets.mode & 0o077) !== 0) {
    const path = join(dataDir, "secrets");
    return fail(`${path} can be read by others`, `chmod 700 ${path}`);
  }
  return pass(`${dataDir} can be written and its secrets are its owner's alone`);
}

function nearestFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}

const DISK_BYTES_MIN = 2e9;

async function checkDisk({ dataDir }: Subject): Promise<Outcome> {
  const { bavail, bsize } = await statfs(nearestFolder(dataDir));
  const free = bavail * bsize;
  const detail = `${formatBytes(free)} free`;
  if (free >= DISK_BYTES_MIN) return pass(detail);
  return fail(detail, `free at least ${formatBytes(DISK_BYTES_MIN)}, or choose another --data`);
}

/** Both clocks at one instant: read again when something came between. */
function readClocks(): { readonly wallMs: number; readonly monotonicMs: number } {
  for (;;) {
    const beforeMs = systemClock.monotonicMs();
    const wallMs = systemClock.now();
    const monotonicMs = systemClock.monotonicMs();
    if (monotonicMs - beforeMs < 1) return { wallMs, monotonicMs };
  }
}

const DRIFT_WATCH_MS = 300;
const DRIFT_MS_MAX = 30;
const DAY_MS = 86_400_000;

/** Every report is judged by this clock: one that is wrong quarantines what is right. */
async function checkClock({ rootDir }: Subject): Promise<Outcome> {
  const advice = "set the clock and keep it set: timedatectl set-ntp true, or chrony";
  const start = readClocks();
  await systemClock.sleep(DRIFT_WATCH_MS);
  const end = readClocks();
  const watchedMs = end.monotonicMs - start.monotonicMs;
  const driftMs = Math.round(end.wallMs - start.wallMs - watchedMs);
  if (Math.abs(driftMs) > DRIFT_MS_MAX) {
    return fail(`the clock moved ${driftMs} ms too far in ${Math.round(watchedMs)} ms`, advice);
  }
  const builtMs = Date.parse(readCommit(rootDir).buildDate);
  const shown = new Date(systemClock.now()).toISOString();
  if (systemClock.now() < builtMs - DAY_MS)
    return fail(`${shown} is before this was built`, advice);
  return pass(`${shown}, steady`);
}

async function checkPort({ platform, dataDir }: Subject): Promise<Outcome> {
  const { port } = platform.gateway;
  if (port === 0) return pass("a free port is taken");
  const running = findRunning(dataDir);
  if (running?.url.endsWith(`:${port}`)) return pass(`${port} is ours (pid ${running.pid})`);
  if (await isPortFree(port, "127.0.0.1")) return pass(`${port} is free`);
  return fail(`${port} is taken by another program`, "choose one with --port N");
}

function checkProcesses({ dataDir }: Subject): Outcome {
  const running = findRunning(dataDir);
  if (!running) return pass("no drover runs on this data folder");
  const unready = running.processes.filter((process) => process.state !== "ready");
  if (unready.length === 0) return pass(`${running.processes.length} processes are ready`);
  const names = unready.map(({ instance, state }) => `${instance} (${state})`).join(", ");
  return fail(`not ready: ${names}`, `drover logs ${unready[0]?.instance ?? ""}`);
}
