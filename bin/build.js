// Builds the console (services/console/dist): `npm run build`, and the end of `npm ci`. The Node that
// runs Drover runs this too.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { findOwnNode, isRecent } from "./find-node.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "services", "console");
const TIMEOUT_MS = 120_000;

/** Resolves to the exit code of `vite build`, or to undefined when it could not run. */
export function buildConsole({ stdio }) {
  const node = isRecent(process.versions.node) ? process.execPath : findOwnNode();
  if (node === undefined) return Promise.resolve(undefined);
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  const child = spawn(node, [vite, "build", "--logLevel", "warn"], {
    cwd: folder,
    stdio,
    timeout: TIMEOUT_MS,
  });
  return new Promise((resolve) => {
    child.once("error", () => resolve(undefined));
    child.once("exit", (code) => resolve(code ?? undefined));
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const code = await buildConsole({ stdio: "inherit" });
  if (code === undefined) console.error("build: vite could not run; is everything installed?");
  process.exitCode = code ?? 3;
}
