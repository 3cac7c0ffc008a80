// What the pointer does on the map when nothing is drawn: hover shows, click selects, Ctrl or Shift adds.

import type { MapMouseEvent } from "maplibre-gl";
import { movers } from "../live/feed.ts";
import { clearSelection, select } from "../state/actions.ts";
import { hover } from "../state/hover.ts";
import { store } from "../state/store.ts";
import type { MoverRows } from "./movers/mover-rows.ts";
import { nearestSlot } from "./nearest.ts";
import type { Stage } from "./stage.ts";

const REACH_PIXELS = { mouse: 14, touch: 24 };

const onOut = (): void => hover.setState({ over: undefined });

/** Gives what stops it. */
export function createPointer(stage: Stage, rows: MoverRows): () => void {
  const { map } = stage;
  const canvas = map.getCanvas();
  const isCoarse = matchMedia("(pointer: coarse)").matches;

  function slotAt({ point, lngLat }: MapMouseEvent): number | undefined {
    return nearestSlot(
      rows,
      { x: point.x, y: point.y, lon: lngLat.lng, lat: lngLat.lat },
      {
        project: (lon, lat) => {
          const { x, y } = map.project([lon, lat]);
          return [x, y];
        },
        reachPixels: isCoarse ? REACH_PIXELS.touch : REACH_PIXELS.mouse,
        degreesAPixel: 360 / (512 * 2 ** map.getZoom()),
      },
      stage.nowMs(),
    );
  }

  const onMove = (event: MapMouseEvent): void => {
    if (store.getState().draft !== undefined) return;
    const slot = slotAt(event);
    canvas.style.cursor = slot === undefined ? "" : "pointer";
    const over = slot === undefined ? undefined : { slot, x: event.point.x, y: event.point.y };
    if (over !== undefined || hover.getState().over !== undefined) hover.setState({ over });
  };
  const onClick = (event: MapMouseEvent): void => {
    if (store.getState().draft !== undefined) return;
    const slot = slotAt(event);
    const asset = slot === undefined ? "" : (movers.assets[slot] ?? "");
    const { ctrlKey, metaKey, shiftKey } = event.originalEvent;
    if (asset !== "") select(asset, { isAdded: ctrlKey || metaKey || shiftKey });
    else if (store.getState().selected.length > 0) clearSelection();
  };
  map.on("mousemove", onMove);
  map.on("mouseout", onOut);
  map.on("movestart", onOut);
  map.on("click", onClick);
  return () => {
    map.off("mousemove", onMove);
    map.off("mouseout", onOut);
    map.off("movestart", onOut);
    map.off("click", onClick);
  };
}
