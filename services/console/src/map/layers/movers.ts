// Movers on the map: rows follow the table, frames follow the clock. A frame is drawn when something
// moved by a part of a pixel, not before.

import type { MoverTable } from "../../live/movers.ts";
import { store } from "../../state/store.ts";
import type { ConsoleState } from "../../state/store.ts";
import { altitudeRamps } from "../ramps.ts";
import { metresAPixel } from "../scale.ts";
import type { MapPart, Stage } from "../stage.ts";
import { MoverLayer } from "../movers/mover-layer.ts";
import type { MoverFrame } from "../movers/mover-layer.ts";
import { MoverRows, settleSeconds } from "../movers/mover-rows.ts";
import type { RowLook } from "../movers/mover-rows.ts";
import { matches } from "../../panels/assets/matches.ts";

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
  /** Assets in the filter's zone; undefined until that is known. */
  readonly inside: () => ReadonlySet<string> | undefined;
}

/** Movement that nobody sees, pixels. */
const STILL_PIXELS = 0.4;
const FRAME_MS = 15;
const IDLE_MS = 1_000;

/** How long a picture stays true, ms. */
export function frameIntervalMs(speedMps: number, metresOfPixel: number): number {
  const pixelsPerS = speedMps / metresOfPixel;
  const ms = pixelsPerS > 0 ? (STILL_PIXELS / pixelsPerS) * 1000 : IDLE_MS;
  return Math.min(IDLE_MS, Math.max(FRAME_MS, ms));
}

const sizeAt = (zoom: number): number => Math.min(23, Math.max(10, 10 + zoom * 1.5));

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

  const metresOfPixel = (): number => metresAPixel(stage.map.getCenter().lat, stage.map.getZoom());

  function write(slots: Uint32Array): void {
    rows.write(movers, slots, look, stage.nowMs());
    const jumpPixels = (rows.jumpDegMax * 111_195) / metresOfPixel();
    if (jumpPixels > STILL_PIXELS) settlesUntilMs = performance.now() + settleSeconds * 1000;
    layer.send(slots);
  }

  function rewrite(): void {
    look = lookOf(store.getState(), deps);
    write(Uint32Array.from({ length: movers.slots }, (_, slot) => slot));
  }

  function restyle(): void {
    const { rim, accent } = stage.colors();
    frame.haloColor = [rim[0] / 255, rim[1] / 255, rim[2] / 255, rim[3] / 255];
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
      const every = frameIntervalMs(rows.speedMpsMax, metresOfPixel());
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

function lookOf(state: ConsoleState, { movers, inside }: MoversDeps): RowLook {
  const { filter } = state;
  const selected = new Set(state.selected);
  const among = inside();
  return {
    ramp: altitudeRamps[state.ramp],
    isShown: (slot) => matches(movers, slot, filter, among),
    isSelected: (slot) => selected.has(movers.assets[slot] ?? ""),
  };
}
