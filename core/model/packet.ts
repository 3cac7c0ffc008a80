// The Drover packet: what a station says over MQTT, and what it hears back. docs/guides/mqtt.md is
// the same for people who write firmware. Keys are short because a farm's link is slow.

import { z } from "zod";
import { kindOf } from "./ids.ts";
import type { Report } from "./report.ts";

/** Bounds that a sender must keep to. */
export const packetLimits = {
  /** Samples of one message. */
  samples: 256,
  /** Bytes of one message. */
  payloadBytes: 64 * 1024,
  /** Characters of one sample's text values. */
  textChars: 256,
} as const;

/** `org` and `station` in topics; a station's id is unique within its org. */
export const packetIdPattern = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

export type PacketChannel = "up/data" | "up/state" | "up/meta" | "dn/ack" | "dn/cmd";

/** `drv/1/{org}/{station}/{channel}`; both ids may be `+` in a subscription. */
export function packetTopic(org: string, station: string, channel: PacketChannel): string {
  return `drv/1/${org}/${station}/${channel}`;
}

/** The parts of a topic, or undefined for one that is not of this form. */
export function readPacketTopic(
  topic: string,
): { readonly org: string; readonly station: string; readonly channel: string } | undefined {
  const parts = topic.split("/");
  const [head, version, org, station, way, name] = parts;
  if (head !== "drv" || version !== "1" || parts.length !== 6) return undefined;
  if (org === undefined || station === undefined) return undefined;
  if (!packetIdPattern.test(org) || !packetIdPattern.test(station)) return undefined;
  return { org, station, channel: `${way}/${name}` };
}

const text = z.string().max(packetLimits.textChars);
const optionalNumber = z.number().nullish();

/** One moment. Fields that a later version adds are ignored. */
export const PacketSample = z.object({
  v: z.literal(1),
  /** The station, as in the topic. */
  id: z.string().regex(packetIdPattern),
  /** Raised whenever the station's own store was lost. */
  ep: z.int().min(0).max(0xffff_ffff),
  /** Counts the epoch's samples without a gap, from 1. */
  seq: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  /** Time of the measurement, epoch ms, UTC. */
  t: z.number().optional(),
  /** Station clock when it was sent, epoch ms. */
  tx: z.number().optional(),
  /** What set the clock; with `none` the time is not believed. */
  cq: z.enum(["gps", "ntp", "rtc", "none"]).optional(),
  /** 1: sent late, after an outage. */
  h: z.union([z.literal(0), z.literal(1), z.boolean()]).optional(),
  /** Kind of asset; `station` when absent. */
  k: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/)
    .optional(),
  /** lon, lat, altitude m, accuracy m; the last two may be absent or null. */
  pos: z
    .union([
      z.tuple([z.number(), z.number()]),
      z.tuple([z.number(), z.number(), optionalNumber]),
      z.tuple([z.number(), z.number(), optionalNumber, optionalNumber]),
    ])
    .nullish(),
  /** speed m/s, heading °, climb m/s; each may be null. */
  mv: z.array(z.number().nullable()).max(3).nullish(),
  /** Measurements by the name under which they are stored; null: the channel had nothing. */
  m: z.record(z.string().max(64), z.number().nullable()).nullish(),
  /** What is wrong with a channel: `{"windMps":"frozen"}`. */
  q: z.record(z.string().max(64), text).nullish(),
  /** Attributes. */
  a: z.record(z.string().max(64), text).nullish(),
});
export type PacketSample = z.infer<typeof PacketSample>;

/**
 * What the edge says once samples are durable there. The station forgets what is in `ok`, and what is
 * in `bad` too, since sending it again cannot help; all else it sends again.
 */
export const PacketAck = z.object({
  v: z.literal(1),
  ep: z.int().min(0).max(0xffff_ffff),
  /** Inclusive ranges of `seq`. */
  ok: z.array(z.tuple([z.number(), z.number()])).max(packetLimits.samples),
  bad: z
    .array(z.tuple([z.number(), z.string().max(64)]))
    .max(packetLimits.samples)
    .optional(),
});
export type PacketAck = z.infer<typeof PacketAck>;

/** A report as a station would send it; the inverse of what the edge does with a packet. */
export function sampleOf(
  report: Report,
  stamp: { readonly id: string; readonly ep: number; readonly seq: number; readonly tx: number },
): PacketSample {
  const { position, motion, measurements, attributes } = report;
  const kind = kindOf(report.asset);
  return {
    v: 1,
    id: stamp.id,
    ep: stamp.ep,
    seq: stamp.seq,
    t: report.at,
    tx: stamp.tx,
    cq: "gps",
    ...(report.historical === true && { h: 1 }),
    ...(kind !== "station" && { k: kind }),
    ...(position && {
      pos: [position.lon, position.lat, position.altitudeM ?? null, position.accuracyM ?? null],
    }),
    ...(motion && {
      mv: [motion.speedMps ?? null, motion.headingDeg ?? null, motion.climbMps ?? null],
    }),
    ...(measurements && { m: measurements }),
    ...(attributes && { a: attributes }),
  };
}

/** Sequence numbers as inclusive ranges, in order. */
export function rangesOf(numbers: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = ranges[ranges.length - 1];
    if (last !== undefined && number <= last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}
