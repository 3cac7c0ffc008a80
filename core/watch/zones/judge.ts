// The machine of one asset and one zone.
//
//            inside, or the way passed through            N sure fixes inside, or the dwell → entered
//     out ───────────────────────────────▶ pending-in ──────────────────────────────────────▶ in
//      ▲                                      │                                              │  ▲
//      │  surely outside → crossed, if it     │                       beyond accuracy+margin │  │ not so
//      ├──────────────────────────────────────┘ moved more than noise                        ▼  │
//      └───────────────────────────────────────────────────────────────────────────── pending-out
//                                       N such fixes, or the dwell → left
//
// `stale` is no state of its own: it says that nothing was heard for long, and the next fix is judged
// from where the asset stood. A zone that ends, is disabled or closes by its schedule is left at that
// moment. Pure: (state, step) → state and what was noticed.

import { distanceM } from "../../geometry/sphere.ts";
import type { ZoneState } from "./asset-zones.ts";
import { type FixRow, noAltitude } from "./fix.ts";
import {
  accuracyOf,
  altitudeOf,
  atOf,
  entryOf,
  exitOf,
  latOf,
  lonOf,
  type Move,
  passOf,
} from "./move.ts";
import type { ReadyZone, Unwatched } from "./ready-zone.ts";

/** An event before it is told. */
export interface Noticed {
  readonly kind: "entered" | "left" | "dwelt" | "crossed";
  readonly ready: ReadyZone;
  /** Time of the first fix that confirmed it: part of its id. */
  readonly firstAt: number;
  /** Where and when. */
  readonly place: FixRow;
  /** The fixes that decided it, oldest first. */
  readonly fixes: readonly FixRow[];
  /** A zone that is not watched any more was left for that reason. */
  readonly why?: Unwatched | "not meant";
}

type Notice = (noticed: Noticed) => void;

/** An altitude is believed to so much, metres: the step of a Mode S altimeter is 25 ft. */
const altitudeNoiseM = 8;
/** So far beyond floor or ceiling is out, metres. */
const altitudeMarginM = 30;
/** Who moved less than this, over and above twice the accuracy at both ends, did not cross, metres. */
const crossedMarginM = 20;

/** Who was beyond the border for longer before going beyond the margin left when passing the margin. */
const lingerMsMax = 5 * 60_000;

/** Where a fix is against a zone. */
interface Side {
  readonly isInside: boolean;
  /** Inside or outside by more than noise. */
  readonly isSure: boolean;
  /** Inside by as much as can be asked of a zone of this size. */
  readonly isDeep: boolean;
  /** Beyond accuracy and margin. */
  readonly isFar: boolean;
}

/** Undefined when the zone has a floor or ceiling and the fix no altitude: it says nothing. */
function sideOf(ready: ReadyZone, row: FixRow): Side | undefined {
  const accuracyM = accuracyOf(row);
  const farM = accuracyM + ready.exitMarginM;
  const above = ready.hasBand ? beyondBand(ready, altitudeOf(row)) : -Infinity;
  if (above === undefined) return undefined;
  const borderM = ready.geometry.borderM(lonOf(row), latOf(row), farM + 1);
  const { floorM = -Infinity, ceilingM = Infinity } = ready.zone;
  if (borderM < 0 && above <= 0) {
    const isSure = -borderM >= accuracyM;
    const isDeep = isSure || -borderM >= ready.enterDepthMaxM;
    const isLevel = -above >= Math.min(altitudeNoiseM, (ceilingM - floorM) / 4);
    return { isInside: true, isSure: isSure && isLevel, isDeep: isDeep && isLevel, isFar: false };
  }
  return {
    isInside: false,
    isSure: (borderM >= 0 && borderM >= accuracyM) || above > altitudeNoiseM,
    isDeep: false,
    isFar: borderM > farM || above > altitudeMarginM,
  };
}

/** Metres above the ceiling or below the floor; below 0 between them. */
function beyondBand({ zone }: ReadyZone, altitudeM: number): number | undefined {
  if (altitudeM === noAltitude) return undefined;
  const { floorM = -Infinity, ceilingM = Infinity } = zone;
  return Math.max(floorM - altitudeM, altitudeM - ceilingM);
}

