// The smallest box around what is shown, the short way round the world.

import type { Movers } from "../live/movers.ts";

/** West, south, east, north; east beyond 180 where the box crosses the line. Nothing when empty. */
export function boxAround(
  movers: Movers,
  isShown: (slot: number) => boolean,
): readonly [number, number, number, number] | undefined {
  const lons: number[] = [];
  let south = 90;
  let north = -90;
  for (let slot = 0; slot < movers.slots; slot++) {
    const lon = movers.columns.lon[slot] ?? NaN;
    const lat = movers.columns.lat[slot] ?? NaN;
    if (Number.isNaN(lon) || !isShown(slot)) continue;
    lons.push(lon);
    south = Math.min(south, lat);
    north = Math.max(north, lat);
  }
  const sorted = Float64Array.from(lons).toSorted();
  const [first] = sorted;
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) return undefined;
  // The widest gap between neighbours stays outside; at first the one over the line.
  let west = first;
  let east = last;
  let widest = first + 360 - last;
  for (const [i, lon] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before === undefined || lon - before <= widest) continue;
    widest = lon - before;
    west = lon;
    east = before + 360;
  }
  return [west, south, east, north];
}
