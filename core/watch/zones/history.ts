// The fixes that are kept of an asset, and keeping them few.
//
// A fix is superfluous when judging without it gives the same: the same states after the next kept fix
// and the same events. So judging the kept fixes anew always gives what was given, and dropping
// superfluous ones costs nothing but nearness: a fix that comes late among thinned ones is judged
// between neighbours farther away. Those go first that leave the smallest gap, so the fixes at both
// ends of an outage stay, and a backlog that fills it in order of time is judged exactly.

import type { AssetZones, GivenEvent, Mark, ZoneState } from "./asset-zones.ts";
import { keptFixes, keptMs } from "./asset-zones.ts";
import { type FixRow, rowLength } from "./fix.ts";
import { judgeStep, type Who } from "./judge-step.ts";
import type { Noticed } from "./judge.ts";
import { atOf } from "./move.ts";
import type { ZoneSet } from "./zone-set.ts";

/** Thinning goes down to so many, so that it is seldom needed. */
const thinTo = 24;
/** Where fewer are superfluous, the oldest go until so many are left: room for the next ones. */
const roomTo = 40;
/** The newest ones are not thinned: they tell the cadence. */
const newestKept = 4;

const noStates: readonly ZoneState[] = [];
export const noGiven: readonly GivenEvent[] = [];

export const rowsOf = (fixes: readonly number[]): number => fixes.length / rowLength;

export function rowAt(fixes: readonly number[], row: number): FixRow | undefined {
  return row < 0 || row * rowLength >= fixes.length
    ? undefined
    : fixes.slice(row * rowLength, (row + 1) * rowLength);
}

export const timeAt = (fixes: readonly number[], row: number): number =>
  fixes[row * rowLength] ?? Number.NaN;

/** The first row that is not older than `at`. */
export function placeFor(fixes: readonly number[], at: number): number {
  let row = rowsOf(fixes);
  while (row > 0 && timeAt(fixes, row - 1) >= at) row--;
  return row;
}

/** Where the asset stood after the fix at `at`. */
export function statesAfter(marks: readonly Mark[], at: number): readonly ZoneState[] {
  return marks.findLast((mark) => mark.at <= at)?.zones ?? noStates;
}

export function markAt(marks: readonly Mark[], at: number): Mark | undefined {
  return marks.findLast((mark) => mark.at === at);
}

export function givenOf(noticed: readonly Noticed[]): readonly GivenEvent[] {
  if (noticed.length === 0) return noGiven;
  return noticed.map(({ kind, ready, firstAt, place }) => ({
    kind,
    zone: ready.zone.id,
    firstAt,
    at: atOf(place),
  }));
}

/** True when two lists of states say the same. */
export function isSameStates(a: readonly ZoneState[], b: readonly ZoneState[]): boolean {
  return a === b || (a.length === b.length && a.every((state, at) => isSameState(state, b[at])));
}

function isSameState(a: ZoneState, b: ZoneState | undefined): boolean {
  return (
    a === b ||
    (b !== undefined &&
      a.zone === b.zone &&
      a.phase === b.phase &&
      a.firstAt === b.firstAt &&
      a.count === b.count &&
      a.inRow === b.inRow &&
      a.isDeep === b.isDeep &&
      a.since === b.since &&
      a.visitAt === b.visitAt &&
      a.hasDwelt === b.hasDwelt &&
      isSameRow(a.border, b.border) &&
      isSameRow(a.before, b.before))
  );
}

function isSameRow(a: FixRow | undefined, b: FixRow | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.every((value, at) => value === b[at]));
}

function isSameGiven(a: readonly GivenEvent[], b: readonly GivenEvent[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ kind, zone, firstAt, at }, index) => {
      const other = b[index];
      return (
        other?.kind === kind && other.zone === zone && other.firstAt === firstAt && other.at === at
      );
    })
  );
}

