import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { stdin } from "node:process";
import type { Command } from "commander";
import { z } from "zod";
import { callApi, describeProblem, type Problem } from "../call.ts";
import { CommandError, DEFAULT_DATA, dataDirOf, exitCodes } from "../context.ts";
import type { Context } from "../context.ts";
import { resolveTarget } from "../running.ts";
import type { Target } from "../running.ts";
import { formatTable } from "../table.ts";

type CommonOptions = {
  readonly to?: string;
  readonly token?: string;
  readonly data?: string;
  readonly json: boolean;
};
type ListOptions = CommonOptions & { readonly at?: string };
type ExportOptions = ListOptions & { readonly output?: string };
type ImportOptions = CommonOptions & {
  readonly partial: boolean;
  readonly dryRun: boolean;
  readonly nameProperty?: string;
};

const Zones = z.object({
  items: z.array(
    z.looseObject({
      id: z.string(),
      name: z.string(),
      version: z.int(),
      isEnabled: z.boolean(),
      shape: z.looseObject({ type: z.string() }),
    }),
  ),
  next: z.string().optional(),
});
const Features = z.object({ features: z.array(z.unknown()), next: z.string().optional() });
const Imported = z.looseObject({
  created: z.int(),
  changed: z.int(),
  unchanged: z.int(),
  faults: z.array(z.looseObject({ index: z.int(), field: z.string(), detail: z.string() })),
});

const geoJson = "application/geo+json";
/** What the API takes. */
const FILE_BYTES_MAX = 32 * 1024 * 1024;
const MISTAKES_SHOWN = 50;

export function addZones(program: Command, context: Context): void {
  const zones = program.command("zones").description("list, import, export and remove zones");
  withCommon(zones.command("list").description("list zones"))
    .option("--at <time>", "as they were then: ISO 8601 or epoch milliseconds")
    .action((options: ListOptions) => list(options, context));
  withCommon(zones.command("import").argument("<file>", "GeoJSON; - reads standard input"))
    .description("make or change zones from a GeoJSON file: all of it, or nothing")
    .option("--partial", "take what is good although some is not", false)
    .option("--dry-run", "say what would be, change nothing", false)
    .option("--name-property <name>", "the property that names a zone; name or title without")
    .action((file: string, options: ImportOptions) => importFile(file, options, context));
  withCommon(zones.command("export").argument("[ids...]", "only these"))
    .description("write zones as a GeoJSON file")
    .option("--at <time>", "as they were then")
    .option("-o, --output <file>", "a file; standard output without")
    .action((ids: string[], options: ExportOptions) => exportFile(ids, options, context));
  withCommon(zones.command("remove").argument("<ids...>", "which"))
    .description("remove zones; what they were is kept")
    .action((ids: string[], options: CommonOptions) => remove(ids, options, context));
}

function withCommon(command: Command): Command {
  return command
    .option("--to <url>", "another Drover than the one on the data folder")
    .option("--token <token>", "its token (better: in DROVER_TOKEN)")
    .option("--data <dir>", "data folder", DEFAULT_DATA)
    .option("--json", "as JSON", false);
}

function targetOf(options: CommonOptions, context: Context): Target {
  return resolveTarget(context, { ...options, dataDir: dataDirOf(context, options.data) });
}

async function list(options: ListOptions, context: Context): Promise<void> {
  const items: z.infer<typeof Zones>["items"] = [];
  for await (const page of pagesOf(Zones, options, context)) items.push(...page.items);
  if (options.json) {
    context.print(JSON.stringify(items));
    return;
  }
  const rows = items.map(({ id, name, shape, version, isEnabled }) => [
    id,
    name,
    shape.type,
    String(version),
    isEnabled ? "" : "off",
  ]);
  context.print(formatTable([["id", "name", "shape", "version", ""], ...rows]));
}

/** Every page of the list of zones, in our form or as GeoJSON. */
async function* pagesOf<T extends { readonly next?: string | undefined }>(
  schema: z.ZodType<T>,
  options: ListOptions & { readonly format?: "geojson" },
  context: Context,
): AsyncGenerator<T> {
  const target = targetOf(options, context);
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams();
    const { at, format } = options;
    for (const [name, value] of Object.entries({ at, format, cursor })) {
      if (value !== undefined) query.set(name, value);
    }
    const answer = await callApi(target, { method: "GET", path: `/v1/zones?${query.toString()}` });
    if (answer.kind === "refused") throw complaint(answer.problem);
    const page = schema.parse(answer.body);
    yield page;
    cursor = page.next;
  } while (cursor !== undefined);
}

