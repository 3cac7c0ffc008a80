// After `npm ci`: compiles every program once, so that the first start is as quick and as small as the
// second (docs/decisions/0010-compile-cache.md), and builds the console. It only helps: whatever fails
// here is no failure; without the console the API shows its plain page, which says what to do.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildConsole } from "./build.js";
import { findOwnNode, isRecent } from "./find-node.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const entries = [
  "services/edge",
  "services/ingest",
  "services/processor",
  "services/api",
  "control/gateway",
  "control/engines/clickhouse",
  "control/engines/mqtt",
  "control/engines/fleet",
];
const AT_ONCE = 4;
const TIMEOUT_MS = 20_000;

const node = isRecent(process.versions.node) ? process.execPath : findOwnNode();
if (node !== undefined) {
  const waiting = [...entries];
  await Promise.all(Array.from({ length: AT_ONCE }, () => warmAll(waiting, node)));
}
const code = await buildConsole({ stdio: "ignore" });
if (code !== 0) console.warn("drover: the console is not built; try `npm run build`");

async function warmAll(waiting, program) {
  for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
    await warm(entry, program);
  }
}

/** A port that is none ends each program with a message as soon as all of it is loaded. */
function warm(entry, program) {
  const env = {
    PATH: process.env.PATH,
    DROVER_PORT: "none",
    NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "drover", "compile-cache"),
  };
  const child = spawn(program, [join(root, entry, "main.ts")], {
    env,
    stdio: "ignore",
    timeout: TIMEOUT_MS,
  });
  return new Promise((resolve) => {
    child.once("error", resolve);
    child.once("exit", resolve);
  });
}
