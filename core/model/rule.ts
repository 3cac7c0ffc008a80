// A rule: what should be noticed in reports. Conditions are judged for each asset that the rule
// applies to, but `count`, which is judged once over all of them.

import { z } from "zod";
import { namePattern } from "./report.ts";
import { severities } from "./severity.ts";
import { Selection } from "./zone.ts";

export const ruleLimits = { nameChars: 120, conditions: 16, depth: 3, steps: 4 } as const;

/** Numbers of a report that are no measurements, by the name that a rule gives them. */
export const motionMetrics = [
  "position.altitudeM",
  "position.accuracyM",
  "motion.speedMps",
  "motion.headingDeg",
  "motion.climbMps",
] as const;

/** A measurement's name, or one of `motionMetrics`. */
const Metric = z.union([z.enum(motionMetrics), z.string().regex(namePattern)]);
const duration = (min: number) =>
  z
    .int()
    .min(min)
    .max(30 * 86_400_000);
const ZoneId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

/** True while the metric is beyond `above` or below `below`; false again only beyond `clearAt`. */
export const ThresholdCondition = z.strictObject({
  type: z.literal("threshold"),
  metric: Metric,
  above: z.number().optional(),
  below: z.number().optional(),
  /** Hysteresis: the value on the good side at which it ends; the limit itself when absent. */
  clearAt: z.number().optional(),
});
/** The metric's change a second, between fixes at least `overMs` apart. */
export const RateCondition = z.strictObject({
  type: z.literal("rate"),
  metric: Metric,
  abovePerSecond: z.number().optional(),
  belowPerSecond: z.number().optional(),
  overMs: duration(1_000).default(60_000),
});
/** Nothing was heard for so long; or for `missed` times the cadence that the asset usually has. */
export const SilenceCondition = z.strictObject({
  type: z.literal("silence"),
  afterMs: duration(1_000).optional(),
  missed: z.number().min(1.5).max(1_000).optional(),
});
/** An attribute's text, e.g. `squawk` among 7500, 7600 and 7700. */
export const AttributeCondition = z.strictObject({
  type: z.literal("attribute"),
  name: z.string().regex(namePattern),
  oneOf: z.array(z.string().max(256)).min(1).max(50).optional(),
  /** Text that it contains, letter case aside. */
  contains: z.string().min(1).max(100).optional(),
});
/** The asset is in the zone, confirmed. */
export const InZoneCondition = z.strictObject({ type: z.literal("in-zone"), zone: ZoneId });
/** More than `above` assets are in the zone, of those the rule applies to. Stands alone in a rule. */
export const CountCondition = z.strictObject({
  type: z.literal("count"),
  zone: ZoneId,
  above: z.int().min(0).max(1_000_000),
});

export type Condition =
  | z.infer<typeof ThresholdCondition>
  | z.infer<typeof RateCondition>
  | z.infer<typeof SilenceCondition>
  | z.infer<typeof AttributeCondition>
  | z.infer<typeof InZoneCondition>
  | z.infer<typeof CountCondition>
  | { type: "all"; of: Condition[] }
  | { type: "any"; of: Condition[] };

const group = <Type extends "all" | "any">(type: Type) =>
  z.strictObject({
    type: z.literal(type),
    get of(): z.ZodArray<z.ZodType<Condition>> {
      return z.array(Condition).min(1).max(ruleLimits.conditions);
    },
  });

/** What must hold. `core/watch` says further what cannot work (a limit that is missing, a depth). */
export const Condition: z.ZodType<Condition> = z.lazy(() =>
  z.discriminatedUnion("type", [
    ThresholdCondition,
    RateCondition,
    SilenceCondition,
    AttributeCondition,
    InZoneCondition,
    CountCondition,
    group("all"),
    group("any"),
  ]),
);

const ruleFields = {
  name: z.string().trim().min(1).max(ruleLimits.nameChars),
  applies: Selection.optional(),
  condition: Condition,
  /** The condition must hold so long before the rule fires. */
  forMs: duration(0).default(0),
  /** The rule goes on firing so long after the condition stopped. */
  keepFiringMs: duration(0).default(0),
  severity: z.enum(severities),
  /** While nobody acknowledges: worse after a while. */
  escalations: z
    .array(z.strictObject({ afterMs: duration(1_000), severity: z.enum(severities) }))
    .max(ruleLimits.steps)
    .optional(),
  isEnabled: z.boolean().default(true),
};

/** What a person writes. */
export const RuleInput = z.strictObject(ruleFields);
export type RuleInput = z.infer<typeof RuleInput>;

export const Rule = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  ...ruleFields,
  version: z.int().min(1),
  updatedAt: z.int(),
});
export type Rule = z.infer<typeof Rule>;
