// Movers on the map: rows follow the table, frames follow the clock. A frame is drawn when something
// moved by a part of a pixel, not before.

import type { MoverTable } from "../../live/movers.ts";
import { store } from "../../state/store.ts";
import type { ConsoleState } from "../../state/store.ts";
import { altitudeRamps } from "../ramps.ts";
import type { MapPart, Stage } from "../stage.ts";
import { MoverLayer } from "../movers/mover-layer.ts";
import type { MoverFrame } from "../movers/mover-layer.ts";
import { MoverRows, settleSeconds } from "../movers/mover-rows.ts";
import type { RowLook } from "../movers/mover-rows.ts";
import { shownBy } from "../movers/shown.ts";

export interface MoversPart extends MapPart {
  readonly rows: MoverRows;
  readonly layers: () => readonly [MoverLayer];
  /** To be called at every frame of the browser; says whether it asked for a drawing. */
  tick(): boolean;
  /** Rewrites every row: another filter, ramp or selection. */
  rewrite(): void;
  /** How strongly they are drawn, 0 to 1: density takes over from afar. */
  fade(opacity: number): void;
}

export interface MoversDeps {
  readonly movers: MoverTable;
  readonly isInZone: (zone: string, slot: number) => boolean;
}

/** Movement that nobody sees, pixels. */
const STILL_PIXELS = 0.4;
const FRAME_MS = 15;
const IDLE_MS = 1_000;
/** Metres a pixel at zoom 0 on the equator, for tiles of 512. */
const METRES_A_PIXEL = 78_271.517;

/** How long a picture stays true, ms. */
export function frameIntervalMs(speedMps: number, metresAPixel: number): number {
  const pixelsPerS = speedMps / metresAPixel;
  const ms = pixelsPerS > 0 ? (STILL_PIXELS / pixelsPerS) * 1000 : IDLE_MS;
  return Math.min(IDLE_MS, Math.max(FRAME_MS, ms));
}

const sizeAt = (zoom: number): number => Math.min(15, Math.max(8.5, 6.5 + zoom * 0.85));

export function createMovers(stage: Stage, deps: MoversDeps): MoversPart {
  const { movers } = deps;
  const rows = new MoverRows(stage.nowMs());
  const frame: MoverFrame = {
    nowMs: stage.nowMs(),
    sizePixels: 12,
    bearingDeg: 0,
    opacity: 1,
    haloColor: [0, 0, 0, 1],
    ringColor: [1, 1, 1, 1],
  };
  const layer = new MoverLayer({ id: "movers", rows, frame, data: [], pickable: false });
  let look = lookOf(store.getState(), deps);
  let drawnMs = 0;
  let settlesUntilMs = 0;

  const metresAPixel = (): number =>
    (METRES_A_PIXEL * Math.cos((stage.map.getCenter().lat * Math.PI) / 180)) /
    2 ** stage.map.getZoom();

  function write(slots: Uint32Array): void {
    rows.write(movers, slots, look, stage.nowMs());
    const jumpPixels = (rows.jumpDegMax * 111_195) / metresAPixel();
    if (jumpPixels > STILL_PIXELS) settlesUntilMs = performance.now() + settleSeconds * 1000;
    layer.send(slots);
  }

  function rewrite(): void {
    look = lookOf(store.getState(), deps);
    write(Uint32Array.from({ length: movers.slots }, (_, slot) => slot));
  }

  function restyle(): void {
    const { halo, accent } = stage.colors();
    frame.haloColor = [halo[0] / 255, halo[1] / 255, halo[2] / 255, 0.9];
    frame.ringColor = [accent[0] / 255, accent[1] / 255, accent[2] / 255, 1];
  }

  restyle();
  const unlisten = movers.listen(write);
  const unsubscribe = store.subscribe((now, before) => {
    const isOther =
      now.filter !== before.filter || now.ramp !== before.ramp || now.selected !== before.selected;
    if (isOther) rewrite();
  });
  return {
    rows,
    layers: () => [layer],
    rewrite,
    restyle,
    tick() {
      const nowMs = performance.now();
      const every = frameIntervalMs(rows.speedMpsMax, metresAPixel());
      const waitMs = nowMs < settlesUntilMs ? FRAME_MS : every;
      frame.nowMs = stage.nowMs();
      frame.sizePixels = sizeAt(stage.map.getZoom());
      frame.bearingDeg = stage.map.getBearing();
      if (nowMs - drawnMs < waitMs) return false;
      drawnMs = nowMs;
      layer.setNeedsRedraw();
      return true;
    },
    fade(opacity) {
      if (frame.opacity === opacity) return;
      frame.opacity = opacity;
      layer.setNeedsRedraw();
    },
    [Symbol.dispose]() {
      unlisten();
      unsubscribe();
    },
  };
}

function lookOf(state: ConsoleState, { movers, isInZone }: MoversDeps): RowLook {
  const { zone } = state.filter;
  const selected = new Set(state.selected);
  return {
    ramp: altitudeRamps[state.ramp],
    isShown: shownBy(state.filter, movers, (slot) => zone !== undefined && isInZone(zone, slot)),
    isSelected: (slot) => selected.has(movers.assets[slot] ?? ""),
  };
}
