// Which movers a filter lets through.

import type { Movers } from "../../live/movers.ts";
import type { Filter } from "../../state/store.ts";

/** Holds for a slot that is to be shown; `isInZone` answers for the filter's zone. */
export function shownBy(
  filter: Filter,
  movers: Movers,
  isInZone: (slot: number) => boolean,
): (slot: number) => boolean {
  const { kinds, text = "", altitudeM, speedMps, zone } = filter;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (slot) => {
    const { columns } = movers;
    if (kinds !== undefined && !kinds.includes(movers.kinds[columns.kind[slot] ?? 0] ?? "")) {
      return false;
    }
    if (!isBetween(columns.altitudeM[slot] ?? NaN, altitudeM)) return false;
    if (!isBetween(columns.speedMps[slot] ?? NaN, speedMps)) return false;
    if (words.length > 0) {
      const name = `${movers.assets[slot]} ${movers.labels[slot]}`.toLowerCase();
      if (!words.every((word) => name.includes(word))) return false;
    }
    return zone === undefined || isInZone(slot);
  };
}

/** What is not known is in no range. */
const isBetween = (value: number, range: readonly [number, number] | undefined): boolean =>
  range === undefined || (value >= range[0] && value <= range[1]);
