import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import mqtt from "mqtt";
import { createFleet } from "@drover/core/fleet/fleet";
import { packetTopic, rangesOf, type PacketSample } from "@drover/core/model/packet";
import { systemClock, type Clock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { createBroker } from "../mqtt/broker.ts";
import { createPublisher, type PublisherConfig } from "./publisher.ts";

const fleetConfig = { seed: 6, flights: 0, stations: 30, stationCadenceMs: 1_000 };
const brokerConfig = {
  host: "127.0.0.1",
  port: 0,
  connectionsMax: 100,
  packetBytesMax: 65_536,
  sessionMessagesMax: 1_000,
};

const deps = () => ({ log: silentLog, metrics: createMetrics({ service: "test" }) });

/** A clock that stands shortly before a link comes back. */
function clockBeforeRecovery(): { clock: Clock; flaky: string } {
  const fleet = createFleet(fleetConfig);
  const site = fleet.sites.find((one) => one.isFlaky);
  assert.ok(site);
  const dayMs = Date.UTC(2026, 5, 3);
  const [outage] = site.outagesEnding(dayMs, dayMs + 2 * 3_600_000);
  assert.ok(outage);
  const shiftMs = outage.toMs - 600 - Date.now();
  return { clock: { ...systemClock, now: () => Date.now() + shiftMs }, flaky: site.slug };
}

/** Stands for the edge: takes every sample, and answers when told to. */
async function createTaker(url: string, answers: boolean) {
  const client = await mqtt.connectAsync(url, { protocolVersion: 4, clean: true });
  const samples: PacketSample[] = [];
  const states = new Map<string, string>();
  const waiters: (() => void)[] = [];
  client.on("message", (topic, payload) => {
    const value = JSON.parse(payload.toString());
    const id = topic.split("/")[3] ?? "";
    if (topic.endsWith("up/state")) states.set(id, value.st);
    else {
      const batch: PacketSample[] = Array.isArray(value) ? value : [value];
      samples.push(...batch);
      const ack = { v: 1, ep: batch[0]?.ep, ok: rangesOf(batch.map(({ seq }) => seq)) };
      if (answers) {
        client.publish(packetTopic("demo", id, "dn/ack"), JSON.stringify(ack), { qos: 1 });
      }
    }
    for (const wake of waiters.splice(0)) wake();
  });
  await client.subscribeAsync(["drv/1/demo/+/up/data", "drv/1/demo/+/up/state"], { qos: 1 });
  return {
    samples,
    states,
    async until(isTrue: () => boolean) {
      while (!isTrue()) await new Promise<void>((resolve) => waiters.push(resolve));
    },
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
}

/** A publisher that runs until it is stopped or leaves the test. */
async function startPublisher(config: PublisherConfig, clock: Clock) {
  const publisher = await createPublisher(config, { clock, ...deps() });
  const stopping = new AbortController();
  const done = publisher.run(stopping.signal);
  async function stop(): Promise<void> {
    stopping.abort(new Error("stop"));
    await done;
  }
  return { ...publisher, stop, [Symbol.asyncDispose]: stop };
}

test("stations publish what the fleet measures; a site's backlog follows when its link is back", async () => {
  await using broker = await createBroker(brokerConfig, deps());
  const mqttUrl = `mqtt://127.0.0.1:${broker.port}`;
  await using taker = await createTaker(mqttUrl, true);
  const { clock, flaky } = clockBeforeRecovery();
  const folder = await mkdtemp(join(tmpdir(), "drover-fleet-"));
  const config = {
    mqttUrl,
    org: "demo",
    seed: 6,
    stations: 30,
    cadenceMs: 1_000,
    stateDir: folder,
  };
  const startMs = clock.now();
  await using publisher = await startPublisher(config, clock);
  const fleet = createFleet(fleetConfig);
  const soonMs = clock.now() + 10_000;
  const reachable = fleet.stations.filter(({ site }) => site.outageAt(soonMs) === undefined);
  assert.ok(reachable.some(({ site }) => site.slug === flaky) && reachable.length > 15);
  await taker.until(() => taker.states.get(flaky) === "online");
  const untilMs = clock.now();
  await taker.until(() => reachable.every((station) => hasAll(station.id)));
  await publisher.stop();
  await rm(folder, { recursive: true, force: true });

  function hasAll(id: string): boolean {
    const station = fleet.stations.find((one) => one.id === id);
    const wanted = station?.reportsBetween(startMs - 1_000, untilMs - 1_000) ?? [];
    const times = new Set(taker.samples.filter((one) => one.id === id).map(({ t }) => t));
    return wanted.every(({ at }) => times.has(at));
  }

  const seen = new Set<string>();
  for (const sample of taker.samples) {
    const key = `${sample.id} ${sample.seq}`;
    assert.ok(!seen.has(key), `${key} came twice`);
    seen.add(key);
    const station = fleet.stations.find(({ id }) => id === sample.id);
    const [report] = station?.reportsBetween(sample.t ?? 0, (sample.t ?? 0) + 1) ?? [];
    assert.deepEqual(sample.m, report?.measurements);
  }
});

test("what nobody acknowledged is sent again after a restart, with its first times", async () => {
  await using broker = await createBroker(brokerConfig, deps());
  const mqttUrl = `mqtt://127.0.0.1:${broker.port}`;
  const stateDir = await mkdtemp(join(tmpdir(), "drover-fleet-"));
  const config = { mqttUrl, org: "demo", seed: 2, stations: 3, cadenceMs: 500, stateDir };
  const fleet = createFleet({ seed: 2, flights: 0, stations: 3 });
  assert.ok(fleet.sites.every((site) => !site.isFlaky));
  const times = new Set<number | undefined>();
  {
    await using deaf = await createTaker(mqttUrl, false);
    await using first = await startPublisher(config, systemClock);
    await deaf.until(() => deaf.samples.length >= 3);
    for (const { t } of deaf.samples) times.add(t);
    assert.ok(first.waiting() >= 3);
    assert.equal(first.online(), 1);
    await first.stop();
    assert.equal(first.online(), 0);
  }
  await using taker = await createTaker(mqttUrl, true);
  await using second = await startPublisher(config, systemClock);
  await taker.until(() => times.isSubsetOf(new Set(taker.samples.map(({ t }) => t))));
  await second.stop();
  await rm(stateDir, { recursive: true, force: true });
});

test("a broker that dies with all it kept costs nothing that nobody acknowledged", async () => {
  const metrics = createMetrics({ service: "test" });
  const first = await createBroker(brokerConfig, { log: silentLog, metrics });
  const { port } = first;
  const mqttUrl = `mqtt://127.0.0.1:${port}`;
  const config = { mqttUrl, org: "demo", seed: 2, stations: 3, cadenceMs: 250 };
  const clock = { ...systemClock, random: () => 0 };
  const startMs = Date.now();
  await using publisher = await startPublisher(config, clock);
  // The broker takes these with PUBACK, and no edge is there to hear them.
  const published = async () =>
    Number(/drover_mqtt_messages_total\{[^}]*\} (\d+)/.exec(await metrics.expose())?.[1] ?? 0);
  while ((await published()) < 6) await clock.sleep(5);
  await first[Symbol.asyncDispose]();
  await using _ = await createBroker({ ...brokerConfig, port }, deps());
  await using taker = await createTaker(mqttUrl, true);
  const fleet = createFleet({ seed: 2, flights: 0, stations: 3, stationCadenceMs: 250 });
  const wanted = fleet.reportsBetween(startMs - 200, startMs + 500);
  assert.ok(wanted.length >= 3);
  const has = (report: { asset: string; at: number }) =>
    taker.samples.some(({ id, t }) => `station:${id}` === report.asset && t === report.at);
  await taker.until(() => wanted.every(has));
  await publisher.stop();
});
