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
import type { MapColors } from "./ground-style.ts";
import { createClusters } from "./layers/clusters.ts";
import { createDraft } from "./layers/draft.ts";
import { createHeat } from "./layers/heat.ts";
import { createLabels } from "./layers/labels.ts";
import { createMovers } from "./layers/movers.ts";
import { createPlaceNames } from "./layers/place-names.ts";
import { createTiles } from "./layers/tiles.ts";
import { createTrails } from "./layers/trails.ts";
import { createZones } from "./layers/zones.ts";
import { createPointer } from "./pointer.ts";
import type { MapPart, Stage } from "./stage.ts";
import { createSubscription } from "./subscription.ts";
import { createZoneFilter } from "./zone-filter.ts";

export type ConsoleMap = Disposable;

const ZOOM = { min: 0.8, max: 18 };

const colors = (): MapColors => mapColors[themeOf(store.getState().theme)];

/** Makes the map in that place, as the state has it. */
export function createConsoleMap(place: HTMLElement): ConsoleMap {
  const map = createGroundMap(place);
  const overlay = new MapboxOverlay({ interleaved: false, layers: [] });
  let isStacked = false;
  const stage: Stage = { map, nowMs: shownMs, colors, restack: () => (isStacked = false) };
  const { parts, moving, labels, camera, stop } = createParts(stage);
  map.addControl(overlay);

  const restyle = (): void => parts.forEach((part) => part.restyle?.());
  const unsubscribe = store.subscribe(({ theme }, before) => {
    if (theme !== before.theme) restyle();
  });
  const system = matchMedia("(prefers-color-scheme: light)");
  system.addEventListener("change", restyle);

  let frame = requestAnimationFrame(function draw() {
    frame = requestAnimationFrame(draw);
    if (moving.tick()) {
      labels.follow();
      const { followed } = store.getState();
      const slot = followed === undefined ? undefined : movers.slotOf(followed);
      if (slot !== undefined) camera.keepOn(...moving.rows.seen(slot, shownMs()));
    }
    if (isStacked) return;
    isStacked = true;
    overlay.setProps({ layers: parts.flatMap((part) => part.layers?.() ?? []) });
  });
  return {
    [Symbol.dispose]() {
      cancelAnimationFrame(frame);
      system.removeEventListener("change", restyle);
      unsubscribe();
      stop();
      map.remove();
    },
  };
}

function createGroundMap(container: HTMLElement): GroundMap {
  setWorkerUrl(workerUrl);
  // The ground is one source; a second worker would only cost its start.
  setWorkerCount(1);
  const { view } = store.getState();
  return new GroundMap({
    container,
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
}

/** Every part, the lowest first, and what moves them. */
function createParts(stage: Stage) {
  const zoneFilter = createZoneFilter(() => moving.rewrite());
  const moving = createMovers(stage, { movers, inside: zoneFilter.inside });
  const { rows } = moving;
  const camera = createCamera(stage.map, () => boxAround(movers, (slot) => rows.isDrawn(slot)));
  const onShown = (areClusters: boolean): void => moving.fade(areClusters ? 0 : 1);
  const labels = createLabels(stage, movers, rows);
  const parts: readonly MapPart[] = [
    createGround(stage),
    createTiles(stage),
    createPlaceNames(stage),
    createZones(stage, movers),
    createHeat(stage),
    createTrails(stage, movers),
    moving,
    createClusters(stage, { movers, rows, onShown }),
    labels,
    createDraft(stage),
  ];
  const stopPointer = createPointer(stage, rows);
  const stopSubscription = createSubscription(stage.map);
  const stop = (): void => {
    stopSubscription();
    stopPointer();
    zoneFilter[Symbol.dispose]();
    camera[Symbol.dispose]();
    for (const part of parts) part[Symbol.dispose]();
  };
  return { parts, moving, labels, camera, stop };
}
