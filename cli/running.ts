import { createSecrets } from "@drover/control/secrets";
import { identityOf } from "@drover/control/supervisor/identity";
import { readState } from "@drover/control/supervisor/state";
import type { PlatformState } from "@drover/control/supervisor/state";
import { CommandError, exitCodes } from "./context.ts";
import type { Context } from "./context.ts";

const FETCH_TIMEOUT_MS = 5_000;

/** The Drover that runs on a data folder, or undefined. */
export function findRunning(dataDir: string): PlatformState | undefined {
  const state = readState(dataDir);
  if (!state || state.phase === "stopped") return undefined;
  const identity = identityOf(state.pid);
  return identity !== undefined && identity === state.identity ? state : undefined;
}

/** Where a command sends to, and with which token. */
export type Target = { readonly url: string; readonly token: string | undefined };

/** What `--to` and `--token` say, or the Drover of the data folder. */
export function resolveTarget(
  context: Context,
  options: { readonly to?: string; readonly token?: string; readonly dataDir: string },
): Target {
  const given = options.token ?? context.env["DROVER_TOKEN"];
  if (options.to !== undefined) return { url: options.to.replace(/\/$/, ""), token: given };
  const running = findRunning(options.dataDir);
  if (!running) {
    const message = `no drover runs on ${options.dataDir}; start one with drover up, or say --to URL`;
    throw new CommandError(exitCodes.couldNotRun, message);
  }
  return { url: running.url, token: given ?? createSecrets(options.dataDir).read("admin.token") };
}

/** A body as text, or why there is none. */
export async function fetchText(
  url: string,
  token?: string,
): Promise<{ kind: "ok"; text: string } | { kind: "failed"; detail: string }> {
  try {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    const text = await answer.text();
    return answer.ok ? { kind: "ok", text } : { kind: "failed", detail: `HTTP ${answer.status}` };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { kind: "failed", detail: cause instanceof Error ? cause.message : String(cause) };
  }
}

/** The sum of a metric's series in a Prometheus text; undefined when it has none. */
export function sumOf(exposition: string, name: string): number | undefined {
  let sum: number | undefined;
  for (const line of exposition.split("\n")) {
    if (!line.startsWith(name)) continue;
    const next = line[name.length];
    if (next !== "{" && next !== " ") continue;
    sum = (sum ?? 0) + Number(line.slice(line.lastIndexOf(" ") + 1));
  }
  return sum;
}
