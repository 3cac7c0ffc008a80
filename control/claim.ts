import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "@drover/core/service/clock";
import { LockedError, takeLock } from "./supervisor/lock.ts";
import { readState } from "./supervisor/state.ts";
import type { PlatformState } from "./supervisor/state.ts";

/** A Drover runs on this data folder already. */
export class AlreadyUpError extends Error {
  override name = "AlreadyUpError";
  readonly dataDir: string;
  readonly pid: number | undefined;
  readonly url: string | undefined;

  constructor(dataDir: string, state: PlatformState | undefined) {
    const who = state ? `pid ${state.pid}, ${state.url}` : "a process that left no word";
    const how = state ? `stop it with: kill ${state.pid}` : "find it with: drover doctor";
    super(`drover is already up on ${dataDir} (${who}); ${how}, or choose another --data`);
    this.dataDir = dataDir;
    this.pid = state?.pid;
    this.url = state?.url;
  }
}

const POLL_MS = 50;
/** A Drover whose starter was killed notices within a moment. */
const NOTICE_MS = 1_000;
/** One that is stopping already is worth waiting for. */
const STOPPING_MS = 60_000;

/**
 * Takes a data folder for this process.
 *
 * @throws AlreadyUpError when another Drover runs on it and is not about to end.
 */
export async function claimDataFolder(
  dataDir: string,
  deps: { readonly clock: Clock },
  signal?: AbortSignal,
): Promise<Disposable> {
  mkdirSync(join(dataDir, "run"), { recursive: true, mode: 0o700 });
  const startMs = deps.clock.monotonicMs();
  for (;;) {
    try {
      return takeLock(join(dataDir, "run", "lock.db"));
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      const state = readState(dataDir);
      const limitMs = state?.phase === "stopping" ? STOPPING_MS : NOTICE_MS;
      if (deps.clock.monotonicMs() - startMs >= limitMs) throw new AlreadyUpError(dataDir, state);
    }
    await deps.clock.sleep(POLL_MS, signal);
  }
}
