// What watching noticed. An event's id is made of what it says, so that work that is done again after
// a crash, or late data, give the same one.

import { z } from "zod";
import { Position } from "./report.ts";

export const eventKinds = [
  "entered",
  "left",
  "dwelt",
  "crossed",
  "silent",
  "back",
  "rule-fired",
  "rule-cleared",
] as const;
export type EventKind = (typeof eventKinds)[number];

/** Only events younger than this are told to anybody; older ones are in the list. Traccar's value. */
export const notifiableMs = 15 * 60_000;

/** Why an event came: enough to judge it by hand. */
export const Explanation = z.strictObject({
  /** One sentence for people. */
  text: z.string().max(1_000),
  /** The fixes that decided it, oldest first. */
  fixes: z
    .array(
      z.strictObject({
        at: z.int(),
        lat: z.number(),
        lon: z.number(),
        altitudeM: z.number().optional(),
        accuracyM: z.number().optional(),
        /** To the zone's border, metres; below 0 inside. */
        distanceM: z.number().optional(),
      }),
    )
    .max(16)
    .optional(),
  /** Readings and limits that decided it, by name; units are in the names. */
  values: z.record(z.string(), z.number()).optional(),
});
export type Explanation = z.infer<typeof Explanation>;

export const WatchEvent = z.strictObject({
  /** 32 hexadecimal digits. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  kind: z.enum(eventKinds),
  /** When it happened, by the asset's clock, epoch ms; interpolated for a border. */
  at: z.int(),
  /** Absent when a rule over a set fired. */
  asset: z.string().optional(),
  zone: z.string().optional(),
  zoneVersion: z.int().optional(),
  rule: z.string().optional(),
  ruleVersion: z.int().optional(),
  /** Found in data that came late: true, and nobody was told. */
  retro: z.boolean(),
  position: Position.optional(),
  explanation: Explanation,
});
export type WatchEvent = z.infer<typeof WatchEvent>;

/** As it is stored and served. */
export const StoredEvent = WatchEvent.extend({
  /** When Drover noticed it, epoch ms. */
  recordedAt: z.int(),
  /** Grows by one with each event, in the order of recording. */
  number: z.int(),
});
export type StoredEvent = z.infer<typeof StoredEvent>;
