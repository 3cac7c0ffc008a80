// What is remembered of one asset, so that its next fix, and one that comes late, can be judged.
// Plain JSON data: it is the checkpoint's note.

import type { EventKind } from "../../model/event.ts";
import { type FixRow, rowLength } from "./fix.ts";

export type ZonePhase = "pending-in" | "in" | "pending-out";

/** Where an asset stands with one zone; a zone that is not listed is `out`. */
export interface ZoneState {
  readonly zone: string;
  readonly phase: ZonePhase;
  /** While pending: the first fix of the run on the other side, 0 when there is none; while in: the first one of the visit, epoch ms. */
  readonly firstAt: number;
  /** Fixes in a row that are surely on the other side. */
  readonly count: number;
  /** While pending in: fixes in a row inside, sure or not. */
  readonly inRow?: number;
  /** While pending in: it was inside by more than noise, be it between two fixes. */
  readonly isDeep?: true;
  /** Where and when the border was passed, as far as is known: while pending, and while in but not beyond the margin. */
  readonly border?: FixRow | undefined;
  /** While pending in: the last fix before the border. */
  readonly before?: FixRow | undefined;
  /** While in or pending out: when the visit began, epoch ms. */
  readonly since?: number;
  /** While pending out: the first fix of the visit, epoch ms. */
  readonly visitAt?: number;
  /** `dwelt` was given for this visit. */
  readonly hasDwelt?: true;
}

/** An event that was given, as far as it must be known to correct it. */
export interface GivenEvent {
  readonly kind: EventKind;
  readonly zone: string;
  /** Time of the first fix that confirmed it, epoch ms: part of its id. */
  readonly firstAt: number;
  readonly at: number;
}

/** A fix after which something was other than before it. */
export interface Mark {
  /** The fix's time. */
  readonly at: number;
  /** Where the asset stood with each zone after it, by zone id. */
  readonly zones: readonly ZoneState[];
  readonly events: readonly GivenEvent[];
}

/** What is remembered of one asset. */
export interface AssetZones {
  /** Rows of fixes one after the other, oldest first, at most `keptFixes`. */
  readonly fixes: readonly number[];
  /** Oldest first. */
  readonly marks: readonly Mark[];
  /** Fixes up to here can no longer be judged, epoch ms; 0 while nothing was forgotten. */
  readonly horizon: number;
  /** Nothing was heard for long: what is known may no longer hold. */
  readonly isStale?: true;
}

/** At most so many fixes are kept of an asset; beyond it they are thinned, see `history.ts`. */
export const keptFixes = 48;
/** Late data older than this, counted from the newest fix, is not judged. */
export const keptMs = 24 * 3_600_000;

const none: readonly ZoneState[] = [];

/** Where the asset stands with each zone that it is not simply out of. */
export function zonesOf(state: AssetZones | undefined): readonly ZoneState[] {
  return state?.marks.at(-1)?.zones ?? none;
}

/** Ids of the zones in which the asset is confirmed to be (an exit that is not yet confirmed counts as in). */
export function insideOf(state: AssetZones | undefined): readonly string[] {
  const inside: string[] = [];
  for (const { zone, phase } of zonesOf(state)) if (phase !== "pending-in") inside.push(zone);
  return inside;
}

/** Phases as people are shown them: `stale` when nothing was heard for long. */
export function phasesOf(
  state: AssetZones | undefined,
): readonly { readonly zone: string; readonly phase: ZonePhase | "stale" }[] {
  const isStale = state?.isStale === true;
  return zonesOf(state).map(({ zone, phase }) => ({ zone, phase: isStale ? "stale" : phase }));
}

/** Time of the newest fix, epoch ms. */
export function newestAt(state: AssetZones): number {
  return state.fixes[state.fixes.length - rowLength] ?? 0;
}

/** Silence of so many usual intervals makes a state stale. */
const staleIntervals = 5;
const staleMs = { min: 60_000, max: 6 * 3_600_000 } as const;

/**
 * When the asset becomes stale if nothing more is heard, epoch ms: five times the shortest of its
 * last intervals, between one minute and six hours. Undefined when it is in no zone.
 */
export function staleAt(state: AssetZones | undefined): number | undefined {
  if (state === undefined || zonesOf(state).length === 0) return undefined;
  const { fixes } = state;
  let intervalMs = Infinity;
  const last = fixes.length - rowLength;
  for (let row = last; row >= rowLength && row > last - 3 * rowLength; row -= rowLength) {
    intervalMs = Math.min(intervalMs, (fixes[row] ?? 0) - (fixes[row - rowLength] ?? 0));
  }
  return (
    newestAt(state) + Math.min(staleMs.max, Math.max(staleMs.min, intervalMs * staleIntervals))
  );
}

/** Marks what is stale at `nowMs`; the same object when nothing changes. No data is not an exit: no event comes of it. */
export function markStale(state: AssetZones | undefined, nowMs: number): AssetZones | undefined {
  const at = staleAt(state);
  if (state === undefined || at === undefined || state.isStale === true || nowMs < at) return state;
  return { ...state, isStale: true };
}
