import { dirname } from "node:path";
import { Command, CommanderError } from "commander";
import { CommandError, exitCodes } from "./context.ts";
import type { Context } from "./context.ts";

type AddCommand = (program: Command, context: Context) => void;

/** Each is loaded only when it is wanted: an edge on a small box carries nothing else along. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  up: async () => (await import("./commands/up.ts")).addUp,
  status: async () => (await import("./commands/status.ts")).addStatus,
  logs: async () => (await import("./commands/logs.ts")).addLogs,
  token: async () => (await import("./commands/token.ts")).addToken,
  doctor: async () => (await import("./commands/doctor.ts")).addDoctor,
  edge: async () => (await import("./commands/edge.ts")).addEdge,
  ingest: async () => (await import("./commands/ingest.ts")).addIngest,
  zones: async () => (await import("./commands/zones.ts")).addZones,
};

// npm runs scripts in the project's folder and says where its caller stood.
const isNpmScript = ["start", "drover"].includes(process.env["npm_lifecycle_event"] ?? "");
const callerDir = isNpmScript ? process.env["INIT_CWD"] : undefined;

const context: Context = {
  rootDir: dirname(import.meta.dirname),
  cwd: callerDir ?? process.cwd(),
  env: process.env,
  print: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
};

// Whoever reads may stop reading (`drover up | head`); that must not stop what is being told.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

const program = new Command("drover")
  .description("A live-telemetry platform that stays up")
  .version("0.1.0")
  .showHelpAfterError("(see drover --help)")
  .configureHelp({ sortSubcommands: false })
  .addHelpText(
    "after",
    "\nExit codes: 0 pass, 1 fail, 2 usage, 3 could not run or not enough evidence.",
  );
const wanted = commands[process.argv[2] ?? ""];
for (const load of wanted ? [wanted] : Object.values(commands)) (await load())(program, context);
for (const command of [
  program,
  ...program.commands,
  ...program.commands.flatMap((c) => c.commands),
]) {
  command.exitOverride();
}

// A launcher that was killed takes its command along; `up` has an order of its own for that.
const leave = () => void process.kill(process.pid, "SIGTERM");
if (process.argv[2] !== "up") process.once("disconnect", leave);

try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = explain(error);
} finally {
  // The launcher's channel must not keep a finished command alive.
  process.off("disconnect", leave);
  if (process.connected) process.disconnect();
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) {
    // Help and version were asked for; commander has said the rest already.
    return error.exitCode === 0 ? exitCodes.pass : exitCodes.usage;
  }
  if (error instanceof CommandError) {
    context.note(`drover: ${error.message}`);
    return error.exitCode;
  }
  context.note(
    `drover: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return exitCodes.couldNotRun;
}
