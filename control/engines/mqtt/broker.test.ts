import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import test from "node:test";
import mqtt, { type IClientOptions } from "mqtt";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { createBroker, OpenBrokerError, type BrokerConfig } from "./broker.ts";

const base: BrokerConfig = {
  host: "127.0.0.1",
  port: 0,
  connectionsMax: 10,
  packetBytesMax: 4_096,
  sessionMessagesMax: 5,
};

async function start(more: Partial<BrokerConfig> = {}) {
  const metrics = createMetrics({ service: "test" });
  const broker = await createBroker({ ...base, ...more }, { log: silentLog, metrics });
  const open = (options: IClientOptions = {}) =>
    mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
      protocolVersion: 4,
      reconnectPeriod: 0,
      ...options,
    });
  return { broker, metrics, open };
}

test("will not listen for the world without a password", async () => {
  const metrics = createMetrics({ service: "test" });
  const config = { ...base, host: "0.0.0.0" };
  await assert.rejects(createBroker(config, { log: silentLog, metrics }), OpenBrokerError);
});

test("lets in who knows the password", async () => {
  const { broker, open } = await start({ user: "farm", password: "gate" });
  await using _ = broker;
  const client = await open({ username: "farm", password: "gate" });
  assert.equal(client.connected, true);
  await client.endAsync(true);
  for (const wrong of [
    {},
    { username: "farm", password: "gates" },
    { username: "x", password: "gate" },
  ]) {
    const refused = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, {
      protocolVersion: 4,
      reconnectPeriod: 0,
      ...wrong,
    });
    const error = await new Promise<unknown>((resolve) => refused.once("error", resolve));
    assert.match(String(error), /Not authorized/);
    refused.end(true);
  }
});

test("disconnects who sends more than a packet may have, and goes on for the others", async () => {
  const { broker, open } = await start();
  await using _ = broker;
  const other = await open();
  const client = await open();
  client.publish("a", "x".repeat(5_000), { qos: 0 });
  await new Promise<void>((resolve) => client.once("close", () => resolve()));
  await other.publishAsync("a", "x".repeat(3_000), { qos: 1 });
  const socket = connectTcp(broker.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
  await once(socket, "close");
  assert.equal(other.connected, true);
  await other.endAsync(true);
  client.end(true);
});

test("keeps so many messages for a session that is away, and hands them over when it is back", async () => {
  const { broker, metrics, open } = await start();
  await using _ = broker;
  const away = await open({ clientId: "edge", clean: false });
  await away.subscribeAsync("a", { qos: 1 });
  await away.endAsync();
  const sender = await open();
  for (let n = 1; n <= 8; n++) await sender.publishAsync("a", String(n), { qos: 1 });
  await sender.publishAsync("a", "0", { qos: 0 });
  const scraped = await metrics.expose();
  assert.match(scraped, /drover_mqtt_messages_kept\{[^}]*\} 5\n/);
  assert.match(scraped, /drover_mqtt_messages_refused\{[^}]*\} 3\n/);

  const back = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, {
    protocolVersion: 4,
    clientId: "edge",
    clean: false,
    reconnectPeriod: 0,
  });
  const heard: string[] = [];
  await new Promise<void>((resolve) => {
    back.on("message", (_topic, payload) => {
      heard.push(payload.toString());
      if (heard.length === 5) resolve();
    });
  });
  assert.deepEqual(heard, ["1", "2", "3", "4", "5"]);
  await back.endAsync();
  await sender.publishAsync("a", "9", { qos: 1 });
  assert.match(await metrics.expose(), /drover_mqtt_messages_kept\{[^}]*\} 1\n/);
  await sender.endAsync(true);
});
