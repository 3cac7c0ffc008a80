// What is said in text on a live connection: what a client wants, and what watching noticed. Movers come
// in binary frames (live-wire.ts).

import { z } from "zod";
import type { Alert } from "./alert.ts";
import type { StoredEvent } from "./event.ts";
import { kindPattern } from "./ids.ts";

export const liveLimits = {
  everyMs: { min: 250, max: 60_000, default: 1_000 },
  bytesPerSecond: { min: 8_192, max: 16 * 1024 * 1024, default: 2 * 1024 * 1024 },
  kinds: 32,
  textChars: 64,
  /** A longer message ends the connection. */
  messageBytes: 8_192,
} as const;

const lon = z.number().min(-180).max(180);
const lat = z.number().min(-90).max(90);
const number = z.int().min(0);

/** What a client wants from now on; each one replaces the one before as a whole. */
export const LiveSubscribe = z.strictObject({
  type: z.literal("subscribe"),
  /** Degrees; west above east crosses ±180°. Everything, and what has no place, when absent. */
  box: z
    .strictObject({ west: lon, south: lat, east: lon, north: lat })
    .refine(({ south, north }) => south <= north, { error: "south must not be above north" })
    .optional(),
  kinds: z.array(z.string().regex(kindPattern)).min(1).max(liveLimits.kinds).optional(),
  /** In the id or an attribute, whatever the case. */
  text: z.string().min(1).max(liveLimits.textChars).optional(),
  /** At most one frame in this time. */
  everyMs: z.int().min(liveLimits.everyMs.min).max(liveLimits.everyMs.max).optional(),
  /** Of movers; what waits longest goes first. Events and alerts are small and not counted. */
  bytesPerSecond: z
    .int()
    .min(liveLimits.bytesPerSecond.min)
    .max(liveLimits.bytesPerSecond.max)
    .optional(),
  /** Events with a greater number come; those of now on when absent. */
  eventsAfter: number.optional(),
  /** Alerts with a greater revision come; those that change from now on when absent. */
  alertsAfter: number.optional(),
  /** After a drop: `resume` of the last hello, and `version` of the last frame after it, 0 without one. */
  resume: z.strictObject({ token: z.string().max(255), version: number }).optional(),
});
export type LiveSubscribe = z.infer<typeof LiveSubscribe>;

export type LiveNoticeCode =
  /** What was sent is not understood; the subscription stays what it was. */
  | "bad-message"
  /** Events between what was asked for and what comes are too many: read them from the list. */
  | "events-skipped"
  | "alerts-skipped";

/** What a server says in text. */
export type LiveMessage =
  | { readonly type: "event"; readonly event: StoredEvent }
  | { readonly type: "alert"; readonly alert: Alert; readonly revision: number }
  | { readonly type: "notice"; readonly code: LiveNoticeCode; readonly text: string };
