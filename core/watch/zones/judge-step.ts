// One step of an asset against all zones that it may concern.

import type { ZoneState } from "./asset-zones.ts";
import type { FixRow } from "./fix.ts";
import { judgeZone, type Noticed } from "./judge.ts";
import { atOf, createMove } from "./move.ts";
import type { ReadyZone } from "./ready-zone.ts";
import type { ZoneSet } from "./zone-set.ts";

export interface Who {
  readonly asset: string;
  readonly kind: string;
}

export interface StepJudged {
  /** By zone id; the very same list when nothing changed. */
  readonly zones: readonly ZoneState[];
  readonly noticed: readonly Noticed[];
}

const nothing: readonly Noticed[] = [];

/** Judges the step from `prev` to `row`. */
export function judgeStep(
  zones: readonly ZoneState[],
  { prev, row }: { readonly prev: FixRow | undefined; readonly row: FixRow },
  who: Who,
  set: ZoneSet,
): StepJudged {
  const at = atOf(row);
  const move = createMove(prev, row);
  let near: ReadyZone[] | undefined;
  set.each(move.range, (ready) => {
    if (near === undefined) near = [ready];
    else if (!near.includes(ready)) near.push(ready);
  });
  if (near === undefined && zones.length === 0) return { zones, noticed: nothing };

  let noticed: Noticed[] | undefined;
  const notice = (one: Noticed): void => {
    if (noticed === undefined) noticed = [one];
    else noticed.push(one);
  };
  const after: ZoneState[] = [];
  let isSame = true;
  for (const state of zones) {
    const next = fromState(state);
    if (next !== state) isSame = false;
    if (next !== undefined) after.push(next);
  }
  for (const ready of near ?? []) {
    const { id } = ready.zone;
    if (zones.some(({ zone }) => zone === id) || set.versionAt(id, at) !== ready) continue;
    const isMeant = ready.selector.means(who.asset, who.kind);
    const next = judgeZone(undefined, move, { ready, isMeant }, notice);
    if (next === undefined) continue;
    isSame = false;
    after.push(next);
  }
  if (isSame) return { zones, noticed: noticed ?? nothing };
  after.sort((a, b) => (a.zone < b.zone ? -1 : 1));
  return { zones: after, noticed: noticed ?? nothing };

  function fromState(state: ZoneState): ZoneState | undefined {
    // A zone that the set knows nothing of is gone; one that had not begun yet stays as it was judged.
    if (!set.has(state.zone)) return undefined;
    const ready = set.versionAt(state.zone, at);
    if (ready === undefined) return state;
    const isMeant = ready.selector.means(who.asset, who.kind);
    return judgeZone(state, move, { ready, isMeant }, notice);
  }
}
