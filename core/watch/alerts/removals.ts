import type { Alert } from "../../model/alert.ts";
import type { Rule } from "../../model/rule.ts";
import type { Zone } from "../../model/zone.ts";
import type { RemoveChange } from "./change.ts";

/**
 * Ends what nothing watches any more: alerts whose zone or rule is gone or switched off, and those of
 * a zone that no longer asks for alerts of their kind.
 */
export function removalsOf(
  standing: readonly Pick<Alert, "cause" | "zone" | "rule">[],
  zones: ReadonlyMap<string, Zone>,
  rules: ReadonlyMap<string, Rule>,
): readonly RemoveChange[] {
  return standing
    .filter(({ cause, zone, rule }) => {
      if (rule !== undefined) return rules.get(rule)?.isEnabled !== true;
      if (zone === undefined) return false;
      const watched = zones.get(zone);
      const kinds = watched?.isEnabled === true ? (watched.alert?.on ?? []) : [];
      return !kinds.some((kind) => cause.startsWith(`zone:${zone}:${kind}:`));
    })
    .map(({ cause }) => ({ kind: "remove", cause }));
}
