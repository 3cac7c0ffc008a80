// `drover up` with nothing said, as a person starts it; then every process is killed in turn.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { identityOf } from "@drover/control/supervisor/identity";
import { boot, waitFor } from "./boot.ts";
import type { Drover } from "./boot.ts";

const launcher = join(import.meta.dirname, "..", "bin", "drover.js");

const Page = z.object({
  items: z.array(z.looseObject({ asset: z.string(), at: z.number() })),
  next: z.string().optional(),
});
const Stats = z.looseObject({
  accepted: z.number(),
  stored: z.number(),
  assets: z.record(z.string(), z.number()),
});

const Status = z.looseObject({
  isWell: z.boolean(),
  processes: z.array(
    z.looseObject({ role: z.string(), memoryBytes: z.number(), backlog: z.number().optional() }),
  ),
});

async function allReady(drover: Drover): Promise<boolean> {
  return (await drover.state()).processes.every((process) => process.state === "ready");
}

test("drover up with nothing said", { timeout: 180_000 }, async (t) => {
  await using drover = await boot();

  await t.test("shows flights that move and stations that report", async () => {
    await waitFor(async () => {
      const { assets } = await drover.json("/v1/stats", Stats);
      return assets["aircraft"] === 300 && (assets["station"] ?? 0) > 100;
    }, 60_000);
    const before = await drover.json("/v1/assets?kind=aircraft&limit=50", Page);
    const atBefore = new Map(before.items.map((item) => [item.asset, item.at]));
    await waitFor(async () => {
      const now = await drover.json("/v1/assets?kind=aircraft&limit=50", Page);
      return now.items.every((item) => item.at > (atBefore.get(item.asset) ?? 0));
    }, 60_000);
  });

  await t.test("stores what it accepted", async () => {
    await waitFor(async () => {
      const { accepted, stored } = await drover.json("/v1/stats", Stats);
      return accepted > 0 && stored === accepted;
    }, 30_000);
  });

  await t.test("shows nothing to a caller without a token, but tells its health", async () => {
    assert.equal((await fetch(`${drover.url}/v1/assets`)).status, 401);
    assert.equal((await fetch(`${drover.url}/readyz`)).status, 200);
    assert.equal((await fetch(`${drover.url}/`)).status, 200);
  });

  await t.test("is seen by status, logs and doctor", async () => {
    const ask = (...words: string[]) =>
      spawnSync(process.execPath, [launcher, ...words, "--data", drover.dataDir], {
        encoding: "utf8",
      });
    const status = ask("status", "--json");
    assert.equal(status.status, 0, status.stderr);
    const { isWell, processes } = Status.parse(JSON.parse(status.stdout));
    assert.equal(isWell, true);
    assert.ok(processes.every((process) => process.memoryBytes > 1e7));
    assert.ok(
      processes.some((process) => process.role === "edge" && process.backlog !== undefined),
    );
    assert.match(ask("logs", "ingest", "-n", "50").stdout, /^ingest │ .*INFO/m);
    const doctor = ask("doctor", "--port", new URL(drover.url).port);
    assert.equal(doctor.status, 0, doctor.stdout);
  });

  await t.test("refuses to start twice on one folder and says who has it", async () => {
    const words = ["up", "--data", drover.dataDir, "--port", "0"];
    const second = spawnSync(process.execPath, [launcher, ...words], { encoding: "utf8" });
    const { pid } = await drover.state();
    assert.equal(second.status, 3);
    assert.match(second.stderr, new RegExp(`already up on .*pid ${pid}, ${drover.url}`));
  });

  await t.test("brings back every process that is killed", async () => {
    const { processes } = await drover.state();
    for (const { instance } of processes) {
      const killed = await drover.kill(instance);
      await waitFor(async () => {
        const now = (await drover.state()).processes.find((one) => one.instance === instance);
        return now?.state === "ready" && now.pid !== killed;
      }, 60_000);
    }
    await waitFor(() => allReady(drover), 60_000);
    for (const { instance, restarts } of (await drover.state()).processes) {
      assert.equal(restarts, 1, `${instance} restarted ${restarts} times`);
    }
  });

  await t.test("leaves no process behind when it is killed, and starts again", async () => {
    const before = (await drover.state()).processes;
    const accepted = (await drover.json("/v1/stats", Stats)).accepted;
    await drover.killSupervisor();
    await drover.start();
    const after = (await drover.state()).processes;
    const identities = new Set(after.map((process) => process.pid));
    for (const { pid, instance } of before) {
      assert.ok(
        pid !== undefined && (identities.has(pid) || identityOf(pid) === undefined),
        instance,
      );
    }
    assert.ok((await drover.json("/v1/stats", Stats)).accepted >= accepted);
  });

  await t.test("stops with exit code 0 and leaves nothing running", async () => {
    const { processes } = await drover.state();
    assert.equal(await drover.stop(), 0);
    assert.equal((await drover.state()).phase, "stopped");
    for (const { pid, instance } of processes) {
      assert.ok(pid !== undefined && identityOf(pid) === undefined, instance);
    }
  });
});
