// Reports from an MQTT broker. A message is acknowledged only once its reports are durable in the
// outbox, so that killing the edge loses nothing that the broker still holds:
//
//   connecting → subscribed → (take → decode → emit → PUBACK → dn/ack)* → lost → back-off → connecting

import { createBackoff } from "@drover/core/service/backoff";
import { rangesOf } from "@drover/core/model/packet";
import type { PacketAck } from "@drover/core/model/packet";
import type { Report } from "@drover/core/model/report";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineKind, splitSpec } from "./kind.ts";
import { MqttOptions, clientOptionsOf, createFormats } from "./mqtt-options.ts";
import type { Answer, MqttFormat } from "./mqtt-format.ts";
import { MqttRefusedError, openMqttSession } from "./mqtt-session.ts";
import type { Delivery, MqttSession } from "./mqtt-session.ts";
import { openOnceOnly, type OnceOnly } from "./once-only.ts";
import { SourceError } from "./source.ts";
import type { Emit, Source, SourceDeps } from "./source.ts";
import { createTally, messageOf, type Tally } from "./tally.ts";

/** Reports of one call to `emit`. */
const REPORTS_PER_EMIT = 2_000;
const SAMPLE_CHARS = 200;
const backoffConfig = { minMs: 500, maxMs: 30_000 };

export const mqttKind = defineKind({
  usage: "mqtt=mqtt[s]://HOST[:PORT][?formats=drover,owntracks,sparkplug&org=…&mapping=FILE.json]",
  options: MqttOptions,
  fromText(text) {
    const { target, options } = splitSpec(text);
    const { formats, ...rest } = options;
    const list = formats === undefined ? {} : { formats: String(formats).split(",") };
    return { url: target, ...rest, ...list };
  },
  create: createMqttSource,
});

interface Parts {
  readonly formats: readonly MqttFormat[];
  readonly tally: Tally;
  readonly once: OnceOnly;
  readonly deps: SourceDeps;
  readonly payloadBytesMax: number;
}

export function createMqttSource(options: MqttOptions, name: string, deps: SourceDeps): Source {
  const tally = createTally({ name, kind: "mqtt" }, deps);
  const log = deps.log.child({ source: name });
  const ending = new AbortController();

  async function run(emit: Emit, outer: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([outer, ending.signal]);
    const backoff = createBackoff(backoffConfig, deps);
    const formats = await createFormats(options, name);
    using once = await openOnceOnly({
      reportsMax: 50_000,
      file: join(deps.stateDir, `${name}.seen`),
    });
    const parts: Parts = {
      formats,
      tally,
      once,
      deps: { ...deps, log },
      payloadBytesMax: options.payloadBytesMax,
    };
    const config = {
      url: options.url,
      filters: formats.flatMap((format) => format.filters),
      client: await clientOptionsOf(options, await readClientId(name, deps.stateDir), deps.secrets),
      messagesMax: options.messagesMax,
      bytesMax: options.bytesMax,
    };
    while (!signal.aborted) {
      try {
        await using session = await openMqttSession(config, deps, signal);
        backoff.reset();
        tally.succeeded();
        log.info({ filters: config.filters }, "subscribed");
        await serve(session, parts, emit);
        signal.throwIfAborted();
        throw session.error() ?? new Error("the broker closed the connection");
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof EmitError) throw error.cause;
        tally.failed(error);
        if (error instanceof MqttRefusedError)
          throw new SourceError(error.message, { cause: error });
        log.warn({ reason: messageOf(error) }, "connection lost; trying again");
        await backoff.wait(signal).catch(() => {});
      }
    }
    tally.state("finished");
  }

  return {
    name,
    run,
    status: () => tally.status(),
    [Symbol.asyncDispose]: async () => ending.abort(new Error("disposed")),
  };
}

/** The outbox's failure, told apart from the connection's: trying again is not for us to decide. */
class EmitError extends Error {
  override name = "EmitError";
}

/**
 * A broker keeps the session of a client by its id, so the id must be the same after a restart and
 * differ between edges: it is drawn once and kept in the folder that outlives the process.
 */
