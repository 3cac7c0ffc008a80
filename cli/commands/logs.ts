import { open, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { systemClock } from "@drover/core/service/clock";
import { createLineSplitter } from "@drover/control/supervisor/log-file";
import type { Command } from "commander";
import { CommandError, DEFAULT_DATA, dataDirOf, exitCodes } from "../context.ts";
import type { Context } from "../context.ts";
import { formatLine } from "../log-line.ts";
import { readCount } from "../options.ts";

type LogsOptions = {
  readonly data?: string;
  readonly lines: number;
  readonly follow: boolean;
  readonly json: boolean;
};

const POLL_MS = 250;
/** Of each file; enough for any sensible `--lines`. */
const TAIL_BYTES_MAX = 4 * 1024 * 1024;

export function addLogs(program: Command, context: Context): void {
  program
    .command("logs")
    .argument("[process...]", "names as `drover status` shows them; all when none is given")
    .description("show what the processes wrote")
    .option("--data <dir>", "data folder", DEFAULT_DATA)
    .option("-n, --lines <n>", "lines of each", readCount, 20)
    .option("-f, --follow", "and what they write from now on", false)
    .option("--json", "the lines as they were written", false)
    .action((names: string[], options: LogsOptions) => logs(names, options, context));
}

async function logs(
  names: readonly string[],
  options: LogsOptions,
  context: Context,
): Promise<void> {
  const dir = join(dataDirOf(context, options.data), "logs");
  const all = (await readdir(dir).catch(() => [])).filter((file) => file.endsWith(".log"));
  const known = all.map((file) => basename(file, ".log"));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined || known.length === 0) {
    const what =
      known.length === 0 ? "there are no logs" : `${unknown} is none of ${known.join(", ")}`;
    throw new CommandError(exitCodes.couldNotRun, `${dir}: ${what}`);
  }
  const wanted = names.length > 0 ? names : known;
  const width = Math.max(...wanted.map((name) => name.length));
  const print = (name: string, line: string) => {
    if (options.json) context.print(line);
    else context.print(`${name.padEnd(width)} │ ${formatLine(line)}`);
  };
  const tails = await Promise.all(
    wanted.map((name) =>
      tail(join(dir, `${name}.log`), options.lines, (line) => print(name, line)),
    ),
  );
  while (options.follow) {
    await systemClock.sleep(POLL_MS);
    for (const more of tails) await more();
  }
}

/** Prints the last lines of a file; the answer prints what came since, over rotations too. */
async function tail(
  path: string,
  lines: number,
  print: (line: string) => void,
): Promise<() => Promise<void>> {
  const last: string[] = [];
  let { size: at, ino } = await stat(path);
  const collect = createLineSplitter((line) => {
    last.push(line);
    if (last.length > lines) last.shift();
  });
  await readBetween(path, Math.max(0, at - TAIL_BYTES_MAX), at, collect);
  for (const line of last) print(line);
  const split = createLineSplitter(print);
  return async () => {
    const now = await stat(path).catch(() => undefined);
    if (!now) return;
    if (now.ino !== ino) {
      ino = now.ino;
      at = 0;
    }
    await readBetween(path, at, now.size, split);
    at = now.size;
  };
}

async function readBetween(
  path: string,
  from: number,
  to: number,
  onText: (text: string) => void,
): Promise<void> {
  if (to <= from) return;
  await using file = await open(path);
  const stream = file.createReadStream({
    start: from,
    end: to - 1,
    encoding: "utf8",
    autoClose: false,
  });
  for await (const text of stream) onText(String(text));
}
