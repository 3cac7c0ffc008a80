// One site's gateway: a single MQTT connection for all its stations, over a link that may drop.
//
//   offline → (link up) connecting → online → (link drops, broker gone) → offline

import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { Site } from "@drover/core/fleet/site";
import { PacketAck, packetTopic, readPacketTopic } from "@drover/core/model/packet";
import { createBackoff } from "@drover/core/service/backoff";
import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";
import type { Backlog } from "./backlog.ts";

export interface GatewayConfig {
  readonly url: string;
  readonly org: string;
  readonly epoch: number;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly site: Site;
  readonly backlogs: readonly Backlog[];
}

export interface Gateway {
  isOnline(): boolean;
  /** Until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

const TICK_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** A message of a backlog: small enough for a slow link. */
const SAMPLES_PER_MESSAGE = 32;
/** Messages of one station in one tick, so that its backlog leaves room for others. */
const MESSAGES_PER_TICK = 4;

export function createGateway(
  config: GatewayConfig,
  deps: { readonly clock: Clock; readonly log: Log },
): Gateway {
  const { site, backlogs } = config;
  const { clock, log } = deps;
  let client: MqttClient | undefined;

  const isDown = () => site.outageAt(clock.now()) !== undefined;

  async function serve(connection: MqttClient, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && connection.connected && !isDown()) {
      for (const backlog of backlogs) sendDue(connection, backlog);
      await clock.sleep(TICK_MS, signal).catch(() => {});
      measure();
    }
  }

  function measure(): void {
    const nowMs = clock.now();
    for (const backlog of backlogs) backlog.measure(nowMs);
  }

  function sendDue(connection: MqttClient, backlog: Backlog): void {
    const topic = packetTopic(config.org, backlog.station.id, "up/data");
    for (let sent = 0; sent < MESSAGES_PER_TICK; sent++) {
      const samples = backlog.takeDue(clock.now(), SAMPLES_PER_MESSAGE);
      if (samples.length === 0) return;
      const payload = JSON.stringify(samples.length === 1 ? samples[0] : samples);
      connection.publish(topic, payload, { qos: 1 }, () => {});
    }
  }

  async function announce(connection: MqttClient): Promise<void> {
    const retained = { qos: 1, retain: true } as const;
    for (const { station } of backlogs) {
      const { id, duty, cadenceMs, latDeg, lonDeg, altitudeM } = station;
      const meta = { v: 1, id, duty, site: site.name, cadenceMs, pos: [lonDeg, latDeg, altitudeM] };
      const topic = packetTopic(config.org, id, "up/meta");
      connection.publish(topic, JSON.stringify(meta), retained, () => {});
    }
    connection.publish(stateTopic(config), stateOf("online", config.epoch), retained, () => {});
    const topics = backlogs.map(({ station }) => packetTopic(config.org, station.id, "dn/ack"));
    await connection.subscribeAsync(topics, { qos: 1 });
  }

  return {
    isOnline: () => client?.connected === true,
    async run(signal) {
      const backoff = createBackoff({ minMs: 500, maxMs: 15_000 }, deps);
      while (!signal.aborted) {
        measure();
        if (isDown()) {
          await clock.sleep(TICK_MS, signal).catch(() => {});
          continue;
        }
        try {
          client = await open(config, (payload, topic) => acknowledge(config, payload, topic));
          await announce(client);
          backoff.reset();
          await serve(client, signal);
          if (isDown()) log.debug({ site: site.slug }, "link down");
        } catch (error) {
          log.debug({ site: site.slug, reason: String(error) }, "connection failed");
          await backoff.wait(signal).catch(() => {});
        }
        // Without DISCONNECT, as a link that drops: the broker then says that the site is lost.
        client?.end(true);
        client = undefined;
        for (const backlog of backlogs) backlog.recall();
      }
    },
  };
}

function acknowledge(config: GatewayConfig, payload: Buffer, topic: string): void {
  const station = readPacketTopic(topic)?.station;
  const backlog = config.backlogs.find((one) => one.station.id === station);
  let value: unknown;
  try {
    value = JSON.parse(payload.toString("utf8"));
  } catch {
    return;
  }
  const ack = PacketAck.safeParse(value);
  if (ack.success) backlog?.acknowledge(ack.data);
}

function open(
  config: GatewayConfig,
  onMessage: (payload: Buffer, topic: string) => void,
): Promise<MqttClient> {
  const options: IClientOptions = {
    clientId: `${config.org}-${config.site.slug}`.slice(0, 64),
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
    reconnectPeriod: 0,
    manualConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    ...(config.user !== undefined && { username: config.user }),
    ...(config.password !== undefined && { password: config.password }),
    will: {
      topic: stateTopic(config),
      payload: Buffer.from(stateOf("lost", config.epoch)),
      qos: 1,
      retain: true,
    },
  };
  const client = connect(config.url, options);
  client.on("message", (topic, payload) => onMessage(payload, topic));
  return new Promise((resolve, reject) => {
    client.once("connect", () => resolve(client));
    client.once("close", () => reject(new Error("the broker closed the connection")));
    client.on("error", (error) => {
      client.end(true);
      reject(error);
    });
    client.connect();
  });
}

/** The gateway speaks for its site under the site's own name. */
function stateTopic(config: GatewayConfig): string {
  return packetTopic(config.org, config.site.slug, "up/state");
}

function stateOf(state: "online" | "lost", epoch: number): string {
  return JSON.stringify({ v: 1, st: state, ep: epoch });
}
