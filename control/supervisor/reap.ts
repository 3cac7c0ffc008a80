import type { Clock } from "@drover/core/service/clock";
import { identityOf } from "./identity.ts";

export type Orphan = {
  readonly instance: string;
  readonly pid: number;
  readonly identity: string;
};

export type ReapConfig = {
  /** They notice by themselves that their supervisor died; so long they may take. */
  readonly ownAccordMs: number;
  /** After SIGTERM. */
  readonly termMs: number;
};

const POLL_MS = 20;

/**
 * Ends processes that an earlier supervisor left. A number that belongs to another process by now
 * is left alone. Gives those that were found alive; all are gone once this resolves.
 */
export async function reapOrphans(
  candidates: readonly Orphan[],
  config: ReapConfig,
  deps: { clock: Clock },
): Promise<readonly Orphan[]> {
  const found = candidates.filter(isThere);
  await untilGone(found, config.ownAccordMs, deps.clock);
  for (const orphan of found.filter(isThere)) signal(orphan, "SIGTERM");
  await untilGone(found, config.termMs, deps.clock);
  for (const orphan of found.filter(isThere)) signal(orphan, "SIGKILL");
  await untilGone(found, Infinity, deps.clock);
  return found;
}

function isThere(orphan: Orphan): boolean {
  return identityOf(orphan.pid) === orphan.identity;
}

function signal(orphan: Orphan, name: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(orphan.pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}

async function untilGone(orphans: readonly Orphan[], limitMs: number, clock: Clock): Promise<void> {
  const endMs = clock.monotonicMs() + limitMs;
  while (orphans.some(isThere) && clock.monotonicMs() < endMs) await clock.sleep(POLL_MS);
}