/**
 * Judges one step against one zone.
 *
 * @param state undefined stands for out
 * @param isMeant false when the zone is not about this asset
 */
export function judgeZone(
  state: ZoneState | undefined,
  move: Move,
  { ready, isMeant }: { readonly ready: ReadyZone; readonly isMeant: boolean },
  notice: Notice,
): ZoneState | undefined {
  const why = isMeant ? ready.unwatched(atOf(move.row)) : "not meant";
  if (why !== undefined) return closed(state, move, { ready, why }, notice);
  const side = sideOf(ready, move.row);
  if (side === undefined) return state;
  if (state === undefined) return fromOut(move, { ready, side }, notice);
  switch (state.phase) {
    case "pending-in":
      return fromPendingIn(state, move, { ready, side }, notice);
    case "in":
    case "pending-out":
      return fromIn(state, move, { ready, side }, notice);
  }
}

interface Judged {
  readonly ready: ReadyZone;
  readonly side: Side;
}

function fromOut(move: Move, { ready, side }: Judged, notice: Notice): ZoneState | undefined {
  const zone = ready.zone.id;
  const before = move.path === undefined ? undefined : move.prev;
  if (side.isInside) {
    const pending = { zone, phase: "pending-in", firstAt: 0, count: 0, inRow: 0, before } as const;
    return fromPendingIn(pending, move, { ready, side }, notice);
  }
  const pass = passOf(move, ready);
  if (pass === undefined) return undefined;
  const noiseM = Math.max(accuracyOf(move.row), before === undefined ? 0 : accuracyOf(before));
  const isDeep = pass.depthM >= Math.min(noiseM, ready.enterDepthMaxM);
  const pending: ZoneState = {
    zone,
    phase: "pending-in",
    firstAt: 0,
    count: 0,
    inRow: 0,
    border: pass.entry,
    before,
    ...(isDeep && { isDeep }),
  };
  return fromPendingIn(pending, move, { ready, side }, notice);
}

function fromPendingIn(
  state: ZoneState,
  move: Move,
  { ready, side }: Judged,
  notice: Notice,
): ZoneState | undefined {
  const { row } = move;
  if (!side.isInside) {
    if (!side.isSure) {
      // Not for certain outside: the run is broken, the passage is not decided.
      return state.firstAt === 0 ? state : { ...state, firstAt: 0, count: 0, inRow: 0 };
    }
    const { border = row, before } = state;
    if (state.isDeep === true && before !== undefined && hasMoved(before, row)) {
      const fixes = rowsOf(before, move.prev, row);
      notice({ kind: "crossed", ready, firstAt: atOf(row), place: border, fixes });
    }
    return undefined;
  }
  const isNew = state.firstAt === 0;
  const firstAt = isNew ? atOf(row) : state.firstAt;
  const border = isNew || state.border === undefined ? entryOf(move, ready) : state.border;
  // A fix that is vaguer than the zone is believed of who came from afar, not of who jitters beside it.
  const hasCome = side.isDeep && state.before !== undefined && hasMoved(state.before, row);
  const count = state.count + (side.isSure || hasCome ? 1 : 0);
  const inRow = (state.inRow ?? 0) + 1;
  if (!isEntryConfirmed({ count, inRow, forMs: atOf(row) - firstAt }, ready)) {
    const isDeep = state.isDeep === true || side.isDeep;
    return { ...state, firstAt, count, inRow, border, ...(isDeep && { isDeep }) };
  }
  const { before } = state;
  const fixes = rowsOf(before, move.prev, row);
  notice({ kind: "entered", ready, firstAt, place: border, fixes });
  const inside: ZoneState = {
    zone: state.zone,
    phase: "in",
    firstAt,
    count: 0,
    since: atOf(border),
  };
  return dwelling(inside, { ready, move, until: atOf(row) }, notice);
}

/**
 * So many fixes that are deeper than their accuracy; or the dwell, which needs two such fixes, or twice
 * as many that are merely inside: who parks just within the border is in after all.
 */
