// Drover packets (core/model/packet.ts) into reports.

import { namePattern } from "@drover/core/model/report";
import {
  PacketSample,
  packetLimits,
  packetTopic,
  readPacketTopic,
} from "@drover/core/model/packet";
import type { Report } from "@drover/core/model/report";
import { finishDraft, type Draft } from "./draft.ts";
import { isObject, nothing, readJson } from "./mqtt-format.ts";
import type { Answer, Decoded, MqttFormat, Refusals } from "./mqtt-format.ts";

export interface DroverFormatConfig {
  /** Only this org; all when absent. */
  readonly org?: string | undefined;
  readonly source: string;
}

export function createDroverFormat(config: DroverFormatConfig): MqttFormat {
  const org = config.org ?? "+";
  return {
    filters: [packetTopic(org, "+", "up/data")],
    decode(message, refusals) {
      const topic = readPacketTopic(message.topic);
      if (topic === undefined) return undefined;
      if (topic.channel !== "up/data") return undefined;
      if (message.payload.length > packetLimits.payloadBytes) {
        refusals.refused("payload-too-large");
        return nothing;
      }
      const value = readJson(message.payload, refusals);
      if (value === undefined) return nothing;
      const samples: readonly unknown[] = Array.isArray(value) ? value : [value];
      if (samples.length > packetLimits.samples) {
        refusals.refused("too-many-samples");
        return nothing;
      }
      return decodeSamples(samples, { ...topic, source: config.source, refusals });
    },
  };
}

interface Where {
  readonly org: string;
  readonly station: string;
  readonly source: string;
  readonly refusals: Refusals;
}

function decodeSamples(samples: readonly unknown[], where: Where): Decoded {
  const reports: Report[] = [];
  const byEpoch = new Map<number, { ok: number[]; bad: [number, string][] }>();
  for (const value of samples) {
    const result = decodeSample(value, where);
    if (result.report) reports.push(result.report);
    else where.refusals.refused(result.reason ?? "bad-packet");
    if (result.ep === undefined || result.seq === undefined) continue;
    const answer = byEpoch.get(result.ep) ?? { ok: [], bad: [] };
    byEpoch.set(result.ep, answer);
    if (result.reason === undefined) answer.ok.push(result.seq);
    else answer.bad.push([result.seq, result.reason]);
  }
  const topic = packetTopic(where.org, where.station, "dn/ack");
  const answers: Answer[] = Array.from(byEpoch, ([epoch, { ok, bad }]) => ({
    topic,
    epoch,
    ok,
    bad,
  }));
  return { reports, answers };
}

interface Sampled {
  readonly report?: Report;
  readonly reason?: string;
  readonly ep?: number;
  readonly seq?: number;
}

function decodeSample(value: unknown, where: Where): Sampled {
  const parsed = PacketSample.safeParse(value);
  if (!parsed.success) return { reason: "bad-packet", ...stampOf(value) };
  const sample = parsed.data;
  const { ep, seq } = sample;
  const refuse = (reason: string) => ({ reason, ep, seq });
  if (sample.id !== where.station) return refuse("id-mismatch");
  if (sample.t === undefined) return refuse("no-time");
  if (sample.cq === "none") return refuse("clock-not-set");
  // Only the word that made it no report is the answer; members left out are counted as they go.
  let last = "bad-packet";
  const counting: Refusals = { refused: (reason) => void (last = reason) };
  const report = finishDraft(draftOf(sample, where.source), counting);
  if (report === undefined) return refuse(last);
  if (last !== "bad-packet") where.refusals.refused(last);
  return { report, ep, seq };
}

/** A refused sample can still be named in the answer, so that its sender stops sending it. */
function stampOf(value: unknown): { ep?: number; seq?: number } {
  if (!isObject(value)) return {};
  const stamp = PacketSample.pick({ ep: true, seq: true }).safeParse(value);
  return stamp.success ? stamp.data : {};
}

function draftOf(sample: PacketSample, source: string): Draft {
  const [lon, lat, altitudeM, accuracyM] = sample.pos ?? [];
  const [speedMps, headingDeg, climbMps] = sample.mv ?? [];
  const measurements: Record<string, number> = {};
  for (const [name, value] of Object.entries(sample.m ?? {})) {
    if (value !== null) measurements[name] = value;
  }
  const attributes: Record<string, string> = { ...sample.a };
  for (const [channel, fault] of Object.entries(sample.q ?? {})) {
    const name = `quality.${channel}`;
    if (namePattern.test(name)) attributes[name] = fault;
  }
  return {
    kind: sample.k ?? "station",
    id: sample.id,
    at: sample.t,
    lat,
    lon,
    altitudeM: altitudeM ?? undefined,
    accuracyM: accuracyM ?? undefined,
    speedMps: speedMps ?? undefined,
    headingDeg: headingDeg ?? undefined,
    climbMps: climbMps ?? undefined,
    measurements,
    attributes,
    source,
    historical: sample.h === 1 || sample.h === true,
  };
}
