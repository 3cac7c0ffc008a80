import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { identityOf } from "./supervisor/identity.ts";
import { readState } from "./supervisor/state.ts";

const rootDir = join(import.meta.dirname, "..");

type Fact = {
  event: string;
  instance?: string;
  instances?: string[];
  pids?: number[];
  message?: string;
};

/** A data folder that goes when every supervisor on it has ended. */
async function makeDataDir(t: TestContext) {
  const dataDir = await mkdtemp(join(tmpdir(), "drover-host-"));
  const ending: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const end of ending) await end();
    await rm(dataDir, { recursive: true });
  });
  return { dataDir, ending };
}

/** A supervisor in a process of its own. */
function startHost({ dataDir, ending }: Awaited<ReturnType<typeof makeDataDir>>) {
  const program = join(import.meta.dirname, "supervisor/fixtures/host.ts");
  const args = ["--disable-warning=ExperimentalWarning", program, dataDir, rootDir];
  const child = spawn(process.execPath, [...args, join(dataDir, "tell")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const facts: Fact[] = [];
  const waiting: { event: string; resolve: (fact: Fact) => void }[] = [];
  createInterface(child.stdout).on("line", (line) => {
    const fact: Fact = JSON.parse(line);
    facts.push(fact);
    for (const waiter of waiting) if (waiter.event === fact.event) waiter.resolve(fact);
  });
  const exited = once(child, "exit");
  ending.push(async () => {
    child.kill("SIGTERM");
    await exited;
  });
  return {
    child,
    exited,
    facts,
    next: (event: string) =>
      new Promise<Fact>((resolve) => {
        const seen = facts.find((fact) => fact.event === event);
        if (seen) resolve(seen);
        else waiting.push({ event, resolve });
      }),
  };
}

test("no process outlives a killed supervisor, and the next one starts on the same data", async (t) => {
  const folder = await makeDataDir(t);
  const { dataDir } = folder;
  const first = startHost(folder);
  const { pids = [] } = await first.next("up");
  assert.equal(pids.length, 2);
  first.child.kill("SIGKILL");
  await first.exited;
  const second = startHost(folder);
  const up = await second.next("up");
  assert.ok(pids.every((pid) => identityOf(pid) === undefined));
  assert.ok(up.pids?.every((pid) => !pids.includes(pid)));
  // They had to drain what they had: nobody killed them.
  const told = await readFile(join(dataDir, "tell"), "utf8");
  for (const pid of pids) assert.match(told, new RegExp(`drains ${pid}`));
});

test("a second supervisor on the same data is refused and told who has it", async (t) => {
  const folder = await makeDataDir(t);
  const { dataDir } = folder;
  const first = startHost(folder);
  await first.next("up");
  const state = readState(dataDir);
  assert.equal(state?.phase, "running");
  const second = startHost(folder);
  const refused = await second.next("refused");
  assert.match(refused.message ?? "", new RegExp(`pid ${first.child.pid}, ${state.url}`));
  first.child.kill("SIGTERM");
  await first.exited;
  assert.equal(readState(dataDir)?.phase, "stopped");
  assert.ok(readState(dataDir)?.processes.every((process) => process.pid === undefined));
});
