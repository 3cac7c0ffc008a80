// What happened, as events with their reasons.

import type { Explanation, WatchEvent } from "../../model/event.ts";
import type { Rule } from "../../model/rule.ts";
import { eventId } from "../event-id.ts";
import type { Shown } from "./judge.ts";
import type { Transition } from "./machine.ts";
import type { CompiledRule, LeafCondition } from "./rule-set.ts";

/** Whom and where an event is about. */
export interface Subject {
  readonly asset: string;
  readonly position?: WatchEvent["position"];
  readonly retro: boolean;
}

/** The event of a rule that began or ended to fire. */
export function ruleEventOf(
  compiled: CompiledRule,
  transition: Transition,
  shown: Shown,
  subject: Subject,
): WatchEvent {
  const { rule } = compiled;
  const kind = transition.kind === "fired" ? "rule-fired" : "rule-cleared";
  return {
    id: eventId(subject.asset, rule.id, kind, transition.since),
    kind,
    at: transition.at,
    asset: subject.asset,
    rule: rule.id,
    ruleVersion: rule.version,
    retro: subject.retro,
    ...(subject.position !== undefined && { position: subject.position }),
    explanation: explain(compiled, transition, shown),
  };
}

/** An asset that is not heard any more, or again; `lastAt` is the last report before the silence. */
export function silenceEventOf(
  kind: "silent" | "back",
  times: { readonly at: number; readonly lastAt: number; readonly cadenceMs: number | undefined },
  subject: Subject,
): WatchEvent {
  const { at, lastAt, cadenceMs } = times;
  const usual = cadenceMs === undefined ? "" : `; it usually reports every ${span(cadenceMs)}`;
  const text =
    kind === "silent"
      ? `not heard for ${span(at - lastAt)}${usual}`
      : `heard again after ${span(at - lastAt)}`;
  return {
    id: eventId(subject.asset, kind, lastAt),
    kind,
    at,
    asset: subject.asset,
    retro: subject.retro,
    ...(subject.position !== undefined && { position: subject.position }),
    explanation: {
      text,
      values: { silentMs: at - lastAt, ...(cadenceMs !== undefined && { cadenceMs }) },
    },
  };
}

/** The event of a rule over a set. */
export function countEventOf(
  counted: {
    readonly rule: Rule;
    readonly zone: string;
    readonly above: number;
    readonly count: number;
  },
  transition: Transition,
): WatchEvent {
  const { rule, zone, above, count } = counted;
  const kind = transition.kind === "fired" ? "rule-fired" : "rule-cleared";
  const compared = count > above ? "more than" : "not more than";
  return {
    id: eventId("", rule.id, kind, transition.since),
    kind,
    at: transition.at,
    zone,
    rule: rule.id,
    ruleVersion: rule.version,
    retro: false,
    explanation: {
      text: `${rule.name}: ${count} in the zone, ${compared} ${above}${lasted(rule, transition)}`,
      values: { count, above },
    },
  };
}

function explain(
  { rule, leaves }: CompiledRule,
  transition: Transition,
  { bits, seen }: Shown,
): Explanation {
  const values: Record<string, number> = {};
  const parts: string[] = [];
  const isFired = transition.kind === "fired";
  for (const [index, leaf] of leaves.entries()) {
    const holds = (bits & (1 << index)) !== 0;
    const value = finite(seen?.[index]);
    Object.assign(values, valuesOf(leaf, value));
    if (holds || (!isFired && value !== undefined)) parts.push(describeLeaf(leaf, value, holds));
  }
  const reasons = parts.length === 0 ? (isFired ? "held" : "ended") : parts.join("; ");
  const text = `${rule.name}: ${reasons}${lasted(rule, transition)}`.slice(0, 1_000);
  return Object.keys(values).length === 0 ? { text } : { text, values };
}

function lasted(rule: Rule, { kind }: Transition): string {
  if (kind === "fired") return rule.forMs > 0 ? `, for ${span(rule.forMs)}` : "";
  return rule.keepFiringMs > 0 ? `, since ${span(rule.keepFiringMs)}` : "";
}

function describeLeaf(leaf: LeafCondition, value: number | undefined, holds: boolean): string {
  switch (leaf.type) {
    case "threshold": {
      const { above, below, clearAt } = leaf;
      const limit = above === undefined ? `below ${below}` : `above ${above}`;
      const shown = value === undefined ? leaf.metric : `${leaf.metric} is ${round(value)}`;
      if (!holds) return `${shown}, no longer ${limit}`;
      return clearAt === undefined ? `${shown}, ${limit}` : `${shown}, ${limit} until ${clearAt}`;
    }
    case "rate": {
      const change = value === undefined ? "changes" : `changes by ${round(value)}/s`;
      const limits = [
        leaf.abovePerSecond === undefined ? "" : `above ${leaf.abovePerSecond}/s`,
        leaf.belowPerSecond === undefined ? "" : `below ${leaf.belowPerSecond}/s`,
      ];
      const limit = limits.filter((text) => text !== "").join(" or ");
      return `${leaf.metric} ${change}, ${holds ? "" : "no longer "}${limit}`;
    }
    case "silence":
      return "not heard";
    case "attribute": {
      const listed = leaf.oneOf === undefined ? "" : ` is one of ${leaf.oneOf.join(", ")}`;
      return `${leaf.name}${listed}${leaf.contains === undefined ? "" : ` contains ${leaf.contains}`}`;
    }
    case "in-zone":
      return `in zone ${leaf.zone}`;
  }
}

function valuesOf(leaf: LeafCondition, value: number | undefined): Record<string, number> {
  if (leaf.type !== "threshold" && leaf.type !== "rate") return {};
  const values: Record<string, number> = {};
  const name = leaf.type === "rate" ? `${leaf.metric}.perSecond` : leaf.metric;
  if (value !== undefined) values[name] = value;
  const above = leaf.type === "rate" ? leaf.abovePerSecond : leaf.above;
  const below = leaf.type === "rate" ? leaf.belowPerSecond : leaf.below;
  if (above !== undefined) values[`${name}.above`] = above;
  if (below !== undefined) values[`${name}.below`] = below;
  if (leaf.type === "threshold" && leaf.clearAt !== undefined) {
    values[`${name}.clearAt`] = leaf.clearAt;
  }
  return values;
}

/** Undefined for what is no number to tell, in a state read back too: JSON makes null of Infinity. */
const finite = (value: number | undefined) => (Number.isFinite(value) ? value : undefined);

const round = (value: number): number => Number(value.toPrecision(6));

/** A duration for people: `45 s`, `12 min`, `3.5 h`. */
function span(ms: number): string {
  if (ms < 120_000) return `${round(Math.round(ms / 100) / 10)} s`;
  if (ms < 7_200_000) return `${round(Math.round(ms / 6_000) / 10)} min`;
  return `${round(Math.round(ms / 360_000) / 10)} h`;
}
