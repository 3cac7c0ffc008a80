import type { Command } from "commander";
import { DEFAULT_DATA, CommandError, dataDirOf, exitCodes } from "../context.ts";
import type { Context } from "../context.ts";
import { loadPlatform } from "../definition.ts";
import { runChecks } from "../doctor/checks.ts";
import type { Finding } from "../doctor/checks.ts";
import { readPort } from "../options.ts";

type DoctorOptions = {
  readonly data?: string;
  readonly config?: string;
  readonly port?: number;
  readonly json: boolean;
};

const marks = { pass: "✔", fail: "✖", "could-not-run": "?" } as const;

export function addDoctor(program: Command, context: Context): void {
  program
    .command("doctor")
    .description("check this machine and the data folder, and say what to do")
    .option("--data <dir>", "data folder", DEFAULT_DATA)
    .option("--config <file>", "another definition than drover.config.ts")
    .option("--port <n>", "port of the front door", readPort)
    .option("--json", "as JSON", false)
    .action((options: DoctorOptions) => doctor(options, context));
}

async function doctor(options: DoctorOptions, context: Context): Promise<void> {
  const adjustments = { isDemo: true, port: options.port, sources: [], replicas: [] };
  const platform = await loadPlatform(context, options.config, adjustments);
  const dataDir = dataDirOf(context, options.data);
  const findings = await runChecks({ platform, dataDir, rootDir: context.rootDir });
  if (options.json) context.print(JSON.stringify({ findings }));
  else for (const finding of findings) context.print(describe(finding));
  const failed = findings.filter((finding) => finding.verdict === "fail").length;
  const unknown = findings.filter((finding) => finding.verdict === "could-not-run").length;
  if (failed > 0) throw new CommandError(exitCodes.fail, `${failed} check(s) failed`);
  // A check that could not run never reads as passing.
  if (unknown > 0) throw new CommandError(exitCodes.couldNotRun, `${unknown} could not run`);
}

function describe({ verdict, name, detail, advice }: Finding): string {
  const what = advice === undefined ? "" : `\n    → ${advice}`;
  return `${marks[verdict]} ${name.padEnd(12)} ${detail}${what}`;
}