function isEntryConfirmed(
  run: { readonly count: number; readonly inRow: number; readonly forMs: number },
  { confirmation }: ReadyZone,
): boolean {
  const { fixes, enterDwellMs } = confirmation;
  if (run.count >= fixes) return true;
  if (run.forMs < enterDwellMs) return false;
  return run.count >= (enterDwellMs === 0 ? 1 : 2) || run.inRow >= 2 * fixes;
}

function hasMoved(from: FixRow, to: FixRow): boolean {
  const noiseM = 2 * (accuracyOf(from) + accuracyOf(to)) + crossedMarginM;
  return distanceM(lonOf(from), latOf(from), lonOf(to), latOf(to)) > noiseM;
}

function fromIn(
  state: ZoneState,
  move: Move,
  { ready, side }: Judged,
  notice: Notice,
): ZoneState | undefined {
  const { row } = move;
  const { zone, since = 0, hasDwelt } = state;
  const isPending = state.phase === "pending-out";
  const visitAt = state.visitAt ?? state.firstAt;
  const kept = { zone, since, ...(hasDwelt && { hasDwelt }) };
  if (!side.isFar) {
    const back = { ...kept, phase: "in", firstAt: visitAt, count: 0 } as const;
    if (side.isInside) {
      const isSame = !isPending && state.border === undefined;
      return dwelling(isSame ? state : back, { ready, move, until: atOf(row) }, notice);
    }
    if (!isPending && state.border !== undefined) return state;
    return { ...back, border: state.border ?? exitOf(move, ready) };
  }
  const firstAt = isPending ? state.firstAt : atOf(row);
  const out = state.border ?? exitOf(move, ready);
  const border = isPending || atOf(row) - atOf(out) <= lingerMsMax ? out : row;
  const count = isPending ? state.count + 1 : 1;
  const { fixes, exitDwellMs } = ready.confirmation;
  if (count < fixes && (atOf(row) - firstAt < exitDwellMs || (count < 2 && exitDwellMs > 0))) {
    return { ...kept, phase: "pending-out", firstAt, count, border, visitAt };
  }
  dwelling({ ...state, visitAt }, { ready, move, until: atOf(border) }, notice);
  notice({ kind: "left", ready, firstAt, place: border, fixes: rowsOf(move.prev, row) });
  return undefined;
}

/** Gives `dwelt` once a visit, when it has lasted long enough by `until`. */
function dwelling(
  state: ZoneState,
  { ready, move, until }: { ready: ReadyZone; move: Move; until: number },
  notice: Notice,
): ZoneState {
  const { dwellMs } = ready.zone;
  const { since = 0 } = state;
  if (dwellMs === undefined || state.hasDwelt === true || until - since < dwellMs) return state;
  const place = [since + dwellMs, ...move.row.slice(1)];
  const firstAt = state.visitAt ?? state.firstAt;
  notice({ kind: "dwelt", ready, firstAt, place, fixes: rowsOf(move.prev, move.row) });
  return { ...state, hasDwelt: true };
}

/** Nobody is in a zone that is not watched: who was in left when it ceased to be. */
function closed(
  state: ZoneState | undefined,
  move: Move,
  { ready, why }: { readonly ready: ReadyZone; readonly why: Unwatched | "not meant" },
  notice: Notice,
): undefined {
  if (state === undefined || state.phase === "pending-in") return undefined;
  const from = move.prev === undefined ? 0 : atOf(move.prev);
  const to = atOf(move.row);
  const { validFrom } = ready.zone;
  const at =
    why === "not meant" ? Math.min(to, Math.max(from, validFrom)) : ready.unwatchedSince(from, to);
  dwelling(state, { ready, move, until: at }, notice);
  const place = [at, ...(move.prev ?? move.row).slice(1)];
  notice({ kind: "left", ready, firstAt: at, place, fixes: rowsOf(move.prev, move.row), why });
  return undefined;
}

function rowsOf(...rows: readonly (FixRow | undefined)[]): readonly FixRow[] {
  const given = rows.filter((row) => row !== undefined);
  return given.filter((row, at) => given.findIndex((other) => atOf(other) === atOf(row)) === at);
}
