// Folders of a run, in the system's folder for temporary files. They go all together when the run
// ends: on ext4 without a journal (small virtual machines have it) the creation of files is three
// times as slow for minutes after many were deleted, so what one benchmark cleans up the next pays for.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders = new Set<string>();

/** A new empty folder that stays until the process ends. */
export function scratchFolder(name: string): string {
  if (folders.size === 0) process.once("exit", removeAll);
  const folder = mkdtempSync(join(tmpdir(), `drover-bench-${name}-`));
  folders.add(folder);
  return folder;
}

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
