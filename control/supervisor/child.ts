import { spawn } from "node:child_process";
import { identityOf } from "./identity.ts";
import { createLineSplitter } from "./log-file.ts";

export type ChildConfig = {
  /** Absolute path of the program. */
  readonly entry: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly heapMb: number | undefined;
  /** Variables handed on from our own environment, besides the harmless ones. */
  readonly passEnv: readonly string[];
};

/** A process that was started. */
export interface Child {
  readonly pid: number | undefined;
  readonly identity: string | undefined;
  /** Resolves with how it ended: `exit code 1`, `signal SIGKILL`. Never rejects. */
  readonly exited: Promise<string>;
  signal(name: "SIGTERM" | "SIGKILL"): void;
}

/** The only variables that every process inherits; everything else is said in its plan. */
const inherited = [
  "PATH",
  "HOME",
  "TMPDIR",
  "TMP",
  "TEMP",
  "SystemRoot",
  "LANG",
  "LC_ALL",
  "TZ",
  "SSL_CERT_FILE",
  "NODE_EXTRA_CA_CERTS",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
];

/** A heap up to this size belongs to a small process, where the garbage's nursery is a large part. */
const SMALL_HEAP_MB = 256;

function heapFlags(heapMb: number | undefined): readonly string[] {
  if (heapMb === undefined) return [];
  const nursery = heapMb <= SMALL_HEAP_MB ? ["--max-semi-space-size=2"] : [];
  return [`--max-old-space-size=${heapMb}`, ...nursery];
}

/**
 * Starts a program under this Node.
 *
 * It leads a process group of its own, so that Ctrl-C reaches only the supervisor and the order of
 * stopping stays ours; and it has a channel to us, whose closing tells it of our death.
 */
export function startChild(
  config: ChildConfig,
  deps: {
    readonly hostEnv: Readonly<Record<string, string | undefined>>;
    readonly onLine: (line: string) => void;
  },
): Child {
  const heap = heapFlags(config.heapMb);
  const args = ["--disable-warning=ExperimentalWarning", ...heap, config.entry];
  const env: Record<string, string> = {};
  for (const name of [...inherited, ...config.passEnv]) {
    const value = deps.hostEnv[name];
    if (value !== undefined) env[name] = value;
  }
  const child = spawn(process.execPath, args, {
    cwd: config.cwd,
    env: { ...env, ...config.env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    const split = createLineSplitter(deps.onLine);
    stream?.setEncoding("utf8").on("data", split);
    stream?.on("error", () => {
      // The pipe of a process that was killed may break; its end is told by "exit".
    });
  }
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`could not start: ${error.message}`));
    child.once("exit", (code, signal) =>
      resolve(signal ? `signal ${signal}` : `exit code ${code}`),
    );
  });
  return {
    pid: child.pid,
    identity: child.pid === undefined ? undefined : identityOf(child.pid),
    exited,
    signal: (name) => {
      child.kill(name);
    },
  };
}
