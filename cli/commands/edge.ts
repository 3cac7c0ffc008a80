import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isEdgeId } from "@drover/core/model/ids";
import type { Command } from "commander";
import { CommandError, dataDirOf, exitCodes } from "../context.ts";
import type { Context } from "../context.ts";
import { readPort, readSource } from "../options.ts";

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

/** The edge runs in this very process: on a small box a second one is memory. */
async function edge(options: EdgeOptions, context: Context): Promise<void> {
  if (!isEdgeId(options.id)) {
    throw new CommandError(exitCodes.usage, "--id: expected 1 to 64 of a-z, 0-9, ., _ and -");
  }
  const token = options.token ?? context.env["DROVER_TOKEN"];
  if (token === undefined) {
    throw new CommandError(exitCodes.usage, "a token is needed: DROVER_TOKEN or --token");
  }
  const regions = options.to.map((to, index) =>
    /^[a-z]/.test(to) && !/^https?:/.test(to) ? to : `region-${index + 1}=${to}`,
  );
  context.setEnv({
    DROVER_EDGE: options.id,
    DROVER_REGIONS: regions.join(","),
    DROVER_TOKEN: token,
    DROVER_SOURCES: JSON.stringify(options.source),
    DROVER_DATA: dataDirOf(context, options.data),
    DROVER_PORT: String(options.port),
  });
  await import(pathToFileURL(join(context.rootDir, ENTRY)).href);
}
