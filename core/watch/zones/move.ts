// One step of an asset: from its fix before to this one, and where on the way it met a zone.

import type { Box } from "../../geometry/box.ts";
import { createPath, type Path, placeAlong, rangeOfPath } from "../../geometry/path.ts";
import { intersectionOf } from "../../geometry/spans.ts";
import { type FixRow, noAccuracy, noAltitude } from "./fix.ts";
import type { ReadyZone } from "./ready-zone.ts";

/** A step that took longer says nothing of what lay between: no crossing, no time between the fixes. */
export const stepMsMax = 15 * 60_000;

export interface Move {
  readonly row: FixRow;
  readonly prev: FixRow | undefined;
  /** The straight way from `prev`; undefined when there is no such fix or it is too old. */
  readonly path: Path | undefined;
  readonly range: Box;
}

export const atOf = (row: FixRow): number => row[0] ?? 0;
export const latOf = (row: FixRow): number => row[1] ?? 0;
export const lonOf = (row: FixRow): number => row[2] ?? 0;
export const altitudeOf = (row: FixRow): number => row[3] ?? noAltitude;
/** What a receiver of satellites is good for when it does not say, metres. */
const assumedAccuracyM = 10;

/** Metres. */
export function accuracyOf(row: FixRow): number {
  const accuracyM = row[4] ?? noAccuracy;
  return accuracyM < 0 ? assumedAccuracyM : accuracyM;
}

export function createMove(prev: FixRow | undefined, row: FixRow): Move {
  const lat = latOf(row);
  const lon = lonOf(row);
  if (prev === undefined || atOf(row) - atOf(prev) > stepMsMax) {
    return { row, prev, path: undefined, range: { west: lon, east: lon, south: lat, north: lat } };
  }
  const path = createPath([lonOf(prev), latOf(prev)], [lon, lat]);
  return { row, prev, path, range: rangeOfPath(path) };
}

/** The parts of the way that lie in the zone, its altitudes included; none when that cannot be known. */
export function spansOf({ path, prev, row }: Move, ready: ReadyZone): readonly number[] {
  if (path === undefined || prev === undefined || ready.unwatched(atOf(prev)) !== undefined) {
    return [];
  }
  if (atOf(prev) < ready.zone.validFrom) return [];
  const band = ready.hasBand ? bandSpan(altitudeOf(prev), altitudeOf(row), ready) : whole;
  return band.length === 0 ? band : intersectionOf(ready.geometry.spansOf(path), band);
}

const whole: readonly number[] = [0, 1];
const nothing: readonly number[] = [];

/** Where a climb from one altitude to another is between floor and ceiling. */
function bandSpan(from: number, to: number, { zone }: ReadyZone): readonly number[] {
  if (from === noAltitude || to === noAltitude) return nothing;
  const { floorM = -Infinity, ceilingM = Infinity } = zone;
  if (from === to) return from >= floorM && from <= ceilingM ? whole : nothing;
  const atFloor = (floorM - from) / (to - from);
  const atCeiling = (ceilingM - from) / (to - from);
  const start = Math.max(0, Math.min(atFloor, atCeiling));
  const end = Math.min(1, Math.max(atFloor, atCeiling));
  return start < end ? [start, end] : nothing;
}

const rounded = (value: number, steps: number): number => Math.round(value * steps) / steps;

/** Place, time and altitude at a fraction of the way, in a report's resolution. */
export function rowAt({ path, prev, row }: Move, fraction: number): FixRow {
  if (path === undefined || prev === undefined) return row;
  const [lon, lat] = placeAlong(path, fraction);
  const at = Math.round(atOf(prev) + (atOf(row) - atOf(prev)) * fraction);
  const [from, to] = [altitudeOf(prev), altitudeOf(row)];
  const isKnown = from !== noAltitude && to !== noAltitude;
  const altitudeM = isKnown ? rounded(from + (to - from) * fraction, 100) : noAltitude;
  return [at, rounded(lat, 1e7), rounded(lon, 1e7), altitudeM, noAccuracy];
}

/** Fractions nearer to an end than this are that end. */
const end = 1e-6;

/** Where the way comes in for the last time, when it ends inside; the fix itself when that is not known. */
export function entryOf(move: Move, ready: ReadyZone): FixRow {
  const spans = spansOf(move, ready);
  const [from = 0, to = 0] = spans.slice(-2);
  return to >= 1 - end ? rowAt(move, from) : move.row;
}

/** Where the way goes out for the first time, when it began inside; the fix itself when that is not known. */
export function exitOf(move: Move, ready: ReadyZone): FixRow {
  const [from = 1, to = 1] = spansOf(move, ready);
  return from <= end && to < 1 - end ? rowAt(move, to) : move.row;
}

/** The longest part of the way inside, and how deep its middle lies, metres. */
export function passOf(
  move: Move,
  ready: ReadyZone,
): { readonly entry: FixRow; readonly depthM: number } | undefined {
  const spans = spansOf(move, ready);
  if (spans.length === 0 || move.path === undefined) return undefined;
  let [from, to] = [0, 0];
  for (let span = 0; span < spans.length; span += 2) {
    const [start = 0, stop = 0] = spans.slice(span, span + 2);
    if (stop - start > to - from) [from, to] = [start, stop];
  }
  const [lon, lat] = placeAlong(move.path, (from + to) / 2);
  return { entry: rowAt(move, from), depthM: -ready.geometry.borderM(lon, lat) };
}
