// An alert: something that a person should know of, from the moment it is raised until it is cleared.
// One alert stands for one cause: what happens again while it stands is counted, not raised anew.

import { z } from "zod";
import { Explanation } from "./event.ts";
import { severities } from "./severity.ts";
import { Selection } from "./zone.ts";

export const alertStates = ["raised", "acknowledged", "cleared"] as const;
export type AlertState = (typeof alertStates)[number];

export const Alert = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  /** What makes it one cause: `rule:<id>[:<asset>]`, `zone:<id>:<kind>:<asset>` or `edge:<id>`. */
  cause: z.string().max(300),
  title: z.string().max(300),
  severity: z.enum(severities),
  state: z.enum(alertStates),
  asset: z.string().optional(),
  zone: z.string().optional(),
  rule: z.string().optional(),
  /** Epoch ms, as all times here. */
  raisedAt: z.int(),
  /** The newest event behind it. */
  lastEventAt: z.int(),
  lastEvent: z.string(),
  /** How often it happened while it stood, the first time included. */
  count: z.int().min(1),
  acknowledgedAt: z.int().optional(),
  acknowledgedBy: z.string().optional(),
  acknowledgedNote: z.string().optional(),
  clearedAt: z.int().optional(),
  /** `condition` ended, a person (`operator`), or its zone or rule is gone (`removed`). */
  clearedBy: z.enum(["condition", "operator", "removed"]).optional(),
  /** Who, when a person did. */
  clearedWho: z.string().optional(),
  clearedNote: z.string().optional(),
  /** Not told to anybody because this is broken as a whole, e.g. `edge:edge-darwin`. */
  inhibitedBy: z.string().optional(),
  /** It comes and goes: told seldom until it has calmed down. */
  isFlapping: z.boolean(),
  /** The silence that keeps it from being told now. */
  silencedBy: z.string().optional(),
  explanation: Explanation,
});
export type Alert = z.infer<typeof Alert>;

const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

/** What a silence or a receiver is about; everything when nothing is given. */
export const AlertMatch = z.strictObject({
  severities: z.array(z.enum(severities)).optional(),
  rules: z.array(id).max(200).optional(),
  zones: z.array(id).max(200).optional(),
  ...Selection.shape,
});
export type AlertMatch = z.infer<typeof AlertMatch>;

/** Keeps alerts from being told for a while; it always ends. */
export const SilenceInput = z.strictObject({
  match: AlertMatch,
  reason: z.string().trim().min(1).max(300),
  from: z.int().optional(),
  until: z.int(),
});
export type SilenceInput = z.infer<typeof SilenceInput>;
export const Silence = z.strictObject({
  id,
  ...SilenceInput.shape,
  from: z.int(),
  createdBy: z.string(),
  createdAt: z.int(),
});
export type Silence = z.infer<typeof Silence>;
