import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CommandError, exitCodes } from "./context.ts";
import type { Context } from "./context.ts";

/** The path is all that the command line knows of the edge. */
const REGISTRY = "services/edge/sources/registry.ts";

/**
 * Lets the edge read what `--source` says before anything is started.
 *
 * @throws CommandError (usage) with every mistake.
 */
export async function checkSources(
  context: Pick<Context, "rootDir">,
  specs: readonly string[],
): Promise<void> {
  if (specs.length === 0) return;
  const registry: { prepareSources(specs: readonly string[]): unknown } = await import(
    pathToFileURL(join(context.rootDir, REGISTRY)).href
  );
  try {
    registry.prepareSources(specs);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CommandError(exitCodes.usage, message.replace(/^sources: /, "--source: "), {
      cause: error,
    });
  }
}
