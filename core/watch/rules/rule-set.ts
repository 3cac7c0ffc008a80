// Rules, checked and brought into the form in which they are judged: a condition's leaves are numbered,
// so that what holds of them is one word of bits, and groups are trees over these numbers.

import type { Condition, Rule, RuleInput } from "../../model/rule.ts";
import { selectorOf } from "../selection.ts";
import type { Selector } from "../selection.ts";
import { checkCondition } from "./check.ts";
import type { RuleFault } from "./check.ts";

/** A condition that is judged by itself. */
export type LeafCondition = Exclude<
  Condition,
  { readonly type: "all" } | { readonly type: "any" } | { readonly type: "count" }
>;
export type CountLeaf = Extract<Condition, { readonly type: "count" }>;

/** A leaf by its number, or a group. */
export type Tree =
  | { readonly type: "leaf"; readonly leaf: number }
  | { readonly type: "all" | "any"; readonly of: readonly Tree[] };

export interface CompiledRule {
  readonly rule: Rule;
  readonly leaves: readonly LeafCondition[];
  readonly tree: Tree;
  readonly applies: Selector;
  readonly hasSilence: boolean;
  readonly hasZone: boolean;
}

/** A rule over a set of assets; judged once, over all partitions. */
export interface CountRule {
  readonly rule: Rule;
  readonly zone: string;
  readonly above: number;
  readonly applies: Selector;
}

/** Which assets are reported when they fall silent, with no rule that says so. */
export interface SilencePolicy {
  /** Kinds whose assets come and go by nature: their end is no news. */
  readonly roamingKinds: readonly string[];
  /** Reports missed in a row, by the cadence that the asset usually has. */
  readonly missed: number;
  /** Never sooner than this. */
  readonly minMs: number;
}

export const silenceDefaults: SilencePolicy = {
  roamingKinds: ["aircraft", "vessel", "satellite"],
  missed: 5,
  minMs: 120_000,
};

/** Immutable. */
export interface RuleSet {
  /** Rules for single assets. */
  readonly rules: readonly CompiledRule[];
  readonly counts: readonly CountRule[];
  readonly silence: SilencePolicy;
  /** Those that an asset of this kind may fall under; which assets, `applies` says. */
  rulesFor(kind: string): readonly CompiledRule[];
}

export interface Known {
  /** Ids of the zones that exist. */
  readonly zones: ReadonlySet<string>;
  readonly silence?: SilencePolicy;
}

export interface CompiledRules {
  /** The rules that can be judged; those that are off or have faults are left out. */
  readonly set: RuleSet;
  /** All faults at once; paths begin with `rules.<id>`. */
  readonly faults: readonly RuleFault[];
}

/** Everything that is wrong with a rule, paths as in the input; empty when it can be judged. */
export function checkRule(input: RuleInput, known: Known): readonly RuleFault[] {
  return checkCondition(input.condition, known.zones);
}

export function compileRules(rules: readonly Rule[], known: Known): CompiledRules {
  const faults: RuleFault[] = [];
  const compiled: CompiledRule[] = [];
  const counts: CountRule[] = [];
  for (const rule of rules) {
    if (!rule.isEnabled) continue;
    const found = checkRule(rule, known);
    for (const { path, message } of found)
      faults.push({ path: `rules.${rule.id}.${path}`, message });
    if (found.length > 0) continue;
    const { condition } = rule;
    const applies = selectorOf(rule.applies);
    if (condition.type === "count") {
      counts.push({ rule, zone: condition.zone, above: condition.above, applies });
    } else compiled.push({ rule, applies, ...plant(condition) });
  }
  return { set: createRuleSet(compiled, counts, known.silence ?? silenceDefaults), faults };
}

function createRuleSet(
  rules: readonly CompiledRule[],
  counts: readonly CountRule[],
  silence: SilencePolicy,
): RuleSet {
  const byKind = new Map<string, readonly CompiledRule[]>();
  return {
    rules,
    counts,
    silence,
    rulesFor(kind) {
      let found = byKind.get(kind);
      if (found === undefined) {
        found = rules.filter(({ applies }) => applies.mayMeanKind(kind));
        byKind.set(kind, found);
      }
      return found;
    },
  };
}

function plant(
  condition: Condition,
): Pick<CompiledRule, "leaves" | "tree" | "hasSilence" | "hasZone"> {
  const leaves: LeafCondition[] = [];
  const treeOf = (from: Condition): Tree => {
    if (from.type === "all" || from.type === "any") {
      return { type: from.type, of: from.of.map(treeOf) };
    }
    // A count stands alone, as checked.
    if (from.type !== "count") leaves.push(from);
    return { type: "leaf", leaf: leaves.length - 1 };
  };
  const tree = treeOf(condition);
  const has = (wanted: LeafCondition["type"]) => leaves.some(({ type }) => type === wanted);
  return { leaves, tree, hasSilence: has("silence"), hasZone: has("in-zone") };
}
