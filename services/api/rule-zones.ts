import type { Condition } from "@drover/core/model/rule";

/** Ids of the zones that a condition asks for. */
export function zonesAskedFor(condition: Condition): readonly string[] {
  if (condition.type === "all" || condition.type === "any") {
    return condition.of.flatMap(zonesAskedFor);
  }
  return "zone" in condition ? [condition.zone] : [];
}
