import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import mqtt from "mqtt";
import { createFleet } from "@drover/core/fleet/fleet";
import { PacketAck, packetTopic, sampleOf } from "@drover/core/model/packet";
import type { Report } from "@drover/core/model/report";
import { systemClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { brokerKinds } from "./fixtures/brokers.ts";
import { MqttOptions } from "./mqtt-options.ts";
import { createMqttSource } from "./mqtt.ts";
import { SourceError, type SourceSecrets } from "./source.ts";

const at = Date.UTC(2026, 5, 3);
const clock = { ...systemClock, random: () => 0 };

async function stateFolder() {
  const path = await mkdtemp(join(tmpdir(), "drover-mqtt-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A source that runs, and a list of what it hands over that can be waited for. */
function start(
  url: string,
  stateDir: string,
  more: {
    secrets?: SourceSecrets;
    options?: object;
    emit?: (reports: readonly Report[]) => Promise<void>;
  } = {},
) {
  const options = MqttOptions.parse({ url, ...more.options });
  const source = createMqttSource(options, "mqtt", {
    clock,
    log: silentLog,
    stateDir,
    ...(more.secrets && { secrets: more.secrets }),
  });
  const stopping = new AbortController();
  const reports: Report[] = [];
  const waiters: { count: number; resolve: () => void }[] = [];
  const check = () => {
    for (const waiter of waiters) if (reports.length >= waiter.count) waiter.resolve();
  };
  const emit = async (batch: readonly Report[]) => {
    await more.emit?.(batch);
    reports.push(...batch);
    check();
  };
  const done = source.run(emit, stopping.signal);
  return {
    source,
    reports,
    done,
    until: (count: number) =>
      new Promise<void>((resolve) => {
        waiters.push({ count, resolve });
        check();
      }),
    /** Stops without a word to the broker, as kill -9 does. */
    async stop() {
      stopping.abort(new Error("stop"));
      await done;
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort(new Error("stop"));
      await done.catch(() => {});
    },
  };
}

async function station(url: string, credentials: { username?: string; password?: string } = {}) {
  const client = await mqtt.connectAsync(url, {
    protocolVersion: 4,
    reconnectPeriod: 0,
    ...credentials,
  });
  const acks: PacketAck[] = [];
  const waiters: (() => void)[] = [];
  client.on("message", (_topic, payload) => {
    acks.push(PacketAck.parse(JSON.parse(payload.toString())));
    for (const wake of waiters.splice(0)) wake();
  });
  await client.subscribeAsync(packetTopic("farm", "+", "dn/ack"), { qos: 1 });
  return {
    client,
    acks,
    acknowledged: () => new Promise<void>((resolve) => waiters.push(resolve)),
    say: (id: string, payload: unknown) =>
      client.publishAsync(
        packetTopic("farm", id, "up/data"),
        typeof payload === "string" ? payload : JSON.stringify(payload),
        { qos: 1 },
      ),
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
}

const sample = (id: string, seq: number, more: object = {}) => ({
  v: 1,
  id,
  ep: 7,
  seq,
  t: at + seq * 1_000,
  m: { temperatureC: 20 + seq / 10 },
  ...more,
});

/** Resolves once the source has subscribed: what is published before is nobody's. */
async function subscribed(run: ReturnType<typeof start>): Promise<void> {
  while (run.source.status().state !== "running") {
    await Promise.race([clock.sleep(5), run.done]);
  }
}

for (const kind of brokerKinds) {
  describe(`on ${kind.name}`, { skip: kind.skip }, () => {
    test("a fleet's stations come through unchanged, alone and in arrays, and are acknowledged", async () => {
      await using folder = await stateFolder();
      await using broker = await kind.start();
      await using run = start(broker.url, folder.path);
      await subscribed(run);
      await using field = await station(broker.url);
      const fleet = createFleet({ seed: 5, flights: 0, stations: 3, source: "mqtt" });
      const expected: Report[] = [];
      for (const [index, each] of fleet.stations.entries()) {
        const reports = each.reportsBetween(at, at + 300_000);
        expected.push(...reports);
        const samples = reports.map((report, seq) =>
          sampleOf(report, { id: each.id, ep: 7, seq: seq + 1, tx: report.at }),
        );
        if (index > 0) await field.say(each.id, samples);
        else for (const one of samples) await field.say(each.id, one);
      }
      await run.until(expected.length);
      const order = (a: Report, b: Report) =>
        a.asset < b.asset ? -1 : a.asset > b.asset ? 1 : a.at - b.at;
      assert.deepEqual(run.reports.toSorted(order), expected.toSorted(order));
      while (field.acks.flatMap(({ ok }) => ok).reduce((n, [a, b]) => n + b - a + 1, 0) < 30) {
        await field.acknowledged();
      }
      assert.equal(field.acks[0]?.ep, 7);
      assert.equal(run.source.status().emitted, expected.length);
    });

    test("a message is acknowledged only once it is durable: what was not is delivered again", async () => {
      await using folder = await stateFolder();
      await using broker = await kind.start();
      const never = Promise.withResolvers<void>();
      const asked = Promise.withResolvers<void>();
      const first = start(broker.url, folder.path, {
        emit: () => {
          asked.resolve();
          return never.promise;
        },
      });
      await subscribed(first);
      await using field = await station(broker.url);
      await field.say("gate-1", sample("gate-1", 1));
      await field.say("gate-1", sample("gate-1", 2));
      await asked.promise;
      // The first edge dies here with its outbox never having taken anything.
      await broker.cut();
      await using second = start(broker.url, folder.path);
      await second.until(2);
      assert.deepEqual(
        second.reports.map((report) => report.at),
        [at + 1_000, at + 2_000],
      );
      assert.equal(field.acks.length, 0);
      never.reject(new Error("killed"));
      await assert.rejects(first.done, /killed/);
    });

    test("what was acknowledged is not delivered again", async () => {
      await using folder = await stateFolder();
      await using broker = await kind.start();
      const first = start(broker.url, folder.path);
      await subscribed(first);
      await using field = await station(broker.url);
      const acked = field.acknowledged();
      await field.say("gate-1", sample("gate-1", 1));
      await first.until(1);
      await acked;
      await first.stop();
      await field.say("gate-1", sample("gate-1", 2));
      await using second = start(broker.url, folder.path);
      await second.until(1);
      assert.deepEqual(
        second.reports.map((report) => report.at),
        [at + 2_000],
      );
    });

    test("what comes twice is reported once and answered twice", async () => {
      await using folder = await stateFolder();
      await using broker = await kind.start();
      await using run = start(broker.url, folder.path);
      await subscribed(run);
      await using field = await station(broker.url);
      let acked = field.acknowledged();
      await field.say("gate-1", sample("gate-1", 1));
      await acked;
      acked = field.acknowledged();
      await field.say("gate-1", [
        sample("gate-1", 1, { h: 1 }),
        sample("gate-1", 2),
        sample("gate-1", 2),
      ]);
      await acked;
      assert.equal(run.reports.length, 2);
      assert.equal(run.source.status().repeated, 2);
      assert.deepEqual(field.acks.at(-1)?.ok, [[1, 2]]);
    });

    test("an outbox that does not take holds the source to its bound, and all arrives in order", async () => {
      await using folder = await stateFolder();
      await using broker = await kind.start();
      const gate = Promise.withResolvers<void>();
      const batches: number[] = [];
      await using run = start(broker.url, folder.path, {
        options: { messagesMax: 4 },
        emit: (batch) => {
          batches.push(batch.length);
          return gate.promise;
        },
      });
      await subscribed(run);
      await using field = await station(broker.url);
      for (let seq = 1; seq <= 40; seq++) await field.say("gate-1", sample("gate-1", seq));
      gate.resolve();
      await run.until(40);
      assert.deepEqual(
        run.reports.map((report) => report.at),
        Array.from({ length: 40 }, (_, index) => at + (index + 1) * 1_000),
      );
      assert.ok(Math.max(...batches) <= 4, `batches of ${batches.join()}`);
    });

    test("what is no packet is counted by reason, named to its sender, and not asked for again", async () => {
      await using folder = await stateFolder();
      await using broker = await kind.start();
      await using run = start(broker.url, folder.path, { options: { payloadBytesMax: 2_000 } });
      await subscribed(run);
      await using field = await station(broker.url);
      await field.say("gate-1", "no json");
      await field.say("gate-1", `"${"x".repeat(3_000)}"`);
      await field.say("gate-1", { ...sample("gate-1", 1), t: undefined });
      await field.say("gate-1", sample("gate-2", 2));
      await field.say("gate-1", sample("gate-1", 3, { cq: "none" }));
      await field.say("gate-1", [sample("gate-1", 4, { pos: ["east"] }), sample("gate-1", 5)]);
      await run.until(1);
      while (!field.acks.some(({ ok }) => ok.length > 0)) await field.acknowledged();
      assert.deepEqual(run.source.status().refused, {
        "bad-json": 1,
        "payload-too-large": 1,
        "no-time": 1,
        "id-mismatch": 1,
        "clock-not-set": 1,
        "bad-packet": 1,
      });
      assert.deepEqual(
        field.acks.flatMap(({ bad }) => bad ?? []),
        [
          [1, "no-time"],
          [2, "id-mismatch"],
          [3, "clock-not-set"],
          [4, "bad-packet"],
        ],
      );
    });

    test("a connection that is cut comes back by itself, and nothing between is lost", async () => {
      await using folder = await stateFolder();
      await using broker = await kind.start();
      await using run = start(broker.url, folder.path);
      await subscribed(run);
      await broker.cut();
      await using field = await station(broker.url);
      await field.say("gate-1", sample("gate-1", 1));
      await run.until(1);
      assert.equal(run.reports[0]?.at, at + 1_000);
    });

    test("a wrong password ends the source, the right one lets it in", async () => {
      await using folder = await stateFolder();
      await using broker = await kind.start({ user: "edge", password: "right" });
      const secrets = { mqttUsername: "edge", mqttPassword: "wrong" };
      const refused = start(broker.url, folder.path, { secrets });
      await assert.rejects(refused.done, SourceError);
      await using run = start(broker.url, folder.path, {
        secrets: { ...secrets, mqttPassword: "right" },
      });
      await subscribed(run);
    });

    test("formats live side by side; a retained message without a time is refused", async () => {
      await using folder = await stateFolder();
      await using broker = await kind.start();
      await using field = await station(broker.url);
      await field.client.publishAsync("tank/north/level", "71.5", { qos: 1, retain: true });
      await using run = start(broker.url, folder.path, {
        options: {
          formats: ["owntracks", "sparkplug"],
          mapping: [
            {
              topic: "tank/{name}/level",
              id: "{name}",
              at: "received",
              measurements: { tankPct: "" },
            },
          ],
        },
      });
      await subscribed(run);
      await field.client.publishAsync("tank/north/level", "70.5", { qos: 1 });
      await run.until(1);
      const tst = at / 1_000;
      await field.client.publishAsync(
        "owntracks/jo/ute",
        JSON.stringify({ _type: "location", tst, lat: -20, lon: 140, vel: 36 }),
        { qos: 1 },
      );
      await run.until(2);
      await field.client.publishAsync(
        "spBv1.0/farm/DDATA/gw1/pump",
        JSON.stringify({ timestamp: at, metrics: [{ name: "Flow/Rate", value: 4 }] }),
        { qos: 1 },
      );
      await run.until(3);
      const [tank, phone, pump] = run.reports;
      assert.deepEqual(tank?.measurements, { tankPct: 70.5 });
      assert.deepEqual([phone?.asset, phone?.motion?.speedMps], ["phone:jo-ute", 10]);
      assert.deepEqual(pump?.measurements, { "Flow.Rate": 4 });
      assert.equal(run.source.status().refused["retained-without-time"], 1);
    });
  });
}
