// What Node keeps of compiled programs. `npm ci` makes it once (bin/warm.js); each data folder gets a
// copy, because nothing but the data folder is written while Drover runs.

import { cpSync, existsSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

/** Fills an absent cache from the one that the installation made; without that it fills by itself. */
export function seedCompileCache(rootDir: string, cacheDir: string): void {
  const made = join(rootDir, "node_modules", ".cache", "drover", "compile-cache");
  if (existsSync(cacheDir) || !existsSync(made)) return;
  const beside = join(dirname(cacheDir), `.compile-cache-${process.pid}`);
  try {
    cpSync(made, beside, { recursive: true });
    renameSync(beside, cacheDir);
  } catch {
    // Only the first start is slower; a half copy must not stand in for a whole one.
    rmSync(beside, { recursive: true, force: true });
  }
}
