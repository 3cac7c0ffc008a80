// One asset under watch: its state with zones and with rules, and what a report or the passing of time
// does to both. Pure.

import { notifiableMs } from "@drover/core/model/event";
import type { WatchEvent } from "@drover/core/model/event";
import type { Lane } from "@drover/core/model/ingest";
import type { StampedReport } from "@drover/core/model/report";
import type { AssetRules } from "@drover/core/watch/rules/state";
import { stepRules, tickRules } from "@drover/core/watch/rules/step";
import { insideOf, markStale } from "@drover/core/watch/zones/asset-zones";
import type { AssetZones } from "@drover/core/watch/zones/asset-zones";
import { stepZones } from "@drover/core/watch/zones/step";
import type { Definitions } from "./definitions.ts";

export interface AssetWatch {
  /** Event time of the newest report, epoch ms. */
  readonly at: number;
  /** How much later the platform heard of it, ms. */
  readonly lagMs: number;
  /** The edge that it came through; empty when it came without one. */
  readonly edge: string;
  readonly zones?: AssetZones | undefined;
  readonly rules?: AssetRules | undefined;
}

export interface AssetStep {
  /** Undefined when there is nothing to remember. */
  readonly watch: AssetWatch | undefined;
  readonly events: readonly WatchEvent[];
  /** Events given earlier that are refuted by now. */
  readonly retracted: readonly string[];
}

const none: readonly WatchEvent[] = [];
const noIds: readonly string[] = [];

/** Judges a report by zones first, then by rules, which may ask where the asset is. */
export function stepAsset(
  watch: AssetWatch | undefined,
  report: StampedReport,
  lane: Lane,
  { zoneSet, ruleSet }: Definitions,
): AssetStep {
  const { asset, kind, at, position, receivedAt } = report;
  const isBacklog = lane === "backfill" || report.historical === true;
  const isLate = isBacklog && receivedAt - at > notifiableMs;
  let zones = watch?.zones;
  let events = none;
  let retracted = noIds;
  if (position !== undefined && (zoneSet.size > 0 || zones !== undefined)) {
    const { lat, lon, altitudeM, accuracyM } = position;
    const isSuspect = report.suspect;
    const fix = { asset, kind, at, lat, lon, altitudeM, accuracyM, isSuspect, isLate };
    ({ state: zones, events, retracted } = stepZones(zones, fix, zoneSet));
  }
  // A backlog says when it was heard, not when the asset spoke.
  const heardAt = isBacklog ? at : receivedAt;
  const inside = insideOf(zones);
  const rules = stepRules(watch?.rules, report, { set: ruleSet, inside, heardAt, isLate });
  if (rules.events.length > 0)
    events = events.length === 0 ? rules.events : [...events, ...rules.events];
  if (zones === undefined && rules.state === undefined)
    return { watch: undefined, events, retracted };
  const isNewest = watch === undefined || at >= watch.at;
  return {
    watch: isNewest
      ? { at, lagMs: heardAt - at, edge: report.edge, zones, rules: rules.state }
      : { ...watch, zones, rules: rules.state },
    events,
    retracted,
  };
}

/** What time alone brings about by `nowMs`, the platform's clock; the very same watch when nothing. */
export function tickAsset(
  watch: AssetWatch,
  asset: { readonly asset: string; readonly kind: string },
  nowMs: number,
  { ruleSet }: Definitions,
): AssetStep {
  const zones = watch.zones && markStale(watch.zones, nowMs - watch.lagMs);
  const { state: rules, events } = tickRules(watch.rules, { ...asset, set: ruleSet }, nowMs);
  if (zones === watch.zones && rules === watch.rules) {
    return { watch, events: none, retracted: noIds };
  }
  return { watch: { ...watch, zones, rules }, events, retracted: noIds };
}

/** Zones that the asset counts in: confirmed, and heard of lately. */
export function countedIn(watch: AssetWatch | undefined): readonly string[] {
  return watch?.zones === undefined || watch.zones.isStale === true ? noIds : insideOf(watch.zones);
}
