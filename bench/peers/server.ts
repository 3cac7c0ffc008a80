// A peer's server for the length of a benchmark: a plain process on a loopback port, in a folder of
// its own that goes with it.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { scratchFolder } from "../scratch.ts";

export interface PeerServer extends AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  readonly child: ChildProcess;
}

export interface PeerSpec {
  readonly program: string;
  readonly options: (place: { port: number; folder: string }) => Promise<readonly string[]>;
  /** Whether it answers by now. */
  readonly isUp: (port: number) => Promise<boolean>;
}

/** Where a program stands, or undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const { stdout, status } = spawnSync("which", [name], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** @throws when the program is missing, ends, or does not answer within 20 s. */
export async function startPeer(spec: PeerSpec): Promise<PeerServer> {
  const program = findProgram(spec.program);
  if (program === undefined) throw new Error(`${spec.program} is not installed`);
  const folder = scratchFolder(spec.program);
  const port = await freePort();
  const child = spawn(program, [...(await spec.options({ port, folder }))], { stdio: "ignore" });
  const server: PeerServer = {
    port,
    folder,
    child,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
    },
  };
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) break;
    if (await spec.isUp(port).catch(() => false)) return server;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await server[Symbol.asyncDispose]();
  throw new Error(`${spec.program} did not come up`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no free port");
  return address.port;
}
