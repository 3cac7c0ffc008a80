// The map as a whole: makes the ground and the parts, draws frames while something moves, and takes all
// of it down again. The only file that knows every part.

import { MapboxOverlay } from "@deck.gl/mapbox";
import { Map as GroundMap, setWorkerCount, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { groundUrls } from "virtual:ground";
import { movers, shownMs } from "../live/feed.ts";
import { themeOf } from "../look/theme.ts";
import { store } from "../state/store.ts";
import { boxAround } from "./box-around.ts";
import { createCamera } from "./camera.ts";
import { createGround } from "./layers/ground.ts";
import { groundStyle, mapColors } from "./ground-style.ts";
import { createMovers } from "./layers/movers.ts";
import { createPointer } from "./pointer.ts";
import type { MapPart, Stage } from "./stage.ts";
import { createSubscription } from "./subscription.ts";
import { createZoneFilter } from "./zone-filter.ts";

export type ConsoleMap = Disposable;

const ZOOM = { min: 0.8, max: 18 };

/** Makes the map in that place, as the state has it. */
export function createConsoleMap(place: HTMLElement): ConsoleMap {
  setWorkerUrl(workerUrl);
  // The ground is one source; a second worker would only cost its start.
  setWorkerCount(1);
  const { view } = store.getState();
  const colors = () => mapColors[themeOf(store.getState().theme)];
  const map = new GroundMap({
    container: place,
    style: groundStyle(colors(), groundUrls[0]),
    center: [view.lon, view.lat],
    zoom: view.zoom,
    bearing: view.bearing,
    pitch: view.pitch,
    minZoom: ZOOM.min,
    maxZoom: ZOOM.max,
    attributionControl: false,
    keyboard: false,
    fadeDuration: 0,
  });
  const overlay = new MapboxOverlay({ interleaved: false, layers: [] });
  const parts: MapPart[] = [];
  let isStacked = false;
  const stack = (): void => {
    isStacked = true;
    overlay.setProps({ layers: parts.flatMap((part) => part.layers?.() ?? []) });
  };
  const stage: Stage = { map, nowMs: shownMs, colors, restack: () => (isStacked = false) };

  const zoneFilter = createZoneFilter(() => moving.rewrite());
  const moving = createMovers(stage, { movers, inside: zoneFilter.inside });
  const camera = createCamera(map, () => boxAround(movers, (slot) => moving.rows.isDrawn(slot)));
  parts.push(createGround(stage), moving);
  const stopPointer = createPointer(stage, moving.rows);
  const stopSubscription = createSubscription(map);
  map.addControl(overlay);

  const unsubscribe = store.subscribe(({ theme }, before) => {
    if (theme === before.theme && theme !== "system") return;
    if (theme !== before.theme) for (const part of parts) part.restyle?.();
  });
  const onSystem = (): void => parts.forEach((part) => part.restyle?.());
  const system = matchMedia("(prefers-color-scheme: light)");
  system.addEventListener("change", onSystem);

  let frame = requestAnimationFrame(function draw() {
    frame = requestAnimationFrame(draw);
    const { followed } = store.getState();
    const slot = followed === undefined ? undefined : movers.slotOf(followed);
    const isDue = moving.tick();
    if (isDue && slot !== undefined) camera.keepOn(...moving.rows.seen(slot, shownMs()));
    if (!isStacked) stack();
  });
  return {
    [Symbol.dispose]() {
      cancelAnimationFrame(frame);
      system.removeEventListener("change", onSystem);
      unsubscribe();
      stopSubscription();
      stopPointer();
      zoneFilter[Symbol.dispose]();
      camera[Symbol.dispose]();
      for (const part of parts) part[Symbol.dispose]();
      map.remove();
    },
  };
}
