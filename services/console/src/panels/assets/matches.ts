// Which movers a filter leaves: the same question for the table and for whoever draws.

import type { Filter } from "../../state/store.ts";
import type { Movers } from "../../live/movers.ts";

/** True when a filter says nothing. */
export function isEmptyFilter(filter: Filter): boolean {
  return Object.keys(filter).length === 0;
}

/**
 * Whether the mover in a slot passes. What is not known of it lies in no range; `inside` are the assets
 * in the filter's zone, and without it that part of the filter is left open.
 */
export function matches(
  movers: Movers,
  slot: number,
  filter: Filter,
  inside?: ReadonlySet<string>,
): boolean {
  const asset = movers.assets[slot] ?? "";
  if (asset === "") return false;
  const { kinds, text, altitudeM, speedMps, zone } = filter;
  if (kinds !== undefined && kinds.length > 0 && !kinds.includes(kindAt(movers, slot)))
    return false;
  if (text !== undefined && text !== "" && !holdsText(movers, slot, text.toLowerCase()))
    return false;
  if (altitudeM !== undefined && !isWithin(movers.columns.altitudeM[slot], altitudeM)) return false;
  if (speedMps !== undefined && !isWithin(movers.columns.speedMps[slot], speedMps)) return false;
  return zone === undefined || inside === undefined || inside.has(asset);
}

export const kindAt = (movers: Movers, slot: number): string =>
  movers.kinds[movers.columns.kind[slot] ?? -1] ?? "";

function holdsText(movers: Movers, slot: number, text: string): boolean {
  const asset = movers.assets[slot] ?? "";
  return asset.includes(text) || (movers.labels[slot] ?? "").toLowerCase().includes(text);
}

function isWithin(value = Number.NaN, [least, most]: readonly [number, number]): boolean {
  return value >= least && value <= most;
}
