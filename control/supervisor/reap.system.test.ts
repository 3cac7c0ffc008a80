import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { systemClock } from "@drover/core/service/clock";
import { identityOf } from "./identity.ts";
import { reapOrphans } from "./reap.ts";

const config = { ownAccordMs: 50, termMs: 50 };

test("an orphan that hears no signal is killed in the end", async () => {
  const deaf = "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)";
  const child = spawn(process.execPath, ["-e", deaf], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  const { pid } = child;
  assert.ok(pid !== undefined);
  const identity = identityOf(pid);
  assert.ok(identity !== undefined);
  const orphan = { instance: "deaf", pid, identity };
  assert.deepEqual(await reapOrphans([orphan], config, { clock: systemClock }), [orphan]);
  assert.deepEqual(await exited, [null, "SIGKILL"]);
});

test("a process that has the number of an orphan by now is left alone", async () => {
  const orphan = { instance: "old", pid: process.pid, identity: "another start" };
  assert.deepEqual(await reapOrphans([orphan], config, { clock: systemClock }), []);
  assert.ok(identityOf(process.pid));
});
