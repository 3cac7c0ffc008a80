import { createSecrets } from "@drover/control/secrets";
import type { PlatformState, ProcessState } from "@drover/control/supervisor/state";
import { systemClock } from "@drover/core/service/clock";
import type { Command } from "commander";
import { z } from "zod";
import { CommandError, DEFAULT_DATA, dataDirOf, exitCodes } from "../context.ts";
import type { Context } from "../context.ts";
import { fetchText, findRunning, sumOf } from "../running.ts";
import { formatBytes, formatDuration, formatTable } from "../table.ts";

type StatusOptions = { readonly data?: string; readonly json: boolean };

export function addStatus(program: Command, context: Context): void {
  program
    .command("status")
    .description("show what runs: readiness, restarts, memory, counts, lag, backlogs")
    .option("--data <dir>", "data folder", DEFAULT_DATA)
    .option("--json", "as JSON", false)
    .action((options: StatusOptions) => status(options, context));
}

type ProcessStatus = ProcessState & {
  /** What it says now; the supervisor's word may be a moment old. */
  readonly isReady: boolean;
  readonly memoryBytes: number | undefined;
  /** Reports that an edge holds because no region has acknowledged them. */
  readonly backlog: number | undefined;
};

const EdgeStatus = z.object({
  regions: z.array(z.object({ backlog: z.object({ reports: z.number().optional() }) })),
});

const Stats = z.looseObject({
  accepted: z.number().optional(),
  duplicates: z.number().optional(),
  quarantined: z.number().optional(),
  stored: z.number().optional(),
});

async function status(options: StatusOptions, context: Context): Promise<void> {
  const dataDir = dataDirOf(context, options.data);
  const state = findRunning(dataDir);
  if (!state) {
    throw new CommandError(exitCodes.couldNotRun, `no drover runs on ${dataDir}`);
  }
  const processes = await Promise.all(state.processes.map(observe));
  const stats = await readStats(state, dataDir);
  const isWell = state.phase === "running" && processes.every((process) => process.isReady);
  if (options.json) {
    const { phase, url, pid, startedAt } = state;
    context.print(JSON.stringify({ isWell, phase, url, pid, startedAt, processes, stats }));
  } else {
    context.print(describe(state, processes));
    context.print(typeof stats === "string" ? `stats: ${stats}` : describeStats(stats));
  }
  if (!isWell) throw new CommandError(exitCodes.fail, "not everything is ready");
}

async function observe(process: ProcessState): Promise<ProcessStatus> {
  const base = `http://127.0.0.1:${process.port}`;
  const [ready, metrics] = await Promise.all([
    fetchText(`${base}/readyz`),
    fetchText(`${base}/metrics`),
  ]);
  const text = metrics.kind === "ok" ? metrics.text : "";
  return {
    ...process,
    isReady: ready.kind === "ok",
    memoryBytes: sumOf(text, "process_resident_memory_bytes"),
    backlog: process.role === "edge" ? await readBacklog(base) : undefined,
  };
}

/** The most that any region still lacks. */
async function readBacklog(base: string): Promise<number | undefined> {
  const answer = await fetchText(`${base}/v1/edge/status`);
  if (answer.kind === "failed") return undefined;
  const { regions } = EdgeStatus.parse(JSON.parse(answer.text));
  return Math.max(0, ...regions.map((region) => region.backlog.reports ?? 0));
}

async function readStats(state: PlatformState, dataDir: string) {
  const token = createSecrets(dataDir).read("admin.token");
  const answer = await fetchText(`${state.url}/v1/stats`, token);
  if (answer.kind === "failed") return answer.detail;
  const parsed = Stats.safeParse(JSON.parse(answer.text));
  return parsed.success ? parsed.data : "not understood";
}

function describe(state: PlatformState, processes: readonly ProcessStatus[]): string {
  const nowMs = systemClock.now();
  const rows = processes.map((process) => [
    process.instance,
    process.isReady ? "ready" : process.state,
    process.pid === undefined ? "-" : String(process.pid),
    String(process.port),
    String(process.restarts),
    process.memoryBytes === undefined ? "-" : formatBytes(process.memoryBytes),
    process.startedAt === undefined ? "-" : formatDuration(nowMs - process.startedAt),
    process.backlog === undefined ? "-" : String(process.backlog),
    process.isReady ? "" : ((process.detail || process.lastExit) ?? ""),
  ]);
  const heading = ["process", "state", "pid", "port", "restarts", "memory", "up", "backlog", ""];
  const age = formatDuration(nowMs - state.startedAt);
  return `${state.url}  ${state.phase}, pid ${state.pid}, for ${age}\n\n${formatTable([heading, ...rows])}\n`;
}

function describeStats(stats: z.infer<typeof Stats>): string {
  const { accepted, duplicates, quarantined, stored } = stats;
  const lag = JSON.stringify(stats["lag"] ?? null);
  const counts = { accepted, duplicates, quarantined, stored };
  const words = Object.entries(counts).map(([name, count]) => `${name} ${count ?? "-"}`);
  return `${words.join("  ")}  lag ${lag}`;
}
