// Rules and silence of one asset, report by report. Pure: the only clocks are those of the reports and
// the one that `tickRules` is given.
//
// A report older than the newest changes nothing of what holds now. When it lies in the last gap that
// this asset left (its link was down, say), it is judged from where the rules stood when the gap began,
// in the order of the backlog, and what that finds is marked `retro`.

import type { WatchEvent } from "../../model/event.ts";
import { cadenceOf, learnGap, missedAfterMs } from "./cadence.ts";
import { ruleEventOf, silenceEventOf } from "./explain.ts";
import type { Subject } from "./explain.ts";
import { nextSilenceMs, passTimeOf, takeReport } from "./judge.ts";
import type { Heard, Judged } from "./judge.ts";
import { nextTurnMs } from "./machine.ts";
import type { RuleContext, RuleReport, RuleStep } from "./report.ts";
import type { CompiledRule, RuleSet, SilencePolicy } from "./rule-set.ts";
import type { AssetRules, PastGap, RuleState, RuleStates } from "./state.ts";

/** Shorter pauses leave no gap that is worth judging late data in. */
const GAP_MIN_MS = 60_000;
const GAP_CADENCES = 3;
/** A gap is remembered for so long. */
const GAP_KEPT_MS = 24 * 3_600_000;

const noEvents: readonly WatchEvent[] = [];

/** Judges a report; `state` is what the step before it gave. */
export function stepRules(
  state: AssetRules | undefined,
  report: RuleReport,
  context: RuleContext,
): RuleStep {
  const { set, inside } = context;
  const { asset, kind, at } = report;
  const rules = rulesOf(set, asset, kind);
  const isWatched = rules.length > 0 || isSteady(set.silence, kind);
  if (!isWatched) return { state: undefined, events: noEvents };
  if (state !== undefined && at < state.at) return stepLate(state, report, rules);

  const position = report.suspect === true ? undefined : report.position;
  const place = position === undefined ? state?.place : ([position.lon, position.lat] as const);
  const retro = context.isLate === true;
  const subject: Subject = { asset, position: position ?? positionOf(state), retro };
  const events: WatchEvent[] = [];
  let states = state?.rules;
  if (state !== undefined) {
    listSilence(state, set.silence, report, { subject, events });
    states = passRules(rules, state, at, { subject, events });
  }
  states = takeRules(rules, states, { report, inside }, { subject, events });
  const asksForCadence = isSteady(set.silence, kind) || rules.some(({ hasSilence }) => hasSilence);
  const gaps = state && asksForCadence ? learnGap(state.gaps, at - state.at) : undefined;
  return {
    state: {
      at,
      lagMs: (context.heardAt ?? at) - at,
      gaps,
      place,
      rules: states,
      gap: state === undefined || rules.length === 0 ? undefined : gapOf(state, at),
    },
    events: inOrder(events),
  };
}

/** What time alone brings about by `nowMs`, the platform's clock. Gives the state itself when nothing. */
export function tickRules(
  state: AssetRules | undefined,
  context: { readonly set: RuleSet; readonly asset: string; readonly kind: string },
  nowMs: number,
): RuleStep {
  if (state === undefined) return { state, events: noEvents };
  const { set, asset, kind } = context;
  const untilMs = nowMs - state.lagMs;
  if (untilMs <= state.at) return { state, events: noEvents };
  const subject: Subject = { asset, position: positionOf(state), retro: false };
  const events: WatchEvent[] = [];
  const rules = passRules(rulesOf(set, asset, kind), state, untilMs, { subject, events });
  let { silentAt } = state;
  if (silentAt === undefined) {
    const dueAt = silentDueOf(state, set.silence, kind);
    if (dueAt !== undefined && dueAt <= untilMs) {
      silentAt = dueAt;
      const cadenceMs = cadenceOf(state.gaps);
      events.push(silenceEventOf("silent", { at: dueAt, lastAt: state.at, cadenceMs }, subject));
    }
  }
  if (rules === state.rules && silentAt === state.silentAt) return { state, events: noEvents };
  return { state: { ...state, rules, silentAt }, events: inOrder(events) };
}

/** When `tickRules` would next find something, by the platform's clock; Infinity when never. */
export function nextTickMs(
  state: AssetRules | undefined,
  context: { readonly set: RuleSet; readonly asset: string; readonly kind: string },
): number {
  if (state === undefined) return Number.POSITIVE_INFINITY;
  const { set, asset, kind } = context;
  let next = Number.POSITIVE_INFINITY;
  if (state.silentAt === undefined) next = silentDueOf(state, set.silence, kind) ?? next;
  for (const compiled of rulesOf(set, asset, kind)) {
    const { rule, hasSilence } = compiled;
    const before = state.rules?.[rule.id];
    if (before !== undefined && before.version === rule.version) {
      next = Math.min(next, nextTurnMs(before, rule) ?? next);
    }
    if (hasSilence)
      next = Math.min(next, nextSilenceMs(compiled, before?.bits ?? 0, state) ?? next);
  }
  return next + state.lagMs;
}

const noRules: readonly CompiledRule[] = [];

function rulesOf(set: RuleSet, asset: string, kind: string): readonly CompiledRule[] {
  const ofKind = set.rulesFor(kind);
  if (ofKind.length === 0) return noRules;
  if (ofKind.every(({ applies }) => applies.means(asset, kind))) return ofKind;
  return ofKind.filter(({ applies }) => applies.means(asset, kind));
}

