// One fix of one asset against all zones.

import type { WatchEvent } from "../../model/event.ts";
import {
  type AssetZones,
  type GivenEvent,
  keptFixes,
  keptMs,
  type Mark,
  zonesOf,
} from "./asset-zones.ts";
import { eventOf, idOf } from "./explain.ts";
import { type Fix, type FixRow, rowLength, rowOf } from "./fix.ts";
import {
  givenOf,
  isSameStates,
  markAt,
  noGiven,
  placeFor,
  rowAt,
  rowsOf,
  statesAfter,
  timeAt,
  trimmed,
} from "./history.ts";
import type { Noticed } from "./judge.ts";
import { judgeStep } from "./judge-step.ts";
import type { ZoneSet } from "./zone-set.ts";

export interface ZoneStep {
  /** Undefined when there is nothing to remember. */
  readonly state: AssetZones | undefined;
  /**
   * What the fix shows that was not known. An event whose id was given before corrects that one
   * (its `at`, `position` and `explanation`): the later one stands.
   */
  readonly events: readonly WatchEvent[];
  /** Ids of events given earlier that this late fix refutes. */
  readonly retracted: readonly string[];
  /** What became of the fix: only `judged` ones count as evidence. */
  readonly outcome: "judged" | "suspect" | "repeated" | "too-late";
}

/** What is found this much before the newest fix, and later, is news though its fix came out of order: two receivers are never equally quick. */
export const outOfOrderMs = 60_000;

const noEvents: readonly WatchEvent[] = [];
const noIds: readonly string[] = [];

/**
 * Judges one fix; pure.
 *
 * A fix that is older than the newest is put in its place among those that are kept, and what follows it
 * is judged anew until it comes to the same again; the difference is told: events that are new, events
 * that are corrected, ids that are refuted. So any order of delivery ends in the same events, as long
 * as no more than `keptFixes` fixes lie within `keptMs`. Beyond that number fixes are thinned (see
 * `history.ts`): order of time stays exact, and so does a backlog in order of time; a fix that comes
 * late among thinned ones is judged between its kept neighbours, which finds visits but may miss their
 * minute. What is older than the horizon is
 * `too-late` and changes nothing.
 *
 * An event is `retro` when its fix was late (`isLate`), or came out of order and the event lies more than
 * `outOfOrderMs` before the newest fix.
 */
export function stepZones(state: AssetZones | undefined, fix: Fix, set: ZoneSet): ZoneStep {
  if (set.size === 0) return unchanged(undefined, "judged");
  if (fix.isSuspect === true) return unchanged(state, "suspect");
  const row = rowOf(fix);
  if (state === undefined) return append(empty, fix, row, set);
  const { fixes, horizon } = state;
  const rows = rowsOf(fixes);
  if (fix.at > timeAt(fixes, rows - 1)) return append(state, fix, row, set);
  if (fix.at <= horizon || fix.at < timeAt(fixes, rows - 1) - keptMs) {
    return unchanged(state, fix.at === horizon ? "repeated" : "too-late");
  }
  const place = placeFor(fixes, fix.at);
  const same = timeAt(fixes, place) === fix.at ? rowAt(fixes, place) : undefined;
  if (same !== undefined && !isBetter(row, same)) return unchanged(state, "repeated");
  return insert({ state, place, isReplaced: same !== undefined }, fix, row, set);
}

const empty: AssetZones = { fixes: [], marks: [], horizon: 0 };

function unchanged(state: AssetZones | undefined, outcome: ZoneStep["outcome"]): ZoneStep {
  return { state, events: noEvents, retracted: noIds, outcome };
}

const sharp = ([, , , , accuracyM = -1]: FixRow): number => (accuracyM < 0 ? Infinity : accuracyM);

/** Of two fixes of one moment the more accurate one stands, then the lesser numbers: any order comes to the same. */
function isBetter(row: FixRow, than: FixRow): boolean {
  if (sharp(row) !== sharp(than)) return sharp(row) < sharp(than);
  for (const [at, value] of row.entries()) {
    const other = than[at] ?? 0;
    if (value !== other) return value < other;
  }
  return false;
}

/** The usual case: the fix is the newest. */
// oxlint-disable-next-line max-params -- the hot path makes no object
function append(state: AssetZones, fix: Fix, row: FixRow, set: ZoneSet): ZoneStep {
  const { fixes, marks, horizon } = state;
  const before = zonesOf(state);
  const prev = rowAt(fixes, rowsOf(fixes) - 1);
  const { zones, noticed } = judgeStep(before, { prev, row }, fix, set);
  const isMarked = zones !== before || noticed.length > 0;
  const next: AssetZones = {
    fixes: fixes.concat(row),
    marks: isMarked ? [...marks, { at: fix.at, zones, events: givenOf(noticed) }] : marks,
    horizon,
  };
  const isRetro = fix.isLate === true;
  return {
    state: isWithinBounds(next) ? next : trimmed(next, fix, set),
    events:
      noticed.length === 0 ? noEvents : noticed.map((one) => eventOf(fix.asset, one, isRetro)),
    retracted: noIds,
    outcome: "judged",
  };
}

