// Zones and rules as they are now, in the form in which they are judged. Looked at once a second; a
// change makes new sets, and what is under way is judged by the old ones to its end.

import type { Rule } from "@drover/core/model/rule";
import type { Zone } from "@drover/core/model/zone";
import type { Rules } from "@drover/core/records/rules";
import type { Zones } from "@drover/core/records/zones";
import type { Clock } from "@drover/core/service/clock";
import { compileRules } from "@drover/core/watch/rules/rule-set";
import type { RuleSet, SilencePolicy } from "@drover/core/watch/rules/rule-set";
import { keptMs } from "@drover/core/watch/zones/asset-zones";
import { createZoneSet } from "@drover/core/watch/zones/zone-set";
import type { ZoneSet } from "@drover/core/watch/zones/zone-set";
import type { WatchCounters } from "./events.ts";

export interface Definitions {
  readonly revision: number;
  /** Those that hold now, by id. */
  readonly zones: ReadonlyMap<string, Zone>;
  readonly rules: ReadonlyMap<string, Rule>;
  /** With the versions of the last day, so that late data meets a zone as it was. */
  readonly zoneSet: ZoneSet;
  readonly ruleSet: RuleSet;
}

export interface DefinitionsReader {
  /** The newest that is known. */
  current(): Definitions;
  /** Looks whether something changed; gives whether it did. @throws what the records throw. */
  refresh(): Promise<boolean>;
}

export interface DefinitionsDeps {
  readonly zones: Pick<Zones, "revision" | "listSince" | "faults">;
  readonly rules: Pick<Rules, "list" | "faults">;
  readonly clock: Pick<Clock, "now">;
  readonly counters: Pick<WatchCounters, "definitionsRead">;
  readonly silence: SilencePolicy;
}

/** Reads them for the first time. @throws what the records throw. */
export async function openDefinitions(deps: DefinitionsDeps): Promise<DefinitionsReader> {
  const made = new Map<string, Zone>();
  let current = await read(deps, made);
  return {
    current: () => current,
    async refresh() {
      if ((await deps.zones.revision()) === current.revision) return false;
      current = await read(deps, made);
      return true;
    },
  };
}

/** `made` holds the very objects of the set before: what did not change is not made ready again. */
async function read(deps: DefinitionsDeps, made: Map<string, Zone>): Promise<Definitions> {
  const { zones, rules, clock, counters, silence } = deps;
  // Read before the lists, so that no change is missed.
  const revision = await zones.revision();
  const lately = (await zones.listSince(clock.now() - keptMs)).filter(({ isEnabled }) => isEnabled);
  const unreadable = [...zones.faults()];
  const rulesNow = await rules.list();
  unreadable.push(...rules.faults());
  const zonesNow = lately.filter(({ validUntil }) => validUntil === undefined);
  const versions = new Map<string, Zone>();
  for (const zone of lately) {
    const key = `${zone.id} ${zone.version}`;
    const before = made.get(key);
    const isSame = before !== undefined && before.validUntil === zone.validUntil;
    versions.set(key, isSame ? before : zone);
  }
  made.clear();
  for (const [key, zone] of versions) made.set(key, zone);
  const zoneSet = createZoneSet([...versions.values()]);
  const known = { zones: new Set(zonesNow.map(({ id }) => id)), silence };
  const { set: ruleSet, faults } = compileRules(rulesNow, known);
  counters.definitionsRead(revision, { zones: zonesNow.length, rules: rulesNow.length }, [
    ...unreadable,
    ...faults.map(({ path, message }) => `${path}: ${message}`),
    ...zoneSet.faults.map(({ zone, message }) => `zones.${zone}: ${message}`),
  ]);
  return {
    revision,
    zones: new Map(zonesNow.map((zone) => [zone.id, zone])),
    rules: new Map(rulesNow.map((rule) => [rule.id, rule])),
    zoneSet,
    ruleSet,
  };
}
