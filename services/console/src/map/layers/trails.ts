// Where movers came from: of those selected from history and then live, of all others from what this
// page has seen.

import { PathLayer } from "@deck.gl/layers";
import { askTrack } from "../../api/assets.ts";
import type { MoverTable } from "../../live/movers.ts";
import { store } from "../../state/store.ts";
import { altitudeRamps, moverColor } from "../ramps.ts";
import type { MapPart, Stage } from "../stage.ts";
import { TrailBook } from "../trail-book.ts";
import type { Trail } from "../trail-book.ts";

const HISTORY_MS = 3 * 3_600_000;
const HISTORY_POINTS = 1_000;
const DRAW_EVERY_MS = 1_000;

export function createTrails(stage: Stage, movers: MoverTable): MapPart {
  const book = new TrailBook();
  let layer = layerOf([]);
  let isStale = false;
  let asking = new AbortController();

  function draw(): void {
    isStale = false;
    const { trails, selected } = store.getState();
    const wanted = trails === "all" ? book.all() : trails === "none" ? [] : book.of(selected);
    layer = layerOf(wanted);
    stage.restack();
  }

  /** What lies before the page was opened, or was not looked at. */
  async function askHistory(asset: string, signal: AbortSignal): Promise<void> {
    const to = Math.round(stage.nowMs());
    const range = { from: to - HISTORY_MS, to, points: HISTORY_POINTS };
    const track = await askTrack(asset, range, signal).catch(() => undefined);
    if (track === undefined || signal.aborted) return;
    book.begin(asset, track.points);
    isStale = true;
  }

  function askSelected(): void {
    asking.abort();
    asking = new AbortController();
    const { selected, trails } = store.getState();
    if (trails === "none") return;
    for (const asset of selected.slice(-10)) void askHistory(asset, asking.signal);
  }

  const unlisten = movers.listen((changed) => {
    const { trails, selected } = store.getState();
    if (movers.count === 0) book.clear();
    if (trails === "none" || (trails === "selected" && selected.length === 0)) return;
    const isAll = trails === "all";
    for (const slot of changed) {
      const asset = movers.assets[slot] ?? "";
      if (asset !== "" && (isAll || selected.includes(asset))) book.add(movers, slot);
    }
    isStale = true;
  });
  const unsubscribe = store.subscribe((now, before) => {
    const isOther =
      now.selected !== before.selected ||
      now.trails !== before.trails ||
      (now.replay === undefined) !== (before.replay === undefined);
    if (isOther) askSelected();
    if (isOther || now.ramp !== before.ramp) draw();
  });
  const timer = setInterval(() => isStale && draw(), DRAW_EVERY_MS);
  askSelected();
  return {
    layers: () => [layer],
    [Symbol.dispose]() {
      clearInterval(timer);
      asking.abort();
      unlisten();
      unsubscribe();
    },
  };
}

function layerOf(trails: readonly Trail[]): PathLayer<Trail> {
  const { ramp, selected } = store.getState();
  return new PathLayer<Trail>({
    id: "trails",
    data: [...trails],
    getPath: ({ path }) => [...path],
    getColor: ({ altitudesM, asset }) => {
      const kind = asset.slice(0, asset.indexOf(":"));
      const alpha = selected.includes(asset) ? 220 : 110;
      return altitudesM.map((altitudeM): [number, number, number, number] => [
        ...moverColor(altitudeRamps[ramp], { kind, altitudeM, isOnGround: false }),
        alpha,
      ]);
    },
    getWidth: ({ asset }) => (selected.includes(asset) ? 2.4 : 1.2),
    widthUnits: "pixels",
    jointRounded: true,
    capRounded: true,
  });
}