function isWithinBounds({ fixes }: AssetZones): boolean {
  return (
    fixes.length <= keptFixes * rowLength &&
    (fixes[0] ?? 0) >= (fixes[fixes.length - rowLength] ?? 0) - keptMs
  );
}

interface Place {
  readonly state: AssetZones;
  /** Row before which the fix belongs, or that it replaces. */
  readonly place: number;
  readonly isReplaced: boolean;
}

// oxlint-disable-next-line max-params -- as append
function insert(
  { state, place, isReplaced }: Place,
  fix: Fix,
  row: FixRow,
  set: ZoneSet,
): ZoneStep {
  const fixes = [...state.fixes];
  fixes.splice(place * rowLength, isReplaced ? rowLength : 0, ...row);
  const again = rejudge({ ...state, fixes }, { from: place, fix }, set);
  const newestAt = timeAt(fixes, rowsOf(fixes) - 1);
  const told = new Map(again.before.map((given) => [idOf(fix.asset, given), given]));
  const events: WatchEvent[] = [];
  for (const { noticed, given } of again.after) {
    const id = idOf(fix.asset, given);
    const known = told.get(id);
    told.delete(id);
    if (noticed === undefined || known?.at === given.at) continue;
    const isRetro = fix.isLate === true || given.at < newestAt - outOfOrderMs;
    events.push(eventOf(fix.asset, noticed, isRetro));
  }
  const next: AssetZones = { ...state, fixes, marks: again.marks };
  return {
    state: isWithinBounds(next) ? next : trimmed(next, fix, set),
    events,
    retracted: [...told.keys()],
    outcome: "judged",
  };
}

interface Rejudged {
  readonly marks: readonly Mark[];
  /** Events given earlier in the stretch that was judged anew. */
  readonly before: readonly GivenEvent[];
  /** Those that stand there now; without `noticed` they are kept unjudged. */
  readonly after: readonly { readonly given: GivenEvent; readonly noticed: Noticed | undefined }[];
}

/** Judges from a row on until the states are those that were known. */
function rejudge(
  { fixes, marks: known }: AssetZones,
  { from, fix }: { readonly from: number; readonly fix: Fix },
  set: ZoneSet,
): Rejudged {
  const start = timeAt(fixes, from);
  const marks = known.filter(({ at }) => at < start);
  const before: GivenEvent[] = [];
  const after: { given: GivenEvent; noticed: Noticed | undefined }[] = [];
  let zones = marks.at(-1)?.zones ?? [];
  let row = from;
  for (; row < rowsOf(fixes); row++) {
    const at = timeAt(fixes, row);
    const old = statesAfter(known, at);
    const mark = markAt(known, at);
    // A zone that had not begun then, as far as the set knows, is not judged anew: it stays as it was.
    const isUnknown = ({ zone }: { readonly zone: string }): boolean =>
      set.versionAt(zone, at) === undefined;
    const prev = rowAt(fixes, row - 1);
    const judged = judgeStep(zones, { prev, row: rowAt(fixes, row) ?? [] }, fix, set);
    const kept = (mark?.events ?? noGiven).filter(isUnknown);
    const next = withUnknown(judged.zones, old, isUnknown);
    const given = givenOf(judged.noticed);
    before.push(...(mark?.events ?? noGiven));
    after.push(...kept.map((event) => ({ given: event, noticed: undefined })));
    after.push(...given.map((event, index) => ({ given: event, noticed: judged.noticed[index] })));
    const events = kept.length === 0 ? given : [...kept, ...given];
    if (!isSameStates(next, zones) || events.length > 0) marks.push({ at, zones: next, events });
    zones = next;
    if (row > from && isSameStates(next, old)) break;
  }
  const end = timeAt(fixes, Math.min(row, rowsOf(fixes) - 1));
  for (const mark of known) if (mark.at > end) marks.push(mark);
  return { marks, before, after };
}

function withUnknown(
  judged: Mark["zones"],
  old: Mark["zones"],
  isUnknown: (state: { readonly zone: string }) => boolean,
): Mark["zones"] {
  if (!judged.some(isUnknown) && !old.some(isUnknown)) return judged;
  return [...judged.filter((state) => !isUnknown(state)), ...old.filter(isUnknown)].toSorted(
    (a, b) => (a.zone < b.zone ? -1 : 1),
  );
}
