import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { z } from "zod";
import { writeWhole } from "./state.ts";

/**
 * Below the range from which systems draw the local ports of outgoing connections, so that a
 * process that starts again finds its port free.
 */
const PORT_MIN = 20_000;
const PORT_MAX = 29_999;

const Ports = z.record(z.string(), z.int().min(1).max(65_535));

/** Whether a listener can be put there now. */
export function isPortFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Gives each name a free loopback port, the one it had last time where that is still free, so that
 * a person's own tools keep their addresses. Remembers them in `file`.
 */
export async function assignPorts(
  names: readonly string[],
  file: string,
  deps: { random: () => number },
): Promise<ReadonlyMap<string, number>> {
  const last = readPorts(file);
  const assigned = new Map<string, number>();
  const taken = new Set<number>();
  for (const name of names) {
    let port = last[name] ?? drawPort(deps.random);
    while (taken.has(port) || !(await isPortFree(port, "127.0.0.1"))) port = drawPort(deps.random);
    taken.add(port);
    assigned.set(name, port);
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeWhole(file, JSON.stringify(Object.fromEntries(assigned)));
  return assigned;
}

function drawPort(random: () => number): number {
  return PORT_MIN + Math.floor(random() * (PORT_MAX - PORT_MIN + 1));
}

function readPorts(file: string): Readonly<Record<string, number>> {
  try {
    return Ports.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // None yet: every name draws a new one.
    return {};
  }
}
