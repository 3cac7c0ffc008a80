// The single conditions of a rule, each judged by a report. A leaf that the report says nothing about
// stays as it was: a station may send its temperature with every tenth report.

import { missedAfterMs } from "./cadence.ts";
import type { RuleReport } from "./report.ts";
import type { LeafCondition, Tree } from "./rule-set.ts";

type Threshold = Extract<LeafCondition, { readonly type: "threshold" }>;
type Rate = Extract<LeafCondition, { readonly type: "rate" }>;
type Silence = Extract<LeafCondition, { readonly type: "silence" }>;
type Attribute = Extract<LeafCondition, { readonly type: "attribute" }>;

/** What a leaf says now. */
export interface LeafVerdict {
  readonly holds: boolean;
  /** The number that decided, where one did. */
  readonly value?: number | undefined;
  /** What a rate leaf remembers from now on. */
  readonly samples?: readonly number[] | undefined;
}

/** What the leaf said before. */
export interface LeafBefore {
  readonly holds: boolean;
  readonly value: number | undefined;
  readonly samples: readonly number[] | undefined;
}

export function judgeLeaf(
  leaf: LeafCondition,
  before: LeafBefore,
  report: RuleReport,
  inside: readonly string[],
): LeafVerdict {
  switch (leaf.type) {
    case "threshold":
      return judgeThreshold(leaf, before, metricOf(report, leaf.metric));
    case "rate":
      return judgeRate(leaf, before, metricOf(report, leaf.metric), report.at);
    case "silence":
      return { holds: false };
    case "attribute":
      return judgeAttribute(leaf, before, report.attributes?.[leaf.name]);
    case "in-zone":
      return { holds: inside.includes(leaf.zone) };
  }
}

/**
 * Whether a leaf of which nothing is remembered might have something to say to this report. Most rules
 * have nothing to say to most reports; this tells so without making any object.
 */
export function mayHold(
  leaf: LeafCondition,
  report: RuleReport,
  inside: readonly string[],
): boolean {
  switch (leaf.type) {
    case "threshold": {
      const value = metricOf(report, leaf.metric);
      if (value === undefined) return false;
      return leaf.above === undefined ? value < (leaf.below ?? value) : value > leaf.above;
    }
    case "rate":
      return metricOf(report, leaf.metric) !== undefined;
    case "silence":
      return false;
    case "attribute":
      return report.attributes?.[leaf.name] !== undefined;
    case "in-zone":
      return inside.includes(leaf.zone);
  }
}

function judgeThreshold(leaf: Threshold, before: LeafBefore, value?: number): LeafVerdict {
  if (value === undefined) return before;
  const { above, below, clearAt } = leaf;
  if (above !== undefined) {
    return { holds: value > (before.holds ? (clearAt ?? above) : above), value };
  }
  return { holds: value < (before.holds ? (clearAt ?? below ?? value) : (below ?? value)), value };
}

/** Samples kept are at least this part of `overMs` apart, so there are only a few. */
const SAMPLES_PER_SPAN = 4;

/** The change a second against the newest sample that is at least `overMs` old. */
function judgeRate(leaf: Rate, before: LeafBefore, value: number | undefined, at: number) {
  if (value === undefined) return before;
  let samples = before.samples ?? [];
  let base = -1;
  for (let index = 0; index < samples.length; index += 2) {
    if ((samples[index] ?? 0) <= at - leaf.overMs) base = index;
  }
  // What is older than the base will never be one again.
  if (base > 0) samples = samples.slice(base);
  const last = samples.at(-2);
  if (last === undefined || at - last >= leaf.overMs / SAMPLES_PER_SPAN) {
    samples = [...samples, at, value];
  }
  const [baseAt, baseValue] = samples;
  if (base < 0 || baseAt === undefined || baseValue === undefined) {
    return { holds: before.holds, value: before.value, samples };
  }
  const change = differenceOf(leaf.metric, value, baseValue) / ((at - baseAt) / 1_000);
  // Two numbers at the ends of the range of numbers differ by no number.
  if (!Number.isFinite(change)) return { holds: before.holds, value: before.value, samples };
  const isAbove = leaf.abovePerSecond !== undefined && change > leaf.abovePerSecond;
  const isBelow = leaf.belowPerSecond !== undefined && change < leaf.belowPerSecond;
  return { holds: isAbove || isBelow, value: change, samples };
}

/** From `before` to `now`; a heading turns the shorter way round. */
function differenceOf(metric: string, now: number, before: number): number {
  const difference = now - before;
  if (metric !== "motion.headingDeg") return difference;
  return ((((difference + 180) % 360) + 360) % 360) - 180;
}

function judgeAttribute(leaf: Attribute, before: LeafBefore, text?: string): LeafVerdict {
  if (text === undefined) return before;
  const isListed = leaf.oneOf?.includes(text) ?? true;
  const isFound =
    leaf.contains === undefined || text.toLowerCase().includes(leaf.contains.toLowerCase());
  return { holds: isListed && isFound };
}

/** How long the asset must not be heard for the leaf to hold; with both limits, the longer one. */
export function silenceAfterMs(
  leaf: Silence,
  gaps: readonly number[] | undefined,
): number | undefined {
  if (leaf.missed === undefined) return leaf.afterMs;
  const missedMs = missedAfterMs(gaps, leaf.missed);
  return missedMs === undefined ? undefined : Math.max(missedMs, leaf.afterMs ?? 0);
}

/** Whether a whole condition holds, given which of its leaves do. */
export function holdsOf(tree: Tree, bits: number): boolean {
  switch (tree.type) {
    case "leaf":
      return (bits & (1 << tree.leaf)) !== 0;
    case "all":
      return tree.of.every((part) => holdsOf(part, bits));
    case "any":
      return tree.of.some((part) => holdsOf(part, bits));
  }
}

/** A measurement or a number of place and motion; of a suspect report only measurements. */
export function metricOf(report: RuleReport, metric: string): number | undefined {
  const isBelieved = report.suspect !== true;
  switch (metric) {
    case "position.altitudeM":
      return isBelieved ? report.position?.altitudeM : undefined;
    case "position.accuracyM":
      return isBelieved ? report.position?.accuracyM : undefined;
    case "motion.speedMps":
      return isBelieved ? report.motion?.speedMps : undefined;
    case "motion.headingDeg":
      return isBelieved ? report.motion?.headingDeg : undefined;
    case "motion.climbMps":
      return isBelieved ? report.motion?.climbMps : undefined;
    default:
      return report.measurements?.[metric];
  }
}