/** A mistake in the command, as far as the API can tell. */
function complaint(problem: Problem): CommandError {
  const exitCode = problem.status === 400 ? exitCodes.usage : exitCodes.fail;
  return new CommandError(exitCode, describeProblem(problem).join("; "));
}

async function importFile(file: string, options: ImportOptions, context: Context): Promise<void> {
  const body = await readText(file, context);
  const query = new URLSearchParams({
    partial: String(options.partial),
    dryRun: String(options.dryRun),
    ...(options.nameProperty !== undefined && { nameProperty: options.nameProperty }),
  });
  const answer = await callApi(targetOf(options, context), {
    method: "POST",
    path: `/v1/zones/import?${query.toString()}`,
    body,
    headers: { "content-type": geoJson },
  });
  if (answer.kind === "refused") {
    const { problem } = answer;
    if (options.json) context.print(JSON.stringify(problem));
    else complain(describeProblem(problem), context);
    throw new CommandError(exitCodes.fail, `${file}: ${problem.title.toLowerCase()}`);
  }
  const imported = Imported.parse(answer.body);
  const { created, changed, unchanged, faults } = imported;
  if (options.json) context.print(JSON.stringify(imported));
  else {
    complain(
      faults.map(({ index, field, detail }) => `feature ${index}: ${field}: ${detail}`),
      context,
    );
    const would = options.dryRun ? "would be " : "";
    context.print(`${created} ${would}created, ${changed} ${would}changed, ${unchanged} unchanged`);
  }
  if (faults.length === 0) return;
  throw new CommandError(exitCodes.fail, `${file}: ${faults.length} mistake(s) were left out`);
}

function complain(lines: readonly string[], context: Context): void {
  for (const line of lines.slice(0, MISTAKES_SHOWN)) context.note(line);
  if (lines.length > MISTAKES_SHOWN) {
    context.note(`… and ${lines.length - MISTAKES_SHOWN} more; --json tells them`);
  }
}

async function readText(file: string, context: Context): Promise<string> {
  const input = file === "-" ? stdin : createReadStream(resolve(context.cwd, file));
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of input) {
      const bytes = Buffer.from(chunk);
      sizeBytes += bytes.length;
      if (sizeBytes > FILE_BYTES_MAX) break;
      chunks.push(bytes);
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CommandError(exitCodes.couldNotRun, `${file}: ${message}`, { cause: error });
  }
  if (sizeBytes <= FILE_BYTES_MAX) return Buffer.concat(chunks).toString("utf8");
  const limit = `${FILE_BYTES_MAX / 1024 ** 2} MiB`;
  throw new CommandError(exitCodes.fail, `${file}: larger than ${limit}; split it`);
}

async function exportFile(
  ids: readonly string[],
  options: ExportOptions,
  context: Context,
): Promise<void> {
  const wanted = new Set(ids);
  const features: unknown[] = [];
  const paged = { ...options, format: "geojson" } as const;
  for await (const page of pagesOf(Features, paged, context)) features.push(...page.features);
  const chosen = ids.length === 0 ? features : features.filter((one) => wanted.has(idOf(one)));
  const missing = [...wanted.difference(new Set(chosen.map(idOf)))];
  if (missing.length > 0) {
    throw new CommandError(exitCodes.fail, `there is no zone ${missing.join(", ")}`);
  }
  const text = JSON.stringify({ type: "FeatureCollection", features: chosen });
  if (options.output === undefined) context.print(text);
  else await writeFile(resolve(context.cwd, options.output), `${text}\n`);
  if (options.output !== undefined) {
    const count = { zones: chosen.length, file: options.output };
    context.print(
      options.json ? JSON.stringify(count) : `${chosen.length} zones in ${options.output}`,
    );
  }
}

function idOf(feature: unknown): string {
  return z.looseObject({ id: z.string() }).parse(feature).id;
}

async function remove(
  ids: readonly string[],
  options: CommonOptions,
  context: Context,
): Promise<void> {
  const target = targetOf(options, context);
  const removed: string[] = [];
  const faults: { id: string; detail: string }[] = [];
  for (const id of ids) {
    const path = `/v1/zones/${encodeURIComponent(id)}`;
    const answer = await callApi(target, { method: "DELETE", path });
    if (answer.kind === "ok") removed.push(id);
    else faults.push({ id, detail: describeProblem(answer.problem).join("; ") });
  }
  if (options.json) context.print(JSON.stringify({ removed, faults }));
  else {
    for (const id of removed) context.print(`removed ${id}`);
    for (const { id, detail } of faults) context.note(`${id}: ${detail}`);
  }
  if (faults.length > 0) {
    throw new CommandError(exitCodes.fail, `${faults.length} of ${ids.length} stay`);
  }
}
