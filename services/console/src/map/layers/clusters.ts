// From afar, with many movers, signs would be a carpet: then there are circles that say how many are
// there. The grid is one of the world, so that circles stay where they are while the map moves.

import { ScatterplotLayer, TextLayer } from "@deck.gl/layers";
import type { MoverTable } from "../../live/movers.ts";
import { boundsOf } from "../bounds.ts";
import { clustersOf } from "../cluster-grid.ts";
import type { Cluster } from "../cluster-grid.ts";
import type { MoverRows } from "../movers/mover-rows.ts";
import type { MapPart, Stage } from "../stage.ts";
import { mapFont } from "./map-font.ts";

/** Above so many in view and below this zoom. */
const MANY = 3_000;
const ZOOM_MAX = 6;
const CELL_PIXELS = 72;
const DRAW_EVERY_MS = 1_000;

export interface ClustersDeps {
  readonly movers: MoverTable;
  readonly rows: MoverRows;
  /** Circles are drawn, or not any more. */
  readonly onShown: (isShown: boolean) => void;
}

export function createClusters(stage: Stage, { movers, rows, onShown }: ClustersDeps): MapPart {
  const { map } = stage;
  let layers = layersOf([], stage);
  let isShown = false;
  let zoomStep = 0;

  function draw(): void {
    if (document.hidden) return;
    const zoom = map.getZoom();
    const inView = zoom < ZOOM_MAX ? placesInView(movers, rows) : [];
    // Half as many again as it takes to begin, so that it does not flicker.
    const isMany = inView.length > (isShown ? MANY / 1.5 : MANY);
    if (!isMany && !isShown) return;
    zoomStep = Math.round(zoom);
    layers = layersOf(isMany ? clustersOf(inView, zoomStep, CELL_PIXELS) : [], stage);
    isShown = isMany;
    onShown(isShown);
    stage.restack();
  }

  function onZoom(): void {
    if (isShown && Math.round(map.getZoom()) !== zoomStep) draw();
  }

  map.on("zoom", onZoom);
  const timer = setInterval(draw, DRAW_EVERY_MS);
  return {
    layers: () => (isShown ? layers : []),
    restyle: draw,
    [Symbol.dispose]() {
      clearInterval(timer);
      map.off("zoom", onZoom);
    },
  };
}

function placesInView(movers: MoverTable, rows: MoverRows): readonly (readonly [number, number])[] {
  const isInView = boundsOf(0.1);
  const { lon, lat } = movers.columns;
  const found: (readonly [number, number])[] = [];
  for (let slot = 0; slot < movers.slots; slot++) {
    const x = lon[slot] ?? NaN;
    const y = lat[slot] ?? NaN;
    if (rows.isDrawn(slot) && isInView(x, y)) found.push([x, y]);
  }
  return found;
}

function layersOf(clusters: readonly Cluster[], { colors }: Stage) {
  const { accent, label, halo } = colors();
  const data = [...clusters];
  const circles = new ScatterplotLayer<Cluster>({
    id: "clusters",
    data,
    getPosition: ({ lon, lat }) => [lon, lat],
    getRadius: ({ count }) => Math.min(34, 6 + 2.4 * Math.sqrt(count)),
    radiusUnits: "pixels",
    getFillColor: [accent[0], accent[1], accent[2], 70],
    getLineColor: [accent[0], accent[1], accent[2], 200],
    stroked: true,
    lineWidthUnits: "pixels",
    getLineWidth: 1,
  });
  const numbers = new TextLayer<Cluster>({
    id: "cluster-counts",
    data: data.filter(({ count }) => count > 9),
    getText: ({ count }) => (count > 9_999 ? `${Math.round(count / 1000)}k` : String(count)),
    getPosition: ({ lon, lat }) => [lon, lat],
    getColor: [...label],
    getSize: 11,
    ...mapFont(halo),
  });
  return [circles, numbers] as const;
}
