import type { WatchEvent } from "@drover/core/model/event";
import { kindOf } from "@drover/core/model/ids";
import type { StampedReport } from "@drover/core/model/report";
import type { Rule } from "@drover/core/model/rule";
import type { Zone } from "@drover/core/model/zone";
import { type CountState, judgeCount } from "@drover/core/watch/rules/count";
import { compileRules, type CountRule, type RuleSet } from "@drover/core/watch/rules/rule-set";
import type { AssetRules } from "@drover/core/watch/rules/state";
import { stepRules, tickRules } from "@drover/core/watch/rules/step";
import { type AssetZones, insideOf, staleAt } from "@drover/core/watch/zones/asset-zones";
import { createZoneSet } from "@drover/core/watch/zones/zone-set";
import { zonesAskedFor } from "../rule-zones.ts";
import type { Emit, Judge } from "./judge.ts";
import { createWalk, type Walk } from "./zone-judge.ts";

export interface RuleTrial {
  readonly rule: Rule;
  /** Those that the rule may ask for, in the form in which they are meant. */
  readonly zones: readonly Zone[];
  /** End of the range, epoch ms. */
  readonly to: number;
}

/** How often a rule would have fired. */
export function createRuleJudge({ rule, zones, to }: RuleTrial, emit: Emit): Judge {
  const known = new Set(zones.map(({ id }) => id));
  const { set } = compileRules([{ ...rule, isEnabled: true }], { zones: known });
  const asked = new Set(zonesAskedFor(rule.condition));
  // What zones alone give is not asked for here.
  const walk = createWalk(createZoneSet(zones.filter(({ id }) => asked.has(id))), () => {});
  const [count] = set.counts;
  return count === undefined
    ? judgeAssets(set, walk, { to, emit })
    : judgeSet(count, walk, { to, emit });
}

interface Ending {
  readonly to: number;
  readonly emit: Emit;
}

function judgeAssets(set: RuleSet, walk: Walk, { to, emit }: Ending): Judge {
  let asset = "";
  let state: AssetRules | undefined;
  // The policy of silence, which is no rule's, speaks too.
  const keep = (events: readonly WatchEvent[]) => {
    for (const event of events) if (event.rule !== undefined) emit(event);
  };
  const end = () => {
    if (asset === "") return;
    keep(tickRules(state, { set, asset, kind: kindOf(asset) }, to).events);
  };
  return {
    take(report) {
      if (report.asset !== asset) {
        end();
        asset = report.asset;
        state = undefined;
      }
      const inside = insideOf(walk.step(report));
      const step = stepRules(state, report, { set, inside });
      state = step.state;
      keep(step.events);
    },
    finish(isLastWhole) {
      if (isLastWhole) end();
    },
  };
}

interface Turn {
  readonly at: number;
  readonly by: 1 | -1;
}

/** Counts over all assets, so that what each did is put in order first. */
function judgeSet(rule: CountRule, walk: Walk, { to, emit }: Ending): Judge {
  const turns: Turn[] = [];
  let asset = "";
  let zones: AssetZones | undefined;
  let isIn = false;
  const turn = (isInside: boolean, at: number) => {
    if (isInside === isIn) return;
    isIn = isInside;
    turns.push({ at, by: isInside ? 1 : -1 });
  };
  /** Who is not heard of any more counts no longer. */
  const pass = (at: number) => {
    const until = staleAt(zones);
    if (until !== undefined && until <= at) turn(false, until);
  };
  return {
    take(report: StampedReport) {
      if (report.asset !== asset) {
        pass(to);
        asset = report.asset;
        zones = undefined;
        isIn = false;
      }
      if (!rule.applies.means(report.asset, report.kind)) return;
      pass(report.at);
      zones = walk.step(report);
      turn(insideOf(zones).includes(rule.zone), report.at);
    },
    finish() {
      pass(to);
      judgeTurns(rule, turns, { to, emit });
    },
  };
}

function judgeTurns(rule: CountRule, turns: readonly Turn[], { to, emit }: Ending): void {
  let count = 0;
  let state: CountState | undefined;
  const sorted = turns.toSorted((a, b) => a.at - b.at);
  for (const [index, { at, by }] of sorted.entries()) {
    count += by;
    const next = sorted[index + 1];
    // What happens at one moment is judged once, as it stands after it.
    if (next?.at === at) continue;
    const step = judgeCount(state, rule, { count, at, nowMs: next?.at ?? to });
    state = step.state;
    for (const event of step.events) emit(event);
  }
}
