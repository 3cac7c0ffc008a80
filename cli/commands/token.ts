import { resolveStore } from "@drover/platform/plan";
import { openRecords } from "@drover/core/records/open";
import { TokenRole, createTokens } from "@drover/core/records/tokens";
import type { TokenRecord, Tokens } from "@drover/core/records/tokens";
import { systemClock } from "@drover/core/service/clock";
import { Option } from "commander";
import type { Command } from "commander";
import { ZodError } from "zod";
import { CommandError, DEFAULT_DATA, dataDirOf, exitCodes } from "../context.ts";
import type { Context } from "../context.ts";
import { loadPlatform } from "../definition.ts";
import { readCount } from "../options.ts";
import { formatTable } from "../table.ts";

type CommonOptions = { readonly data?: string; readonly config?: string; readonly json: boolean };
type CreateOptions = CommonOptions & {
  readonly role: string;
  readonly edge?: string;
  readonly label?: string;
  readonly days?: number;
};

const DAY_MS = 86_400_000;

/** They work on the store itself, so whether `drover up` runs makes no difference. */
export function addToken(program: Command, context: Context): void {
  const token = program.command("token").description("make, list and revoke access tokens");
  withCommon(token.command("create").description("make a token and show it, once"))
    .addOption(
      new Option("--role <role>", "what it may do")
        .choices(TokenRole.options)
        .makeOptionMandatory(),
    )
    .option("--edge <id>", "the only edge it may speak for (with --role edge)")
    .option("--label <text>", "whose it is")
    .option("--days <n>", "how long it is good for; without, until revoked", readCount)
    .action((options: CreateOptions) => create(options, context));
  withCommon(token.command("list").description("list tokens; never their text")).action(
    (options: CommonOptions) => list(options, context),
  );
  withCommon(token.command("revoke").argument("<id>").description("end a token at once")).action(
    (id: string, options: CommonOptions) => revoke(id, options, context),
  );
}

function withCommon(command: Command): Command {
  return command
    .option("--data <dir>", "data folder", DEFAULT_DATA)
    .option("--config <file>", "another definition than drover.config.ts")
    .option("--json", "as JSON", false);
}

async function withTokens<T>(
  options: CommonOptions,
  context: Context,
  use: (tokens: Tokens) => Promise<T>,
): Promise<T> {
  const adjustments = { isDemo: false, port: undefined, sources: [], replicas: [] };
  const platform = await loadPlatform(context, options.config, adjustments);
  const url = resolveStore(platform.records.url, dataDirOf(context, options.data));
  const deps = { clock: systemClock };
  await using records = await openRecords({ url }, deps);
  return await use(createTokens({ records, ...deps }));
}

async function create(options: CreateOptions, context: Context): Promise<void> {
  const { edge, days } = options;
  const wanted = {
    role: TokenRole.parse(options.role),
    label: options.label ?? `made with drover token create`,
    ...(edge === undefined ? {} : { edge }),
    ...(days === undefined ? {} : { expiresAt: systemClock.now() + days * DAY_MS }),
  };
  try {
    const { token, record } = await withTokens(options, context, (tokens) => tokens.create(wanted));
    context.print(options.json ? JSON.stringify({ token, ...record }) : token);
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    const mistakes = error.issues.map((issue) => `--${issue.path.join(".")}: ${issue.message}`);
    throw new CommandError(exitCodes.usage, mistakes.join("; "), { cause: error });
  }
}

async function list(options: CommonOptions, context: Context): Promise<void> {
  const records = await withTokens(options, context, (tokens) => tokens.list());
  if (options.json) {
    context.print(JSON.stringify({ items: records }));
    return;
  }
  const heading = ["id", "role", "edge", "made", "last used", "state", "label"];
  context.print(formatTable([heading, ...records.map(describe)]));
}

function describe(record: TokenRecord): string[] {
  const { id, role, edge = "-", createdAt, lastUsedAt, label } = record;
  return [id, role, edge, formatTime(createdAt), formatTime(lastUsedAt), stateOf(record), label];
}

function stateOf({ revokedAt, expiresAt }: TokenRecord): string {
  if (revokedAt !== undefined) return `revoked ${formatTime(revokedAt)}`;
  if (expiresAt === undefined) return "good";
  const isOver = expiresAt <= systemClock.now();
  return isOver ? `expired ${formatTime(expiresAt)}` : `good until ${formatTime(expiresAt)}`;
}

function formatTime(atMs: number | undefined): string {
  return atMs === undefined ? "-" : new Date(atMs).toISOString().slice(0, 16).replace("T", " ");
}

async function revoke(id: string, options: CommonOptions, context: Context): Promise<void> {
  const isRevoked = await withTokens(options, context, (tokens) => tokens.revoke(id));
  if (options.json) context.print(JSON.stringify({ id, isRevoked }));
  if (!isRevoked) throw new CommandError(exitCodes.fail, `there is no token ${id}`);
  if (!options.json) context.print(`${id} revoked`);
}
