// The heat-map: H3 cells that history counted, asked for anew when the map moved or time went on.

import { SolidPolygonLayer } from "@deck.gl/layers";
import { askHeat } from "../../api/heat.ts";
import type { Heat, HeatQuestion } from "../../api/heat.ts";
import { heatShown } from "../../state/heat-shown.ts";
import { store } from "../../state/store.ts";
import type { HeatChoice } from "../../state/store.ts";
import { bounds, boxOf, padded } from "../bounds.ts";
import { scaleOf, shareOf } from "../heat-colors.ts";
import type { HeatScale } from "../heat-colors.ts";
import { colorAt, heatRamp } from "../ramps.ts";
import { createSettle } from "../settle.ts";
import type { MapPart, Stage } from "../stage.ts";
import { unwrapped } from "../zone-outline.ts";

/** An answer takes longer than that of the feed. */
const SETTLED = { afterMs: 400, latestMs: 5_000 };
const LIVE_EVERY_MS = 30_000;
const PAD = 0.25;
const ALPHA = 150;

interface Cell {
  readonly ring: [number, number][];
  readonly value: number;
}

export function createHeat(stage: Stage): MapPart {
  let layer = layerOf([], { least: 0, most: 1, isLogarithmic: true });
  let asking = new AbortController();

  function clear(): void {
    layer = layerOf([], { least: 0, most: 1, isLogarithmic: true });
    heatShown.setState({ state: "off", cells: 0 });
    stage.restack();
  }

  async function show(answer: Heat, isDensity: boolean, signal: AbortSignal): Promise<void> {
    const { cells, truncated, resolution } = answer;
    // Half a megabyte that only those fetch who look at heat.
    const { cellToBoundary } = await import("h3-js");
    if (signal.aborted) return;
    const drawn = cells.map(({ cell, reports, value }) => ({
      ring: unwrapped(cellToBoundary(cell).map(([lat, lon]) => [lon, lat])),
      value: isDensity ? reports : (value ?? NaN),
    }));
    const known = drawn.filter(({ value }) => !Number.isNaN(value));
    const scale = scaleOf(
      known.map(({ value }) => value),
      isDensity,
    );
    layer = layerOf(known, scale);
    const { length } = known;
    heatShown.setState({ state: "shown", ...scale, cells: length, isCut: truncated, resolution });
    stage.restack();
  }

  async function ask(): Promise<void> {
    const { heat } = store.getState();
    asking.abort();
    if (heat === undefined) return;
    asking = new AbortController();
    const { signal } = asking;
    heatShown.setState({ state: "loading" });
    const answer = await askHeat(questionOf(heat, stage.nowMs()), signal).catch(() => undefined);
    if (signal.aborted) return;
    if (answer === undefined) heatShown.setState({ state: "failed" });
    else await show(answer, heat.metric === "density", signal);
  }

  const settle = createSettle(SETTLED, () => void ask());
  function later(): void {
    if (store.getState().heat === undefined) settle.cancel();
    else settle.later();
  }

  stage.map.on("moveend", later);
  const live = setInterval(() => {
    if (store.getState().heat?.to === "now" && !document.hidden) void ask();
  }, LIVE_EVERY_MS);
  const unsubscribe = store.subscribe(({ heat }, before) => {
    if (heat === before.heat) return;
    if (heat === undefined) clear();
    void ask();
  });
  later();
  return {
    layers: () => [layer],
    [Symbol.dispose]() {
      clearInterval(live);
      settle[Symbol.dispose]();
      asking.abort();
      unsubscribe();
      stage.map.off("moveend", later);
    },
  };
}

function layerOf(cells: readonly Cell[], scale: HeatScale): SolidPolygonLayer<Cell> {
  return new SolidPolygonLayer<Cell>({
    id: "heat",
    data: [...cells],
    getPolygon: ({ ring }) => ring,
    getFillColor: ({ value }) => [...colorAt(heatRamp, shareOf(scale, value)), ALPHA],
  });
}

function questionOf({ metric, from, to }: HeatChoice, nowMs: number): HeatQuestion {
  const box = boxOf(padded(bounds(), PAD));
  return {
    metric: metric === "density" ? undefined : metric,
    from,
    to: to === "now" ? Math.round(nowMs) : to,
    box: box && [box.west, box.south, box.east, box.north],
  };
}
