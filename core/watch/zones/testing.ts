// What the tests of zones share: zones, fixes, and a listener that keeps what stands in the end.

import type { WatchEvent } from "../../model/event.ts";
import type { Zone, ZoneInput } from "../../model/zone.ts";
import type { AssetZones } from "./asset-zones.ts";
import type { Fix } from "./fix.ts";
import { stepZones } from "./step.ts";
import type { ZoneSet } from "./zone-set.ts";

export const startAt = Date.UTC(2026, 5, 1);
const degreeM = 111_195.08;

/** A zone; a circle of 1 km around 0, 0 unless told. */
export function zoneOf(fields: Partial<Zone> & Partial<ZoneInput> = {}): Zone {
  return {
    id: "yard",
    name: "Yard",
    shape: { type: "circle", center: [0, 0], radiusM: 1_000 },
    isEnabled: true,
    version: 1,
    validFrom: 0,
    ...fields,
  };
}

/** A fix `eastM` east and `northM` north of 0, 0, `seconds` after the start. */
export function fixAt(
  seconds: number,
  [eastM, northM]: readonly [number, number],
  fields: Partial<Fix> = {},
): Fix {
  return {
    asset: "vehicle:one",
    kind: "vehicle",
    at: startAt + seconds * 1_000,
    lat: northM / degreeM,
    lon: eastM / degreeM,
    ...fields,
  };
}

export interface Told {
  readonly state: AssetZones | undefined;
  /** What stands in the end: corrected, without what was taken back. */
  readonly events: readonly WatchEvent[];
  /** All that was ever told. */
  readonly all: readonly WatchEvent[];
}

/** Delivers fixes in the order given. */
export function tell(fixes: readonly Fix[], set: ZoneSet, from?: AssetZones): Told {
  let state = from;
  const standing = new Map<string, WatchEvent>();
  const all: WatchEvent[] = [];
  for (const fix of fixes) {
    const step = stepZones(state, fix, set);
    state = step.state;
    for (const event of step.events) standing.set(event.id, event);
    for (const id of step.retracted) standing.delete(id);
    all.push(...step.events);
  }
  const events = [...standing.values()].toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  return { state, events, all };
}

/** `kind@seconds`, in order of time. */
export function briefly(events: readonly WatchEvent[]): readonly string[] {
  return events.map(({ kind, at }) => `${kind}@${Math.round((at - startAt) / 100) / 10}`);
}
