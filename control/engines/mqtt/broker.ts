// The embedded MQTT 3.1.1 broker: aedes behind limits and a password. Its memory is its only store, so
// its PUBACK promises nothing about a crash; stations wait for the edge's own answer (`dn/ack`).

import { hash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { Aedes, type Client } from "aedes";
import type { Log } from "@drover/core/service/log";
import type { Metrics } from "@drover/core/service/metrics";
import { createPacketGuard } from "./packet-guard.ts";
import { boundSessions, type SessionBounds } from "./session-bounds.ts";

export interface BrokerConfig {
  readonly host: string;
  readonly port: number;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly connectionsMax: number;
  readonly packetBytesMax: number;
  readonly sessionMessagesMax: number;
}

export interface BrokerDeps {
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface Broker extends AsyncDisposable {
  readonly port: number;
  clients(): number;
  /** Accepts no further connections. */
  stopAccepting(): void;
}

/** A broker that anybody may use must not be reachable by anybody. */
export class OpenBrokerError extends Error {
  override name = "OpenBrokerError";
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A subscriber that does not read for so long is disconnected, so that it does not stop the rest. */
const DRAIN_TIMEOUT_MS = 15_000;
const CLIENT_ID_CHARS_MAX = 64;
const TOPIC_LEVELS_MAX = 16;
const loopback = new Set(["127.0.0.1", "::1", "localhost"]);

/** @throws OpenBrokerError for an address other than loopback without a password. */
export async function createBroker(config: BrokerConfig, deps: BrokerDeps): Promise<Broker> {
  if (config.password === undefined && !loopback.has(config.host)) {
    throw new OpenBrokerError(`listening on ${config.host} needs DROVER_MQTT_PASSWORD`);
  }
  if (config.user !== undefined && config.password === undefined) {
    throw new OpenBrokerError("DROVER_MQTT_USER needs DROVER_MQTT_PASSWORD");
  }
  const aedes = await Aedes.createBroker({
    // Deliveries in progress: one slow subscriber may hold some of them until it is disconnected.
    concurrency: 1_000,
    connectTimeout: CONNECT_TIMEOUT_MS,
    drainTimeout: DRAIN_TIMEOUT_MS,
    queueLimit: 100,
    maxClientsIdLength: CLIENT_ID_CHARS_MAX,
    maxTopicLevels: TOPIC_LEVELS_MAX,
    authenticate: (_client, user, password, done) => {
      // Without an error aedes answers with return code 5, not authorized.
      done(null, isKnown(config, user, password));
    },
  });
  const sessions = boundSessions(aedes, { messagesMax: config.sessionMessagesMax });
  countTraffic(aedes, sessions, deps);

  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.setNoDelay(true);
    aedes.handle(socket);
    const guard = createPacketGuard(config.packetBytesMax);
    // aedes reads by "readable"; "data" then tells of each chunk just before aedes gets it.
    socket.on("data", (chunk: Buffer) => {
      try {
        guard(chunk);
      } catch (error) {
        deps.log.warn({ reason: String(error) }, "client disconnected");
        socket.destroy();
      }
    });
  });
  const closed = new Promise<void>((resolve) => server.once("close", () => resolve()));
  server.maxConnections = config.connectionsMax;
  server.listen(config.port, config.host);
  await once(server, "listening");

  return {
    port: portOf(server.address()),
    clients: () => aedes.connectedClients,
    stopAccepting: () => void server.close(),
    async [Symbol.asyncDispose]() {
      server.close();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      // The port is free for another only then.
      await closed;
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}

function isKnown(
  config: BrokerConfig,
  user: string | undefined,
  password: Buffer | undefined,
): boolean {
  if (config.password === undefined) return true;
  const isUser = config.user === undefined || isEqual(user ?? "", config.user);
  return isEqual(password ?? "", config.password) && isUser;
}

/** In constant time, whatever the lengths. */
function isEqual(given: string | Buffer, wanted: string): boolean {
  return timingSafeEqual(hash("sha256", given, "buffer"), hash("sha256", wanted, "buffer"));
}

function countTraffic(aedes: Aedes, sessions: SessionBounds, { log, metrics }: BrokerDeps): void {
  const messages = metrics.counter({ name: "mqtt_messages_total", help: "messages published" });
  const errors = metrics.counter({ name: "mqtt_client_errors_total", help: "clients in error" });
  metrics.gaugeOf(
    { name: "mqtt_clients", help: "clients connected" },
    () => aedes.connectedClients,
  );
  metrics.gaugeOf(
    { name: "mqtt_messages_kept", help: "messages not yet acknowledged by subscribers" },
    () => sessions.kept(),
  );
  metrics.gaugeOf(
    { name: "mqtt_messages_refused", help: "messages not kept: the session was full" },
    () => sessions.refused(),
  );
  aedes.on("publish", (_packet, client) => {
    if (client !== null) messages.inc();
  });
  const failed = (client: Client, error: Error) => {
    errors.inc();
    log.debug({ client: client.id, reason: error.message }, "client error");
  };
  aedes.on("clientError", failed);
  aedes.on("connectionError", failed);
  aedes.on("client", (client) => log.debug({ client: client.id }, "client connected"));
  aedes.on("clientDisconnect", (client) => log.debug({ client: client.id }, "client gone"));
}
