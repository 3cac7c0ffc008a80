// Where a Node is that runs Drover. JavaScript that old versions read.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export const OLDEST = [24, 12];

export function isRecent(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** The Node that `npm ci` installed beside the other dependencies. */
export function findOwnNode() {
  const os = process.platform === "win32" ? "win" : process.platform;
  try {
    const require = createRequire(import.meta.url);
    const manifest = require.resolve(`node-${os}-${process.arch}/package.json`);
    const file = join(dirname(manifest), "bin", os === "win" ? "node.exe" : "node");
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}
