import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { PlatformError, checkPlatform } from "@drover/platform/check";
import type { Platform } from "@drover/platform/definition";
import { CommandError, exitCodes } from "./context.ts";
import type { Context } from "./context.ts";
import type { Replicas } from "./options.ts";

export type Adjustments = {
  readonly isDemo: boolean;
  readonly port: number | undefined;
  readonly sources: readonly string[];
  readonly replicas: readonly Replicas[];
};

/** The edge that reads what `--source` names. */
export const LOCAL_EDGE = "edge-local";

/** Reads the definition (`drover.config.ts` or JSON) and applies what the command line says. */
export async function loadPlatform(
  context: Context,
  file: string | undefined,
  adjustments: Adjustments,
): Promise<Platform> {
  const path =
    file === undefined ? join(context.rootDir, "drover.config.ts") : resolve(context.cwd, file);
  const platform = check(path, await readDefinition(path));
  return check(path, adjust(platform, adjustments));
}

async function readDefinition(path: string): Promise<unknown> {
  try {
    if (path.endsWith(".json")) return JSON.parse(await readFile(path, "utf8"));
    const module: { default?: unknown } = await import(pathToFileURL(path).href);
    return module.default;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CommandError(exitCodes.usage, `${path} cannot be read: ${message}`, { cause: error });
  }
}

function check(path: string, definition: unknown): Platform {
  try {
    return checkPlatform(definition);
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    throw new CommandError(exitCodes.usage, `${path}: ${error.message}`, { cause: error });
  }
}

/** Applies the command line; a definition stays plain data, so this is all it takes. */
export function adjust(platform: Platform, adjustments: Adjustments): Platform {
  const { port, sources, replicas, isDemo } = adjustments;
  const services = { ...platform.services };
  for (const { service, count } of replicas) {
    const spec = services[service];
    if (!spec) {
      const known = Object.keys(services).join(", ");
      throw new CommandError(exitCodes.usage, `--replicas: ${service} is none of ${known}`);
    }
    services[service] = { ...spec, replicas: count };
  }
  const edges = { ...platform.edges };
  if (sources.length > 0) {
    edges[LOCAL_EDGE] = {
      sources: [...sources],
      after: [],
      uses: sources.includes("mqtt") ? ["mqtt"] : [],
      heapMb: undefined,
      env: {},
      passEnv: [...platform.edge.passEnv],
    };
  }
  const { demo, ...rest } = platform;
  const gateway = { ...platform.gateway, port: port ?? platform.gateway.port };
  return { ...rest, services, edges, gateway, ...(isDemo && demo ? { demo } : {}) };
}
