// Shared by the tests of rules: short ways to say rules and reports.

import { Rule } from "../../model/rule.ts";
import type { Condition } from "../../model/rule.ts";
import type { WatchEvent } from "../../model/event.ts";
import type { RuleReport } from "./report.ts";
import { compileRules, silenceDefaults } from "./rule-set.ts";
import type { RuleSet, SilencePolicy } from "./rule-set.ts";
import type { AssetRules } from "./state.ts";
import { stepRules, tickRules } from "./step.ts";

export const t0 = 1_800_000_000_000;

export function ruleOf(condition: Condition, more: Partial<Rule> = {}): Rule {
  return Rule.parse({
    id: "r1",
    name: "Rule",
    condition,
    severity: "warning",
    version: 1,
    updatedAt: t0,
    ...more,
  });
}

/** No silence is reported by itself unless a test asks for it. */
export const quiet: SilencePolicy = { ...silenceDefaults, roamingKinds: ["station", "aircraft"] };

export function setOf(rules: readonly Rule[], silence = quiet): RuleSet {
  const { set, faults } = compileRules(rules, { zones: new Set(["z1", "z2"]), silence });
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return set;
}

export function report(atS: number, more: Partial<RuleReport> = {}): RuleReport {
  return { asset: "station:a", kind: "station", at: t0 + atS * 1_000, ...more };
}

/** A report with one measurement, `temp`. */
export const temp = (atS: number, value: number, more: Partial<RuleReport> = {}): RuleReport =>
  report(atS, { measurements: { temp: value }, ...more });

export interface Run {
  state: AssetRules | undefined;
  readonly events: WatchEvent[];
  take(report: RuleReport, inside?: readonly string[], heardAt?: number): void;
  /** Lets the platform's clock come to so many seconds after `t0`. */
  tick(atS: number): void;
  /** Events as `kind at-in-seconds`, `retro` ones with a `~`. */
  told(): readonly string[];
}

export function runOf(set: RuleSet): Run {
  const events: WatchEvent[] = [];
  const run: Run = {
    state: undefined,
    events,
    take(given, inside = [], heardAt = given.at) {
      const step = stepRules(run.state, given, { set, inside, heardAt });
      run.state = step.state;
      events.push(...step.events);
    },
    tick(atS) {
      const context = { set, asset: "station:a", kind: "station" };
      const step = tickRules(run.state, context, t0 + atS * 1_000);
      run.state = step.state;
      events.push(...step.events);
    },
    told: () =>
      events.map(({ kind, at, retro }) => `${retro ? "~" : ""}${kind} ${(at - t0) / 1_000}`),
  };
  return run;
}

/** Whether the rule fires. */
export const isFiring = (state: AssetRules | undefined, id = "r1"): boolean =>
  state?.rules?.[id]?.firedSince !== undefined;