async function readClientId(name: string, stateDir: string): Promise<string> {
  const file = join(stateDir, `${name}.client-id`);
  const kept = await readFile(file, "utf8").catch(() => "");
  if (/^drover-[0-9a-f]{12}$/.test(kept)) return kept;
  const drawn = `drover-${randomBytes(6).toString("hex")}`;
  await writeFile(file, drawn);
  return drawn;
}

/** Until the connection is lost. */
async function serve(session: MqttSession, parts: Parts, emit: Emit): Promise<void> {
  for (;;) {
    const deliveries = await session.take();
    if (deliveries === undefined) return;
    for (let next = 0; next < deliveries.length;) {
      const batch = createBatch();
      while (next < deliveries.length && batch.reports.length < REPORTS_PER_EMIT) {
        const delivery = deliveries[next++];
        if (delivery !== undefined) addDelivery(batch, delivery, parts);
      }
      await settle(batch, { session, parts, emit });
    }
  }
}

interface Batch {
  readonly reports: Report[];
  readonly deliveries: Delivery[];
  readonly answers: Answer[];
}

function createBatch(): Batch {
  return { reports: [], deliveries: [], answers: [] };
}

function addDelivery(batch: Batch, delivery: Delivery, parts: Parts): void {
  const { tally } = parts;
  batch.deliveries.push(delivery);
  tally.received();
  let lastReason: string | undefined;
  const refusals = {
    refused(reason: string) {
      lastReason = reason;
      tally.refused(reason);
    },
  };
  const decoded = decode(delivery, parts, refusals);
  if (lastReason !== undefined) logSample(delivery, lastReason, parts);
  for (const report of decoded?.reports ?? []) batch.reports.push(report);
  if (decoded?.answers) batch.answers.push(...decoded.answers);
}

function decode(delivery: Delivery, parts: Parts, refusals: { refused(reason: string): void }) {
  if (delivery.payload.length > parts.payloadBytesMax) {
    refusals.refused("payload-too-large");
    return undefined;
  }
  for (const format of parts.formats) {
    const decoded = format.decode(delivery, refusals);
    if (decoded !== undefined) return decoded;
  }
  refusals.refused("unknown-topic");
  return undefined;
}

function logSample(delivery: Delivery, reason: string, parts: Parts): void {
  const { log } = parts.deps;
  if (!log.isLevelEnabled("debug")) return;
  const sample = delivery.payload.toString("utf8", 0, SAMPLE_CHARS);
  log.debug({ reason, topic: delivery.topic, sample }, "refused");
}

async function settle(
  batch: Batch,
  to: { session: MqttSession; parts: Parts; emit: Emit },
): Promise<void> {
  const { session, parts, emit } = to;
  const { tally, once } = parts;
  if (batch.reports.length > 0) {
    try {
      const { emitted, repeated } = await once.take(batch.reports, emit);
      tally.emitted(emitted);
      tally.repeated(repeated);
    } catch (error) {
      throw new EmitError("emit failed", { cause: error });
    }
    tally.succeeded();
  }
  for (const delivery of batch.deliveries) delivery.acknowledge();
  for (const { topic, ack } of acksOf(batch.answers)) session.publish(topic, JSON.stringify(ack));
}

/** One acknowledgement a station and epoch, however many messages it answers. */
function acksOf(answers: readonly Answer[]): readonly { topic: string; ack: PacketAck }[] {
  const merged = new Map<string, Answer[]>();
  for (const answer of answers) {
    const key = `${answer.topic} ${answer.epoch}`;
    const same = merged.get(key);
    if (same === undefined) merged.set(key, [answer]);
    else same.push(answer);
  }
  return [...merged.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const ok = rangesOf(same.flatMap((answer) => answer.ok));
    const bad = same
      .flatMap((answer) => answer.bad)
      .map(([seq, why]): [number, string] => [seq, why]);
    const ack: PacketAck = { v: 1, ep: first.epoch, ok, ...(bad.length > 0 && { bad }) };
    return [{ topic: first.topic, ack }];
  });
}
