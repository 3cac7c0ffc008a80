// One rule, one asset: what a report or the passing of time does to where the rule stands.

import { holdsOf, judgeLeaf, mayHold, silenceAfterMs } from "./leaf.ts";
import { passTime, turnTo } from "./machine.ts";
import type { Machine, Transition } from "./machine.ts";
import type { RuleReport } from "./report.ts";
import type { CompiledRule } from "./rule-set.ts";
import type { RuleState } from "./state.ts";

/** When the asset was heard last, and how often it usually is. */
export interface Heard {
  readonly at: number;
  readonly gaps?: readonly number[] | undefined;
}

/** What the leaves said, for explanations; a rule that is idle again has forgotten it. */
export type Shown = Pick<RuleState, "bits" | "seen">;

export interface Judged {
  readonly state: RuleState | undefined;
  readonly transitions: readonly Transition[];
  readonly shown: Shown;
}

const idle: Judged = { state: undefined, transitions: [], shown: { bits: 0 } };

/** What the passing of time up to `untilMs` brings about, with no report in between. */
export function passTimeOf(
  compiled: CompiledRule,
  before: RuleState | undefined,
  heard: Heard,
  untilMs: number,
): Judged {
  if (before === undefined && !compiled.hasSilence) return idle;
  const { rule } = compiled;
  const prior = currentOf(before, compiled);
  const transitions: Transition[] = [];
  let machine: Machine = prior;
  let bits = prior.bits;
  if (compiled.hasSilence) {
    for (const { leaf, at } of silencesOf(compiled, bits, heard, untilMs)) {
      machine = passTime(machine, rule, at, transitions);
      bits |= 1 << leaf;
      machine = turnTo(machine, holdsOf(compiled.tree, bits), at);
    }
  }
  machine = passTime(machine, rule, untilMs, transitions);
  const shown = { bits, seen: prior.seen };
  if (machine === prior && bits === prior.bits) return { state: before, transitions, shown };
  return { state: stateOf(prior, machine, bits), transitions, shown };
}

/** What a report does; time has passed up to it before. */
export function takeReport(
  compiled: CompiledRule,
  before: RuleState | undefined,
  report: RuleReport,
  inside: readonly string[],
): Judged {
  if (before === undefined && !mayAnyHold(compiled, report, inside)) return idle;
  const prior = currentOf(before, compiled);
  let bits = 0;
  let seen = prior.seen;
  let samples = prior.samples;
  for (let index = 0; index < compiled.leaves.length; index++) {
    const leaf = compiled.leaves[index];
    if (leaf === undefined) break;
    const mask = 1 << index;
    const leafBefore = {
      holds: (prior.bits & mask) !== 0,
      value: prior.seen?.[index],
      samples: prior.samples?.[index],
    };
    const verdict = judgeLeaf(leaf, leafBefore, report, inside);
    if (verdict.holds) bits |= mask;
    if (verdict.value !== undefined && verdict.value !== leafBefore.value) {
      seen = { ...seen, [index]: verdict.value };
    }
    if (verdict.samples !== leafBefore.samples && verdict.samples !== undefined) {
      samples = { ...samples, [index]: verdict.samples };
    }
  }
  const transitions: Transition[] = [];
  const turned = turnTo(prior, holdsOf(compiled.tree, bits), report.at);
  const machine = passTime(turned, compiled.rule, report.at, transitions);
  const state = stateOf({ ...prior, seen, samples }, machine, bits);
  return { state, transitions, shown: { bits, seen } };
}

function mayAnyHold(
  { leaves }: CompiledRule,
  report: RuleReport,
  inside: readonly string[],
): boolean {
  for (const leaf of leaves) if (mayHold(leaf, report, inside)) return true;
  return false;
}

/** When time alone would next make a silence leaf hold; undefined when never. */
export function nextSilenceMs(compiled: CompiledRule, bits: number, heard: Heard) {
  return silencesOf(compiled, bits, heard, Number.POSITIVE_INFINITY)[0]?.at;
}

/** Silences that begin by `untilMs`, in their order. */
function silencesOf(compiled: CompiledRule, bits: number, heard: Heard, untilMs: number) {
  const found: { readonly leaf: number; readonly at: number }[] = [];
  for (const [index, leaf] of compiled.leaves.entries()) {
    if (leaf.type !== "silence" || (bits & (1 << index)) !== 0) continue;
    const afterMs = silenceAfterMs(leaf, heard.gaps);
    if (afterMs === undefined || heard.at + afterMs > untilMs) continue;
    found.push({ leaf: index, at: heard.at + afterMs });
  }
  return found.length < 2 ? found : found.toSorted((a, b) => a.at - b.at);
}

/** A rule that was changed begins anew, but for that it fires: it goes on or ends by its new words. */
function currentOf(before: RuleState | undefined, { rule }: CompiledRule): RuleState {
  const { version } = rule;
  if (before === undefined) return { version, bits: 0 };
  if (before.version === version) return before;
  return { version, bits: 0, firedSince: before.firedSince, firedAt: before.firedAt };
}

/** Undefined when nothing is worth remembering. */
function stateOf(prior: RuleState, machine: Machine, bits: number): RuleState | undefined {
  const { since, firedSince, firedAt, endedAt } = machine;
  const { version, samples } = prior;
  const isIdle = bits === 0 && since === undefined && firedSince === undefined;
  if (isIdle && samples === undefined) return undefined;
  const seen = isIdle ? undefined : prior.seen;
  return { version, bits, since, firedSince, firedAt, endedAt, seen, samples };
}