const isSteady = ({ roamingKinds }: SilencePolicy, kind: string): boolean =>
  !roamingKinds.includes(kind);

function positionOf(state: AssetRules | undefined): WatchEvent["position"] {
  const place = state?.place;
  return place === undefined ? undefined : { lon: place[0], lat: place[1] };
}

/** When the asset falls silent by the policy, if it is not heard before; asset's clock. */
function silentDueOf({ at, gaps }: AssetRules, policy: SilencePolicy, kind: string) {
  if (!isSteady(policy, kind)) return undefined;
  const afterMs = missedAfterMs(gaps, policy.missed);
  return afterMs === undefined ? undefined : at + Math.max(afterMs, policy.minMs);
}

/** A silence that this report ends, whether somebody looked meanwhile or not. */
function listSilence(
  state: AssetRules,
  policy: SilencePolicy,
  { kind, at }: RuleReport,
  { subject, events }: Listing,
): void {
  const cadenceMs = cadenceOf(state.gaps);
  const lastAt = state.at;
  if (state.silentAt === undefined) {
    const dueAt = silentDueOf(state, policy, kind);
    if (dueAt === undefined || dueAt > at) return;
    const before: Subject = { ...subject, position: positionOf(state) };
    events.push(silenceEventOf("silent", { at: dueAt, lastAt, cadenceMs }, before));
  }
  // A report that was held up may be older than the silence that was told meanwhile.
  const backAt = Math.max(at, state.silentAt ?? at);
  events.push(silenceEventOf("back", { at: backAt, lastAt, cadenceMs }, subject));
}

/** Where events go, and whom they are about. */
interface Listing {
  readonly subject: Subject;
  readonly events: WatchEvent[];
}

/** Lets time pass for each rule; gives the very same states when nothing happens. */
function passRules(
  rules: readonly CompiledRule[],
  from: Heard & { readonly rules?: RuleStates | undefined },
  untilMs: number,
  listing: Listing,
): RuleStates | undefined {
  return eachRule(rules, from.rules, (compiled, before) => {
    const judged = passTimeOf(compiled, before, from, untilMs);
    list(compiled, judged, listing);
    return judged.state;
  });
}

function takeRules(
  rules: readonly CompiledRule[],
  states: RuleStates | undefined,
  { report, inside }: { readonly report: RuleReport; readonly inside: readonly string[] },
  listing: Listing,
): RuleStates | undefined {
  return eachRule(rules, states, (compiled, before) => {
    const judged = takeReport(compiled, before, report, inside);
    list(compiled, judged, listing);
    return judged.state;
  });
}

/** States of rules that are not among these are forgotten. */
function eachRule(
  rules: readonly CompiledRule[],
  states: RuleStates | undefined,
  judge: (compiled: CompiledRule, before: RuleState | undefined) => RuleState | undefined,
): RuleStates | undefined {
  const next: Record<string, RuleState> = {};
  let kept = 0;
  let isSame = true;
  for (const compiled of rules) {
    const { id } = compiled.rule;
    const before = states?.[id];
    const after = judge(compiled, before);
    if (after !== before) isSame = false;
    if (after === undefined) continue;
    next[id] = after;
    kept += 1;
  }
  if (isSame && (states === undefined || Object.keys(states).length === kept)) return states;
  return kept === 0 ? undefined : next;
}

function list(
  compiled: CompiledRule,
  { shown, transitions }: Judged,
  { subject, events }: Listing,
): void {
  for (const transition of transitions) {
    events.push(ruleEventOf(compiled, transition, shown, subject));
  }
}

function gapOf(state: AssetRules, at: number): PastGap | undefined {
  const cadenceMs = cadenceOf(state.gaps) ?? 0;
  if (at - state.at > Math.max(GAP_MIN_MS, GAP_CADENCES * cadenceMs)) {
    return { at: state.at, until: at, rules: state.rules };
  }
  const { gap } = state;
  return gap !== undefined && at - gap.until > GAP_KEPT_MS ? undefined : gap;
}

/** A report from the past: judged where it fills the last gap in its order, else left aside. */
function stepLate(
  state: AssetRules,
  report: RuleReport,
  applying: readonly CompiledRule[],
): RuleStep {
  const { gap } = state;
  const { asset, at } = report;
  if (gap === undefined || at < gap.at || at >= gap.until) return { state, events: noEvents };
  // Which zones it was in then is not known here: rules that ask for it are left out.
  const rules = applying.filter(({ hasZone }) => !hasZone);
  const inside: readonly string[] = [];
  const position = report.suspect === true ? undefined : report.position;
  const subject: Subject = { asset, position, retro: true };
  const events: WatchEvent[] = [];
  const from = { at: gap.at, gaps: state.gaps, rules: gap.rules };
  const passed = passRules(rules, from, at, { subject, events });
  const taken = takeRules(rules, passed, { report, inside }, { subject, events });
  return {
    state: { ...state, gap: { at, until: gap.until, rules: taken } },
    events: inOrder(events),
  };
}

function inOrder(events: readonly WatchEvent[]): readonly WatchEvent[] {
  return events.length < 2 ? events : events.toSorted((a, b) => a.at - b.at);
}
