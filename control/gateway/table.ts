import { readFile, stat } from "node:fs/promises";
import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";
import { Route } from "@drover/platform/definition";
import { z } from "zod";

// What goes where. The table is a file, so that it outlives whoever wrote it and a person can read
// it; it is read again whenever it changes.

export const Copy = z.strictObject({
  instance: z.string(),
  host: z.string(),
  port: z.int().min(1).max(65_535),
});
export type Copy = z.infer<typeof Copy>;

export const GatewayTable = z.strictObject({
  routes: z.array(Route),
  upstreams: z.array(z.strictObject({ service: z.string(), copies: z.array(Copy) })),
});
export type GatewayTable = z.infer<typeof GatewayTable>;

/** The first route that takes this request, or undefined. A `*` at the end takes any rest. */
export function matchRoute(
  table: GatewayTable,
  request: { readonly method: string; readonly path: string },
): Route | undefined {
  return table.routes.find(
    (route) =>
      (route.methods === undefined || route.methods.some((method) => method === request.method)) &&
      matchesPath(route.path, request.path),
  );
}

function matchesPath(pattern: string, path: string): boolean {
  if (!pattern.endsWith("*")) return path === pattern;
  return path.startsWith(pattern.slice(0, -1));
}

export async function readTable(file: string): Promise<GatewayTable> {
  return GatewayTable.parse(JSON.parse(await readFile(file, "utf8")));
}

/** Calls `onChange` with each new table until `signal` aborts; a bad one is logged and left out. */
export async function watchTable(
  config: { readonly file: string; readonly everyMs: number },
  deps: { readonly clock: Clock; readonly log: Log; readonly onChange: (t: GatewayTable) => void },
  signal: AbortSignal,
): Promise<void> {
  let seen = await stampOf(config.file);
  while (!signal.aborted) {
    await deps.clock.sleep(config.everyMs, signal).catch(() => {});
    const stamp = await stampOf(config.file);
    if (signal.aborted || stamp === seen) continue;
    seen = stamp;
    try {
      deps.onChange(await readTable(config.file));
      deps.log.info("routes changed");
    } catch (error) {
      deps.log.error({ err: error, file: config.file }, "routes not read; the last ones stay");
    }
  }
}

async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeMs, ino } = await stat(file);
    return `${mtimeMs}:${ino}`;
  } catch {
    return "none";
  }
}
