import type { WatchEvent } from "@drover/core/model/event";
import type { StampedReport } from "@drover/core/model/report";
import type { Zone } from "@drover/core/model/zone";
import type { AssetZones } from "@drover/core/watch/zones/asset-zones";
import { stepZones } from "@drover/core/watch/zones/step";
import { createZoneSet, type ZoneSet } from "@drover/core/watch/zones/zone-set";
import type { Emit, Judge } from "./judge.ts";

/** What a zone would have seen. */
export function createZoneJudge(zone: Zone, emit: Emit): Judge {
  const walk = createWalk(createZoneSet([zone]), emit);
  return {
    take: (report) => void walk.step(report),
    finish: () => walk.end(),
  };
}

/** Asset after asset through zones. */
export interface Walk {
  /** Where the asset stands after the report. */
  step(report: StampedReport): AssetZones | undefined;
  /** The last asset is over. */
  end(): void;
}

export function createWalk(set: ZoneSet, emit: Emit): Walk {
  // A later fix may say better when a border was passed: an asset's events are told at its end.
  const events = new Map<string, WatchEvent>();
  let asset = "";
  let state: AssetZones | undefined;
  const end = () => {
    for (const event of [...events.values()].toSorted((a, b) => a.at - b.at)) emit(event);
    events.clear();
    state = undefined;
  };
  return {
    step(report) {
      if (report.asset !== asset) {
        end();
        asset = report.asset;
      }
      const { kind, at, position, suspect: isSuspect } = report;
      if (position === undefined || set.size === 0) return state;
      const { lat, lon, altitudeM, accuracyM } = position;
      const fix = { asset, kind, at, lat, lon, altitudeM, accuracyM, isSuspect };
      const step = stepZones(state, fix, set);
      state = step.state;
      for (const event of step.events) events.set(event.id, event);
      for (const id of step.retracted) events.delete(id);
      return state;
    },
    end,
  };
}
