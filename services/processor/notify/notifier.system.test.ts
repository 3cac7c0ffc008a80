import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createAlerts } from "@drover/core/records/alerts";
import { openRecords } from "@drover/core/records/open";
import { createReceivers } from "@drover/core/records/receivers";
import { systemClock as clock } from "@drover/core/service/clock";
import { raiseAt } from "@drover/core/watch/alerts/testing";
import { listenWebhook } from "../../../test/doubles/webhook.ts";

const notifier = `
  const { openRecords } = await import(${JSON.stringify(import.meta.resolve("@drover/core/records/open"))});
  const { systemClock: clock } = await import(${JSON.stringify(import.meta.resolve("@drover/core/service/clock"))});
  const { silentLog: log } = await import(${JSON.stringify(import.meta.resolve("@drover/core/service/log"))});
  const { createMetrics } = await import(${JSON.stringify(import.meta.resolve("@drover/core/service/metrics"))});
  const { runNotifier } = await import(${JSON.stringify(import.meta.resolve("./notifier.ts"))});
  const [url, holder] = process.argv.slice(1);
  const records = await openRecords({ url }, { clock });
  const deps = { records, clock, log, metrics: createMetrics({ service: "notifier" }) };
  await runNotifier({ holder, allowsPrivate: true }, deps, new AbortController().signal);
`;

describe("the notifier's process", () => {
  it("killed in the middle of sending is followed by another that sends the same message", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "drover-notify-"));
    t.after(() => rm(folder, { recursive: true }));
    const url = `sqlite:${join(folder, "records.db")}`;
    const secret = "sixteen characters";
    await using hook = await listenWebhook(secret, () => clock.now());
    await using records = await openRecords({ url }, { clock });
    const start = (holder: string) => {
      const args = ["--input-type=module", "-e", notifier, url, holder];
      return spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
    };
    const channel = { kind: "webhook" as const, url: hook.url, secret };
    const receivers = createReceivers({ records, clock });
    await receivers.create({ name: "Ops", channel, groupWaitMs: 0 });
    hook.fail("hang");
    const nowMs = clock.now();
    await createAlerts({ records, clock }).apply([raiseAt(nowMs)], nowMs);
    const first = start("first");
    while (hook.calls.length === 0) await clock.sleep(10);
    const killed = once(first, "exit");
    first.kill("SIGKILL");
    await killed;
    // The dead one's lease runs out by itself; the test need not wait for that.
    await records.db.deleteFrom("job_lease").execute();
    const second = start("second");
    t.after(() => second.kill("SIGKILL"));
    await hook.took(1);
    const [hung = "", taken = ""] = hook.calls;
    assert.deepEqual([hung.slice(0, 4), taken.slice(0, 4)], ["hang", "200 "]);
    assert.equal(hung.split(" ")[1], taken.split(" ")[1], "one id for both tries");
    const ended = once(second, "exit");
    second.kill("SIGKILL");
    await ended;
  });
});
