// One connection to a broker, from CONNECT to its loss. It acknowledges a message only when told to,
// in the order of arrival, and on the connection that brought it.

import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { Clock } from "@drover/core/service/clock";
import type { MqttMessage } from "./mqtt-format.ts";

export interface MqttSessionConfig {
  readonly url: string;
  readonly client: IClientOptions;
  readonly filters: readonly string[];
  /** Unacknowledged messages and bytes held at once; at the bound the socket is not read (block). */
  readonly messagesMax: number;
  readonly bytesMax: number;
}

export interface Delivery extends MqttMessage {
  /** Says that the message is taken; harmless when the connection is gone. */
  acknowledge(): void;
}

export interface MqttSession extends AsyncDisposable {
  /** All messages that wait, at least one; undefined once the connection is lost. */
  take(): Promise<readonly Delivery[] | undefined>;
  /**
   * Publishes at QoS 1 without waiting; what is lost with the connection, or stands behind too many
   * that the broker has not acknowledged, is not sent (drop): senders ask again.
   */
  publish(topic: string, payload: string): void;
  /** Why the connection ended. */
  error(): Error | undefined;
}

/** The broker answered, and the answer was no. */
export class MqttRefusedError extends Error {
  override name = "MqttRefusedError";
}

/** CONNACK codes that trying again cannot change (MQTT 3.1.1 table 3.1): 4 and 5 are credentials. */
const finalCodes = new Set([1, 2, 4, 5]);

/** Connects and subscribes; rejects when either fails or the signal aborts. */
export async function openMqttSession(
  config: MqttSessionConfig,
  deps: { readonly clock: Clock },
  signal: AbortSignal,
): Promise<MqttSession> {
  signal.throwIfAborted();
  const client = connect(config.url, {
    ...config.client,
    protocolVersion: 4,
    // The source reconnects, with a new client, so that nothing is left over from the old one.
    reconnectPeriod: 0,
    manualConnect: true,
  });
  const inbox = createInbox(config, client, deps.clock);
  let lastError: Error | undefined;
  let publishing = 0;
  client.on("error", (error) => void (lastError = error));
  client.on("close", () => inbox.close());
  client.handleMessage = inbox.handle;
  const abort = () => client.end(true);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await connected(client);
    await client.subscribeAsync([...config.filters], { qos: 1 });
  } catch (error) {
    signal.removeEventListener("abort", abort);
    client.end(true);
    inbox.close();
    throw refusalOf(error);
  }
  return {
    take: inbox.take,
    error: () => lastError,
    publish(topic, payload) {
      if (!client.connected || publishing >= PUBLISHING_MAX) return;
      publishing += 1;
      client.publish(topic, payload, { qos: 1 }, () => void (publishing -= 1));
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener("abort", abort);
      inbox.close();
      if (!client.connected || client.disconnecting) {
        client.end(true);
        return;
      }
      // DISCONNECT, so that the broker does not send the last will; forced when it hangs.
      const ended = new AbortController();
      const forced = deps.clock.sleep(CLOSE_MS, ended.signal).then(
        () => void client.end(true),
        () => {},
      );
      await Promise.race([client.endAsync().catch(() => {}), forced]);
      ended.abort();
    },
  };
}

const CLOSE_MS = 2_000;
const PUBLISHING_MAX = 2_000;

function connected(client: MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    let cause: Error | undefined;
    client.once("connect", () => resolve());
    client.once("error", (error) => {
      cause = error;
      reject(error);
    });
    client.once("close", () => reject(cause ?? new Error("the broker closed the connection")));
    client.connect();
  });
}

function refusalOf(error: unknown): Error {
  const known = error instanceof Error ? error : new Error(String(error));
  const code = "code" in known ? known.code : undefined;
  if (typeof code === "number" && finalCodes.has(code)) {
    return new MqttRefusedError(`the broker refused: ${known.message}`, { cause: known });
  }
  return known;
}

type Handle = MqttClient["handleMessage"];

/**
 * Takes messages off the client without letting it acknowledge them.
 *
 * mqtt.js sends PUBACK when `handleMessage` calls back, and reads no further before; an error as the
 * argument lets it read on without sending one. PUBACK is then written here, four bytes
 * (MQTT 3.1.1 §3.4), in the order of the messages (§4.6), once their reports are durable.
 */
function createInbox(config: MqttSessionConfig, client: MqttClient, clock: Clock) {
  const later = new Error("acknowledged later");
  let waiting: Delivery[] = [];
  let heldMessages = 0;
  let heldBytes = 0;
  let isClosed = false;
  let readOn: (() => void) | undefined;
  let wake: (() => void) | undefined;

  const isFull = () => heldMessages >= config.messagesMax || heldBytes >= config.bytesMax;

  const handle: Handle = (packet, callback) => {
    const { payload, messageId, qos } = packet;
    const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
    const { stream } = client;
    heldMessages += 1;
    heldBytes += bytes.length;
    let isHeld = true;
    waiting.push({
      topic: packet.topic,
      payload: bytes,
      isRetained: packet.retain,
      receivedAt: clock.now(),
      acknowledge() {
        if (!isHeld) return;
        isHeld = false;
        heldMessages -= 1;
        heldBytes -= bytes.length;
        if (qos === 1 && messageId !== undefined && !isClosed && client.stream === stream) {
          stream.write(Buffer.from([0x40, 2, messageId >> 8, messageId & 0xff]));
        }
        if (readOn !== undefined && !isFull()) {
          const resume = readOn;
          readOn = undefined;
          resume();
        }
      },
    });
    wake?.();
    const next = () => callback(qos === 0 ? undefined : later);
    if (isFull()) readOn = next;
    else next();
  };

  async function take(): Promise<readonly Delivery[] | undefined> {
    while (waiting.length === 0) {
      if (isClosed) return undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
      wake = undefined;
    }
    const taken = waiting;
    waiting = [];
    return taken;
  }

  return {
    handle,
    take,
    /** What waits is dropped: the broker has no acknowledgement and delivers it again. */
    close() {
      isClosed = true;
      waiting = [];
      wake?.();
    },
  };
}
