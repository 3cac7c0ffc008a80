// Which mover lies under the pointer: looked for among places on the screen, without asking the
// graphics card, which would have to stop for it.

import type { MoverRows } from "./movers/mover-rows.ts";

export interface Screen {
  /** Pixels of a place; x, y. */
  readonly project: (lon: number, lat: number) => readonly [number, number];
  readonly reachPixels: number;
  /** Degrees that a pixel is at most, to leave out what is far without projecting it. */
  readonly degreesAPixel: number;
}

/** The nearest drawn slot within reach; undefined when there is none. */
export function nearestSlot(
  rows: Pick<MoverRows, "count" | "seen" | "isDrawn">,
  at: { readonly x: number; readonly y: number; readonly lon: number; readonly lat: number },
  screen: Screen,
  nowMs: number,
): number | undefined {
  const reachDeg = screen.reachPixels * screen.degreesAPixel * 1.5;
  let found: number | undefined;
  let best = screen.reachPixels;
  for (let slot = 0; slot < rows.count; slot++) {
    if (!rows.isDrawn(slot)) continue;
    const [lon, lat] = rows.seen(slot, nowMs);
    if (Math.abs(lat - at.lat) > reachDeg) continue;
    const turns = Math.round((at.lon - lon) / 360);
    if (Math.abs(lon + 360 * turns - at.lon) > reachDeg) continue;
    const [x, y] = screen.project(lon + 360 * turns, lat);
    const far = Math.hypot(x - at.x, y - at.y);
    if (far > best) continue;
    best = far;
    found = slot;
  }
  return found;
}
