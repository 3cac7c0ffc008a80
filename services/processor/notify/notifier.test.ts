import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { createAlerts } from "@drover/core/records/alerts";
import { createNotifications } from "@drover/core/records/notifications";
import { openRecords } from "@drover/core/records/open";
import { createReceivers } from "@drover/core/records/receivers";
import { refuseUpdates } from "@drover/core/records/testing";
import { createFakeClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { clearAt, raiseAt, t0 } from "@drover/core/watch/alerts/testing";
import type { Message } from "@drover/core/records/notifications";
import { listenWebhook } from "../../../test/doubles/webhook.ts";
import type { Outcome } from "./channel.ts";
import { runNotifier } from "./notifier.ts";
import type { Send } from "./senders.ts";

const second = 1_000;
const minute = 60 * second;
const ok: Outcome = { kind: "sent", detail: "200" };

async function createScene(t: TestContext) {
  const clock = createFakeClock({ nowMs: t0 });
  const records = await openRecords({ url: "sqlite::memory:" }, { clock });
  t.after(() => records[Symbol.asyncDispose]());
  const deps = { records, clock };
  const metrics = createMetrics({ service: "test" });
  return {
    clock,
    records,
    alerts: createAlerts(deps),
    receivers: createReceivers(deps),
    notifications: createNotifications(deps),
    /** Starts a notifier; it is stopped with the test, or by hand. */
    start(holder: string, send?: Send) {
      const stopping = new AbortController();
      const running = runNotifier(
        { holder, allowsPrivate: true },
        {
          records,
          clock,
          log: silentLog,
          metrics: { ...metrics, counter: counterOf },
          ...(send && { send }),
        },
        stopping.signal,
      );
      const stop = async () => {
        stopping.abort();
        await running;
      };
      t.after(stop);
      return { stop, stopping };
    },
  };
  function counterOf(spec: Parameters<typeof metrics.counter>[0]) {
    return createMetrics({ service: "one" }).counter(spec);
  }
}

const receiverInput = (name: string, over: object = {}) => ({
  name,
  channel: { kind: "webhook" as const, url: "http://127.0.0.1:9/" },
  ...over,
});

/** Answers by a script for each receiver; well when it is at its end. */
function scripted(outcomes: Readonly<Record<string, readonly (Outcome | "hang")[]>> = {}) {
  const calls: { receiver: string; message: Message }[] = [];
  const left = new Map(Object.entries(outcomes).map(([name, list]) => [name, [...list]]));
  const send: Send = async ({ name }, message, signal) => {
    calls.push({ receiver: name, message });
    const next = left.get(name)?.shift() ?? ok;
    if (next !== "hang") return next;
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    return { kind: "retry", detail: "cut" };
  };
  const of = (receiver: string) => calls.filter((call) => call.receiver === receiver);
  return { send, calls, of };
}

describe("the notifier", () => {
  it("tells a real webhook of an alert, signed", async (t) => {
    const scene = await createScene(t);
    const secret = "sixteen characters";
    await using hook = await listenWebhook(secret, () => scene.clock.now());
    const channel = { kind: "webhook" as const, url: hook.url, secret };
    await scene.receivers.create(receiverInput("Ops", { channel, groupWaitMs: 0 }));
    scene.start("a");
    await scene.alerts.apply([raiseAt(t0)], t0);
    await scene.clock.advance(second);
    await hook.took(1);
    assert.equal(JSON.parse(JSON.stringify(hook.taken[0]?.body)).items[0].what, "raised");
  });

  it("puts what comes close together into one message, and keeps its distance", async (t) => {
    const scene = await createScene(t);
    const script = scripted();
    await scene.receivers.create(receiverInput("Ops"));
    scene.start("a", script.send);
    await scene.alerts.apply([raiseAt(t0)], t0);
    await scene.clock.advance(second);
    await scene.alerts.apply([clearAt(t0 + second)], t0 + second);
    await scene.clock.advance(10 * second);
    assert.deepEqual(
      script.calls.map(({ message }) => message.items.map(({ what }) => what)),
      [["raised", "cleared"]],
    );
    await scene.alerts.apply([raiseAt(scene.clock.now())], scene.clock.now());
    await scene.clock.advance(10 * second);
    assert.equal(script.calls.length, 1);
    await scene.clock.advance(20 * second);
    assert.equal(script.calls.length, 2);
  });

  it("tries again, later each time, under the same id, and blocks nobody else", async (t) => {
    const scene = await createScene(t);
    const down: Outcome = { kind: "retry", detail: "503 asleep" };
    const script = scripted({
      Down: [down, down, { ...down, retryAfterMs: minute }],
      Hung: ["hang"],
    });
    for (const name of ["Down", "Hung", "Well"]) {
      await scene.receivers.create(receiverInput(name, { groupWaitMs: 0 }));
    }
    scene.start("a", script.send);
    const [raised] = await scene.alerts.apply([raiseAt(t0)], t0);
    assert(raised);
    await scene.clock.advance(5 * second);
    assert.equal(script.of("Well").length, 1);
    assert.equal(script.of("Hung").length, 1);
    assert.equal(script.of("Down").length, 3);
    await scene.clock.advance(50 * second);
    assert.equal(script.of("Down").length, 3, "as long as it asked for");
    await scene.clock.advance(20 * second);
    assert.equal(script.of("Down").length, 4);
    assert.equal(new Set(script.of("Down").map(({ message }) => message.id)).size, 1);
    const told = await scene.alerts.told(raised.alert.id, 10);
    const states = told.map(({ receiver, state }) => `${receiver.split("-")[0]} ${state}`);
    assert.deepEqual(states.toSorted(), ["down sent", "hung waiting", "well sent"]);
  });

  it("gives a message up when it is too old or refused, and says so", async (t) => {
    const scene = await createScene(t);
    const down: Outcome = { kind: "retry", detail: "no connection: ECONNREFUSED" };
    const refused: Outcome = { kind: "refused", detail: "400 invalid_payload" };
    const script = scripted({ Down: Array.from({ length: 99 }, () => down), Picky: [refused] });
    const made = await scene.receivers.create(receiverInput("Down", { giveUpMs: 5 * minute }));
    await scene.receivers.create(receiverInput("Picky"));
    assert(made);
    scene.start("a", script.send);
    const [raised] = await scene.alerts.apply([raiseAt(t0)], t0);
    assert(raised);
    await scene.clock.advance(20 * second);
    scene.clock.jump(5 * minute);
    await scene.clock.advance(20 * second);
    const told = await scene.alerts.told(raised.alert.id, 10);
    assert.deepEqual(told.map(({ state, detail }) => `${state}: ${detail}`).toSorted(), [
      "gave-up: 400 invalid_payload",
      "gave-up: no connection: ECONNREFUSED",
    ]);
    const status = await scene.notifications.status(made.id);
    assert.deepEqual([status.gaveUp, status.lastFailure, status.waiting], [1, down.detail, 0]);
    const tries = script.of("Down").length;
    assert(tries >= 4 && tries <= 15, `${tries} tries`);
  });

  it("sends again what was under way when it died, under the same id, and loses nothing", async (t) => {
    const scene = await createScene(t);
    const script = scripted({ Ops: ["hang"] });
    await scene.receivers.create(receiverInput("Ops", { groupWaitMs: 0 }));
    const first = scene.start("a", script.send);
    const [raised] = await scene.alerts.apply([raiseAt(t0)], t0);
    assert(raised);
    await scene.clock.advance(second);
    assert.equal(script.calls.length, 1);
    await first.stop();
    assert.equal((await scene.alerts.told(raised.alert.id, 1))[0]?.state, "waiting");
    scene.start("b", script.send);
    await scene.clock.advance(second);
    assert.equal(script.calls.length, 2);
    assert.equal(script.calls[0]?.message.id, script.calls[1]?.message.id);
    assert.deepEqual(script.calls[0]?.message.items, script.calls[1]?.message.items);
    assert.equal((await scene.alerts.told(raised.alert.id, 1))[0]?.state, "sent");
  });

  it("sends once what it cannot write down, and writes it down when it can", async (t) => {
    const scene = await createScene(t);
    const script = scripted();
    await scene.receivers.create(receiverInput("Ops", { groupWaitMs: 0 }));
    scene.start("a", script.send);
    const [raised] = await scene.alerts.apply([raiseAt(t0)], t0);
    assert(raised);
    const mend = await refuseUpdates(scene.records, "message");
    await scene.clock.advance(5 * second);
    assert.equal(script.calls.length, 1);
    await mend();
    await scene.clock.advance(second);
    assert.equal(script.calls.length, 1);
    assert.equal((await scene.alerts.told(raised.alert.id, 1))[0]?.state, "sent");
  });

  it("sends nothing while it cannot renew its lease", async (t) => {
    const scene = await createScene(t);
    const script = scripted();
    await scene.receivers.create(receiverInput("Ops", { groupWaitMs: 0 }));
    scene.start("a", script.send);
    await scene.clock.advance(second);
    const mend = await refuseUpdates(scene.records, "job_lease");
    await scene.clock.advance(2 * second);
    await scene.alerts.apply([raiseAt(t0)], t0);
    await scene.clock.advance(5 * second);
    assert.equal(script.calls.length, 0);
    await mend();
    await scene.clock.advance(2 * second);
    assert.equal(script.calls.length, 1);
  });

  it("works in one process at a time; another goes on when that one is gone", async (t) => {
    const scene = await createScene(t);
    const [one, two] = [scripted(), scripted()];
    await scene.receivers.create(receiverInput("Ops", { groupWaitMs: 0, groupIntervalMs: 0 }));
    scene.start("one", one.send);
    await scene.clock.advance(second);
    scene.start("two", two.send);
    await scene.alerts.apply([raiseAt(t0)], t0);
    await scene.clock.advance(30 * second);
    assert.deepEqual([one.calls.length, two.calls.length], [1, 0]);
    // As if it had died without a word: nobody renews the lease.
    await scene.records.db
      .updateTable("job_lease")
      .set({ holder: "a dead process", expires_at: scene.clock.now() + 5 * second })
      .execute();
    // Whoever lost it notices when it renews it next.
    await scene.clock.advance(2 * second);
    await scene.alerts.apply([clearAt(t0 + 1)], t0);
    await scene.clock.advance(2 * second);
    assert.equal(one.calls.length + two.calls.length, 1);
    await scene.clock.advance(3 * second);
    assert.equal(one.calls.length + two.calls.length, 2);
  });

  it("keeps to the budget and tells the rest in a digest", async (t) => {
    const scene = await createScene(t);
    const script = scripted();
    const paced = { budgetPerHour: 2, groupWaitMs: 0, groupIntervalMs: 0 };
    await scene.receivers.create(receiverInput("Ops", paced));
    scene.start("a", script.send);
    for (let count = 0; count < 10; count++) {
      const event = { ...raiseAt(scene.clock.now()).event, id: `e${count}` };
      const change = raiseAt(scene.clock.now(), { cause: `rule:r:vessel:${count}`, event });
      await scene.alerts.apply([change], scene.clock.now());
      await scene.clock.advance(second);
    }
    scene.clock.jump(14 * minute);
    await scene.clock.advance(second);
    assert.equal(script.calls.length, 2);
    scene.clock.jump(minute);
    await scene.clock.advance(second);
    assert.deepEqual(
      script.calls.map(({ message }) => `${message.kind} ${message.items.length}`),
      ["alerts 1", "alerts 1", "digest 8"],
    );
  });

  it("sends a test at once, once, whatever else waits, and drops what is for nobody", async (t) => {
    const scene = await createScene(t);
    const down: Outcome = { kind: "retry", detail: "503" };
    const script = scripted({ Ops: [down, down, down] });
    const made = await scene.receivers.create(receiverInput("Ops", { groupWaitMs: 0 }));
    assert(made);
    scene.start("a", script.send);
    const [raised] = await scene.alerts.apply([raiseAt(t0)], t0);
    assert(raised);
    await scene.clock.advance(second);
    const id = await scene.notifications.requestTest(made.id, raised.alert);
    await scene.clock.advance(second);
    assert.equal((await scene.notifications.state(id))?.state, "gave-up");
    const off = { ...receiverInput("Ops"), isEnabled: false };
    await scene.receivers.update(made.id, off);
    await scene.clock.advance(second);
    const [told] = await scene.alerts.told(raised.alert.id, 1);
    assert.deepEqual([told?.state, told?.detail], ["dropped", "the receiver is switched off"]);
  });
});
