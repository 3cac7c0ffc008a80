import { execFile } from "node:child_process";
import { open, readFile, readdir } from "node:fs/promises";
import { uptime } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";

/**
 * Makes what was inserted durable against a power cut.
 *
 * The engine does not fsync its parts: an acknowledged insert survives the death of the process
 * (the kernel has it), not that of the machine. Who keeps the source of the rows trims it only
 * behind a checkpoint, and tells the two deaths apart by `bootId`.
 */
export interface Checkpoint {
  /** Resolves once everything acknowledged before the call is on the disk. */
  make(): Promise<{ readonly bootId: string; readonly at: number }>;
}

const SYNC_TIMEOUT_MS = 120_000;
const run = promisify(execFile);

export function createCheckpoint(
  config: { readonly folder: string },
  deps: { readonly clock: Clock; readonly log: Log },
): Checkpoint {
  const bootId = readBootId(deps.clock);
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;

  /** A call that comes during a sync cannot count on it; all such calls share the next one. */
  function syncAfterNow(): Promise<void> {
    if (running === undefined) {
      running = sync(config.folder).finally(() => {
        running = undefined;
      });
      return running;
    }
    queued ??= running
      .catch(() => {})
      .then(() => {
        queued = undefined;
        return syncAfterNow();
      });
    return queued;
  }

  return {
    async make() {
      const at = deps.clock.now();
      const startedMs = deps.clock.monotonicMs();
      await syncAfterNow();
      const tookMs = Math.round(deps.clock.monotonicMs() - startedMs);
      deps.log.debug({ tookMs }, "made a checkpoint");
      return { bootId: await bootId, at };
    },
  };
}

/** syncfs(2) by way of coreutils: one call whatever the number of files. */
async function sync(folder: string): Promise<void> {
  if (process.platform === "linux") {
    try {
      await run("sync", ["-f", folder], { timeout: SYNC_TIMEOUT_MS });
      return;
    } catch (error) {
      // A disk that refuses must be heard; only a missing or older tool is no reason to stop.
      if (!isToolMissing(error)) throw error;
    }
  }
  await syncTree(folder);
}

function isToolMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && error.code === "ENOENT") return true;
  return "stderr" in error && /invalid option|unrecognized/.test(String(error.stderr));
}

/** fsync of every file and folder below; files that merges delete meanwhile are no loss. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(ignoreMissing)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await syncOne(path);
  }
  await syncOne(folder);
}

async function syncOne(path: string): Promise<void> {
  const file = await open(path, "r").catch((error: unknown) => {
    ignoreMissing(error);
  });
  if (!file) return;
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function ignoreMissing(error: unknown): [] {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
  throw error;
}

/** Changes when the machine starts anew, not when a process does. */
async function readBootId(clock: Clock): Promise<string> {
  try {
    return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  } catch {
    // Rounded, because the difference of two clocks trembles.
    return `boot-${Math.round((clock.now() / 1_000 - uptime()) / 10) * 10}`;
  }
}
