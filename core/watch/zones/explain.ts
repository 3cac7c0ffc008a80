// From what was noticed to an event with its reasons.

import type { Position } from "../../model/report.ts";
import type { WatchEvent } from "../../model/event.ts";
import { eventId } from "../event-id.ts";
import { type FixRow, noAccuracy, noAltitude } from "./fix.ts";
import type { Noticed } from "./judge.ts";
import { accuracyOf, altitudeOf, atOf, latOf, lonOf, stepMsMax } from "./move.ts";
import type { ReadyZone } from "./ready-zone.ts";

/** The id of a zone's event. */
export function idOf(
  asset: string,
  { zone, kind, firstAt }: { zone: string; kind: string; firstAt: number },
): string {
  return eventId(asset, zone, kind, firstAt);
}

/** The event as it is stored and told. */
export function eventOf(asset: string, noticed: Noticed, retro: boolean): WatchEvent {
  const { kind, ready, firstAt, place } = noticed;
  const { id: zone, version: zoneVersion } = ready.zone;
  const fixes = noticed.fixes.map((row) => ({
    at: atOf(row),
    ...placeOf(row),
    ...((row[4] ?? noAccuracy) !== noAccuracy && { accuracyM: accuracyOf(row) }),
    distanceM: metres(ready.geometry.borderM(lonOf(row), latOf(row))),
  }));
  return {
    id: idOf(asset, { zone, kind, firstAt }),
    kind,
    at: atOf(place),
    asset,
    zone,
    zoneVersion,
    retro,
    position: placeOf(place),
    explanation: {
      text: textOf(asset, noticed, fixes.at(-1)?.distanceM ?? 0),
      fixes,
      values: valuesOf(noticed),
    },
  };
}

function placeOf(row: FixRow): Position {
  const altitudeM = altitudeOf(row);
  const place = { lat: latOf(row), lon: lonOf(row) };
  return altitudeM === noAltitude ? place : { ...place, altitudeM };
}

const metres = (value: number): number => Math.round(value * 10) / 10;

function valuesOf({ kind, ready }: Noticed): Record<string, number> {
  const { floorM, ceilingM, dwellMs } = ready.zone;
  return {
    confirmingFixes: ready.confirmation.fixes,
    ...(kind === "left" && { exitMarginM: metres(ready.exitMarginM) }),
    ...(kind === "dwelt" && dwellMs !== undefined && { dwellMs }),
    ...(floorM !== undefined && { floorM }),
    ...(ceilingM !== undefined && { ceilingM }),
  };
}

const reasons = {
  ended: "the zone was changed or removed",
  disabled: "the zone was disabled",
  closed: "the zone's hours ended",
  "not meant": "the zone is no longer about it",
} as const;

function textOf(asset: string, noticed: Noticed, distanceM: number): string {
  const { ready, why } = noticed;
  const { name } = ready.zone;
  const decided = noticed.fixes.at(-1) ?? noticed.place;
  switch (noticed.kind) {
    case "entered":
      return `${asset} entered ${name}${timing(noticed)}: inside in fix after fix, the last ${lengthText(-distanceM)} within the border${altitudeText(ready, decided)}.`;
    case "left":
      if (why !== undefined) return `${asset} is no longer in ${name}: ${reasons[why]}.`;
      return `${asset} left ${name}${timing(noticed)}: the last fix is ${distanceM > 0 ? `${lengthText(distanceM)} beyond the border, more than its accuracy and the margin of ${lengthText(ready.exitMarginM)}` : "beyond its altitudes"}${altitudeText(ready, decided)}.`;
    case "dwelt":
      return `${asset} stayed in ${name} for ${durationText(ready.zone.dwellMs ?? 0)}.`;
    case "crossed":
      return `${asset} crossed ${name}${timing(noticed)}: its way led through, without ${ready.confirmation.fixes} fixes in a row inside.`;
  }
}

/** How sure the time is. */
function timing({ place, firstAt, fixes, kind }: Noticed): string {
  const [first] = fixes;
  if (atOf(place) < firstAt || kind === "crossed") {
    return `, ${durationText(Math.max(0, firstAt - atOf(place)))} before the fix that showed it (reckoned along the straight way between two fixes)`;
  }
  const isAfterGap = first !== undefined && firstAt - atOf(first) > stepMsMax;
  return isAfterGap
    ? `, or within the ${durationText(firstAt - atOf(first))} before, of which nothing is known`
    : "";
}

function altitudeText({ hasBand }: ReadyZone, row: FixRow): string {
  return hasBand && altitudeOf(row) !== noAltitude ? `, at ${lengthText(altitudeOf(row))}` : "";
}

function lengthText(lengthM: number): string {
  return Math.abs(lengthM) < 10_000
    ? `${Math.round(lengthM)} m`
    : `${(lengthM / 1_000).toFixed(1)} km`;
}

function durationText(durationMs: number): string {
  if (durationMs < 90_000) return `${Math.round(durationMs / 1_000)} s`;
  if (durationMs < 5_400_000) return `${Math.round(durationMs / 60_000)} min`;
  return `${(durationMs / 3_600_000).toFixed(1)} h`;
}
