import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { stdin } from "node:process";
import { parseLine } from "@drover/core/model/codec";
import { IngestAnswer, ingestPath, ndjson } from "@drover/core/model/ingest";
import type { Command } from "commander";
import { CommandError, DEFAULT_DATA, dataDirOf, exitCodes } from "../context.ts";
import type { Context } from "../context.ts";
import { resolveTarget } from "../running.ts";
import type { Target } from "../running.ts";

type IngestOptions = {
  readonly dryRun: boolean;
  readonly to?: string;
  readonly token?: string;
  readonly data?: string;
  readonly json: boolean;
};

type Refusal = { readonly line: number; readonly reason: string; readonly detail: string };
type Outcome = {
  good: number;
  duplicates: number;
  gaps: number;
  refused: number;
  shown: Refusal[];
};

const BATCH_LINES = 500;
const SEND_TIMEOUT_MS = 60_000;
const REFUSALS_SHOWN = 20;

export function addIngest(program: Command, context: Context): void {
  program
    .command("ingest")
    .argument("<file>", "NDJSON, one report a line; - reads standard input")
    .description("check reports, and send them unless it is a dry run")
    .option("--dry-run", "only check; with --to, let that Drover check too", false)
    .option("--to <url>", "another Drover than the one on the data folder")
    .option("--token <token>", "its token (better: in DROVER_TOKEN)")
    .option("--data <dir>", "data folder", DEFAULT_DATA)
    .option("--json", "as JSON", false)
    .action((file: string, options: IngestOptions) => ingest(file, options, context));
}

async function ingest(file: string, options: IngestOptions, context: Context): Promise<void> {
  const isLocal = options.dryRun && options.to === undefined;
  const dataDir = dataDirOf(context, options.data);
  const check = isLocal
    ? checkLocally
    : createSender(resolveTarget(context, { ...options, dataDir }), options.dryRun);
  const outcome: Outcome = { good: 0, duplicates: 0, gaps: 0, refused: 0, shown: [] };
  let batch: string[] = [];
  let first = 1;
  const flush = async () => {
    if (batch.length > 0) await check(batch, first, outcome);
    first += batch.length;
    batch = [];
  };
  for await (const line of openLines(file)) {
    batch.push(line);
    if (batch.length >= BATCH_LINES) await flush();
  }
  await flush();
  report(outcome, options, context);
}

async function* openLines(file: string): AsyncGenerator<string> {
  const input = file === "-" ? stdin : createReadStream(file);
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) yield line;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CommandError(exitCodes.couldNotRun, `${file}: ${message}`, { cause: error });
  }
}

function refuse(outcome: Outcome, refusal: Refusal): void {
  outcome.refused += 1;
  if (outcome.shown.length < REFUSALS_SHOWN) outcome.shown.push(refusal);
}

async function checkLocally(
  lines: readonly string[],
  first: number,
  outcome: Outcome,
): Promise<void> {
  for (const [index, text] of lines.entries()) {
    if (text.trim() === "") continue;
    const parsed = parseLine(text);
    switch (parsed.kind) {
      case "report":
        outcome.good += 1;
        break;
      case "gap":
        outcome.gaps += 1;
        break;
      case "fault":
        refuse(outcome, { line: first + index, ...parsed.fault });
        break;
    }
  }
}

function createSender(target: Target, isDryRun: boolean) {
  return async (lines: readonly string[], first: number, outcome: Outcome): Promise<void> => {
    const url = `${target.url}${ingestPath}${isDryRun ? "?dryRun=true" : ""}`;
    const headers = {
      "content-type": ndjson,
      ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
    };
    const signal = AbortSignal.timeout(SEND_TIMEOUT_MS);
    const body = lines.join("\n");
    const answer = await fetch(url, { method: "POST", headers, body, signal }).catch((error) => {
      throw new CommandError(exitCodes.couldNotRun, `${url} does not answer`, { cause: error });
    });
    const text = await answer.text();
    if (!answer.ok)
      throw new CommandError(exitCodes.couldNotRun, `${url}: ${answer.status} ${text}`);
    const { accepted, duplicates, quarantined } = IngestAnswer.parse(JSON.parse(text));
    outcome.good += accepted;
    outcome.duplicates += duplicates;
    for (const { line, reason, detail } of quarantined) {
      refuse(outcome, { line: first + line - 1, reason, detail });
    }
  };
}

function report(outcome: Outcome, options: IngestOptions, context: Context): void {
  const { good, duplicates, gaps, refused, shown } = outcome;
  if (options.json) {
    const counts = { good, duplicates, gaps, refused };
    context.print(JSON.stringify({ dryRun: options.dryRun, ...counts, refusals: shown }));
  } else {
    for (const { line, reason, detail } of shown)
      context.print(`line ${line}: ${reason}: ${detail}`);
    if (refused > shown.length) context.print(`… and ${refused - shown.length} more`);
    const sent = options.dryRun ? "good" : "accepted";
    context.print(`${good} ${sent}, ${duplicates} duplicates, ${gaps} gaps, ${refused} refused`);
  }
  if (refused > 0) throw new CommandError(exitCodes.fail, `${refused} line(s) are refused`);
}
