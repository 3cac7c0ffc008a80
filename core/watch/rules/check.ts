// What a rule's schema cannot say: limits that are missing or contradict each other, depth, zones
// that do not exist. All faults are told at once, each with its path.

import { ruleLimits } from "../../model/rule.ts";
import type { Condition } from "../../model/rule.ts";

export interface RuleFault {
  /** As in `condition.of.0.clearAt`. */
  readonly path: string;
  readonly message: string;
}

/** What holds of a rule's leaves is one word of bits. */
export const leavesMax = 30;

/** Everything that is wrong with a condition; paths begin with `condition`. */
export function checkCondition(
  condition: Condition,
  zones: ReadonlySet<string>,
): readonly RuleFault[] {
  const faults: RuleFault[] = [];
  const leaves = checkPart(condition, { path: "condition", depth: 0, zones, faults });
  if (leaves > leavesMax) {
    faults.push({
      path: "condition",
      message: `has ${leaves} single conditions, at most ${leavesMax} are judged`,
    });
  }
  return faults;
}

interface Place {
  readonly path: string;
  /** Groups around this part. */
  readonly depth: number;
  readonly zones: ReadonlySet<string>;
  readonly faults: RuleFault[];
}

/** Gives how many single conditions there are. */
function checkPart(condition: Condition, place: Place): number {
  const { path, depth, faults } = place;
  if (condition.type !== "all" && condition.type !== "any") {
    checkLeaf(condition, place);
    return 1;
  }
  if (depth >= ruleLimits.depth) {
    faults.push({ path, message: `groups lie deeper than ${ruleLimits.depth} in each other` });
    return 1;
  }
  let leaves = 0;
  for (const [index, part] of condition.of.entries()) {
    leaves += checkPart(part, { ...place, path: `${path}.of.${index}`, depth: depth + 1 });
  }
  return leaves;
}

function checkLeaf(
  condition: Exclude<Condition, { readonly type: "all" } | { readonly type: "any" }>,
  { path, depth, zones, faults }: Place,
): void {
  const fault = (field: string, message: string) => {
    faults.push({ path: field === "" ? path : `${path}.${field}`, message });
  };
  switch (condition.type) {
    case "threshold":
      checkThreshold(condition, fault);
      break;
    case "rate":
      if (condition.abovePerSecond === undefined && condition.belowPerSecond === undefined) {
        fault("", "needs abovePerSecond or belowPerSecond");
      }
      if ((condition.abovePerSecond ?? Infinity) < (condition.belowPerSecond ?? -Infinity)) {
        fault("abovePerSecond", "must not be less than belowPerSecond: it would always hold");
      }
      break;
    case "silence":
      if (condition.afterMs === undefined && condition.missed === undefined) {
        fault("", "needs afterMs or missed");
      }
      break;
    case "attribute":
      if (condition.oneOf === undefined && condition.contains === undefined) {
        fault("", "needs oneOf or contains");
      }
      break;
    case "count":
      if (depth > 0) fault("", "count is judged over all assets and must stand alone");
      if (!zones.has(condition.zone)) fault("zone", `there is no zone ${condition.zone}`);
      break;
    case "in-zone":
      if (!zones.has(condition.zone)) fault("zone", `there is no zone ${condition.zone}`);
      break;
  }
}

function checkThreshold(
  { above, below, clearAt }: Extract<Condition, { readonly type: "threshold" }>,
  fault: (field: string, message: string) => void,
): void {
  if (above === undefined && below === undefined) fault("", "needs above or below");
  else if (above !== undefined && below !== undefined) {
    fault("", "takes one of above and below; join two conditions with any or all");
  } else if (clearAt !== undefined) {
    if (above !== undefined && clearAt > above) {
      fault("clearAt", `must not be greater than above (${above})`);
    }
    if (below !== undefined && clearAt < below) {
      fault("clearAt", `must not be less than below (${below})`);
    }
  }
}
