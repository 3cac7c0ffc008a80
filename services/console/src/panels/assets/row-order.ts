// The rows of the table of assets: which, and in what order.

import type { Movers } from "../../live/movers.ts";
import type { Filter } from "../../state/store.ts";
import { kindAt, matches } from "./matches.ts";

export const sortKeys = ["name", "kind", "altitude", "speed", "age"] as const;
export type SortKey = (typeof sortKeys)[number];

export interface RowChoice {
  readonly filter: Filter;
  /** Assets in the filter's zone. */
  readonly inside?: ReadonlySet<string> | undefined;
  readonly sort: SortKey;
  readonly isDescending: boolean;
}

/** Slots of the movers that pass, sorted; what is unknown comes last either way, ties by name. */
export function rowsOf(movers: Movers, choice: RowChoice): readonly number[] {
  const slots: number[] = [];
  for (let slot = 0; slot < movers.slots; slot++) {
    if (matches(movers, slot, choice.filter, choice.inside)) slots.push(slot);
  }
  const names = new Map(slots.map((slot) => [slot, (movers.labels[slot] ?? "").toLowerCase()]));
  const byName = (a: number, b: number): number => compare(names.get(a), names.get(b)) || a - b;
  const key = keyOf(movers, choice.sort);
  const sign = choice.isDescending ? -1 : 1;
  if (key === undefined) return slots.toSorted((a, b) => sign * byName(a, b));
  return slots.toSorted((a, b) => compareKnown(key(a), key(b), sign) || byName(a, b));
}

function keyOf(movers: Movers, sort: SortKey): ((slot: number) => number | string) | undefined {
  const { columns } = movers;
  switch (sort) {
    case "name":
      return undefined;
    case "kind":
      return (slot) => kindAt(movers, slot);
    case "altitude":
      return (slot) => columns.altitudeM[slot] ?? Number.NaN;
    case "speed":
      return (slot) => columns.speedMps[slot] ?? Number.NaN;
    case "age":
      // The oldest has the greatest age.
      return (slot) => -(columns.at[slot] ?? Number.NaN);
  }
}

function compare<T extends string | number>(a: T | undefined, b: T | undefined): number {
  if (a === b || a === undefined || b === undefined) return 0;
  return a < b ? -1 : 1;
}

function compareKnown(a: number | string, b: number | string, sign: 1 | -1): number {
  const isUnknownA = Number.isNaN(a);
  const isUnknownB = Number.isNaN(b);
  if (isUnknownA || isUnknownB) return Number(isUnknownA) - Number(isUnknownB);
  return sign * compare(a, b);
}
