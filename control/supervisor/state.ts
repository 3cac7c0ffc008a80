import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

// What runs on a data folder, for `drover status`, for the next `up` and for whoever must clean up
// after a killed one. It is written whole at each change.

export const ProcessState = z.strictObject({
  instance: z.string(),
  name: z.string(),
  role: z.string(),
  port: z.int(),
  pid: z.int().optional(),
  /** Start time of that process (identity.ts), so that its number cannot mislead. */
  identity: z.string().optional(),
  state: z.enum(["waiting", "starting", "ready", "not-ready", "restarting", "stopped"]),
  detail: z.string(),
  restarts: z.int(),
  startedAt: z.int().optional(),
  lastExit: z.string().optional(),
});
export type ProcessState = z.infer<typeof ProcessState>;

export const PlatformState = z.strictObject({
  phase: z.enum(["starting", "running", "stopping", "stopped"]),
  pid: z.int(),
  /** Start time of that process (identity.ts). */
  identity: z.string().optional(),
  startedAt: z.int(),
  url: z.string(),
  processes: z.array(ProcessState),
});
export type PlatformState = z.infer<typeof PlatformState>;

export function stateFile(dataDir: string): string {
  return join(dataDir, "run", "state.json");
}

/** The last state written, or undefined when nothing readable is there. */
export function readState(dataDir: string): PlatformState | undefined {
  try {
    return PlatformState.parse(JSON.parse(readFileSync(stateFile(dataDir), "utf8")));
  } catch {
    // A folder without a state, or with one of another version, has nothing to say.
    return undefined;
  }
}

/** Replaces the state in one step: a reader sees the old or the new one, never half. */
export function writeState(dataDir: string, state: PlatformState): void {
  writeWhole(stateFile(dataDir), JSON.stringify(state));
}

/** Writes a file beside its place and moves it there. Not synced: it describes only this boot. */
export function writeWhole(path: string, text: string): void {
  const beside = `${path}.${process.pid}.new`;
  writeFileSync(beside, text, { mode: 0o600 });
  renameSync(beside, path);
}