/** Brings a state back within its bounds: `keptMs` of age, `keptFixes` in number. */
export function trimmed(state: AssetZones, who: Who, set: ZoneSet): AssetZones {
  const count = rowsOf(state.fixes);
  const oldest = timeAt(state.fixes, count - 1) - keptMs;
  let fresh = state;
  if (timeAt(state.fixes, 0) < oldest) {
    // The fix that the window begins in stays: the next one is judged from it.
    fresh = withoutOldest(state, Math.max(1, placeFor(state.fixes, oldest)) - 1);
  }
  if (rowsOf(fresh.fixes) <= keptFixes) return fresh;
  const thin = thinned(fresh, who, set);
  const over = rowsOf(thin.fixes) - roomTo;
  return over > 0 ? withoutOldest(thin, over) : thin;
}

/** Forgets the oldest rows; what is older than the new oldest one can no longer be judged. */
function withoutOldest(state: AssetZones, rows: number): AssetZones {
  if (rows <= 0) return state;
  const fixes = state.fixes.slice(rows * rowLength);
  const horizon = timeAt(fixes, 0);
  const zones = statesAfter(state.marks, horizon);
  const events = markAt(state.marks, horizon)?.events ?? noGiven;
  const marks = state.marks.filter(({ at }) => at > horizon);
  if (zones.length > 0 || events.length > 0 || marks.length > 0) {
    marks.unshift({ at: horizon, zones, events });
  }
  return { ...state, fixes, marks, horizon };
}

function thinned(state: AssetZones, who: Who, set: ZoneSet): AssetZones {
  const rows = Array.from(
    { length: rowsOf(state.fixes) },
    (_, row) => rowAt(state.fixes, row) ?? [],
  );
  const marks = new Map(state.marks.map((mark) => [mark.at, mark]));
  const after: (readonly ZoneState[])[] = [];
  for (const row of rows) after.push(marks.get(atOf(row))?.zones ?? after.at(-1) ?? noStates);
  const links = { next: rows.map((_, row) => row + 1), prev: rows.map((_, row) => row - 1) };
  let left = rows.length;
  for (const row of bySmallestGap(rows)) {
    if (left <= thinTo) break;
    const [prev = -1, next = rows.length] = [links.prev[row], links.next[row]];
    const [from, to] = [rows[prev], rows[next]];
    const own = marks.get(atOf(rows[row] ?? []));
    if (from === undefined || to === undefined || (own?.events.length ?? 0) > 0) continue;
    const judged = judgeStep(after[prev] ?? noStates, { prev: from, row: to }, who, set);
    const isSame =
      isSameStates(judged.zones, after[next] ?? noStates) &&
      isSameGiven(givenOf(judged.noticed), marks.get(atOf(to))?.events ?? noGiven);
    if (!isSame) continue;
    // What changed at the dropped fix changes at the next one instead.
    if (own !== undefined && !marks.has(atOf(to))) {
      marks.set(atOf(to), { at: atOf(to), zones: after[next] ?? noStates, events: noGiven });
    }
    marks.delete(atOf(rows[row] ?? []));
    rows[row] = [];
    links.next[prev] = next;
    links.prev[next] = prev;
    left--;
  }
  const kept = [...marks.values()].toSorted((a, b) => a.at - b.at);
  return { ...state, fixes: rows.flat(), marks: kept };
}

/** Rows between the oldest and the newest, those first without which the smallest gap remains; every second one before their neighbours. */
function bySmallestGap(rows: readonly FixRow[]): readonly number[] {
  const gapOf = (row: number): number => atOf(rows[row + 1] ?? []) - atOf(rows[row - 1] ?? []);
  const between = Array.from(
    { length: Math.max(0, rows.length - 1 - newestKept) },
    (_, row) => row + 1,
  );
  return between
    .map((row) => ({ row, gap: gapOf(row) * (row % 2 === 0 ? 1 : 2) }))
    .toSorted((a, b) => a.gap - b.gap)
    .map(({ row }) => row);
}
