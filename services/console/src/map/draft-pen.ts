// What the pointer does to a shape that is being drawn.
//
//   polygon, corridor   click adds a corner; a corner is dragged, Alt-click takes it away; a small dot
//                       between two corners becomes one
//   circle              press, drag, let go; then its middle and its rim are dragged

import type { Map as GroundMap, MapMouseEvent, MapTouchEvent } from "maplibre-gl";
import { distanceM } from "@drover/core/geometry/sphere";
import type { LonLat } from "@drover/core/geometry/sphere";
import { setDraft } from "../state/actions.ts";
import { store } from "../state/store.ts";
import type { Draft } from "../state/store.ts";
import { applyGrip, gripsOf } from "./draft-grips.ts";
import type { Grip } from "./draft-grips.ts";

type Press = MapMouseEvent | MapTouchEvent;

const REACH_PIXELS = { mouse: 12, touch: 26 };
const RADIUS_M_MIN = 1;

/** Follows the pointer of the map; gives what stops it. */
export function createPen(map: GroundMap): () => void {
  let held: Grip | undefined;
  let isNewCircle = false;
  let hasMoved = false;

  function onDown(event: Press): void {
    const { draft } = store.getState();
    if (draft === undefined) return;
    hasMoved = false;
    held = gripAt(map, event, draft);
    isNewCircle = draft.mode === "circle" && draft.points.length === 0;
    if (isNewCircle) setDraft({ points: [placeOf(event)], radiusM: 0 });
    if (held !== undefined || isNewCircle) event.preventDefault();
  }

  function onMove(event: Press): void {
    const { draft } = store.getState();
    if (draft === undefined || (held === undefined && !isNewCircle)) return;
    hasMoved = true;
    const place = placeOf(event);
    const [center] = draft.points;
    if (isNewCircle && center !== undefined) {
      const radiusM = distanceM(center[0], center[1], place[0], place[1]);
      setDraft({ radiusM: Math.max(RADIUS_M_MIN, Math.round(radiusM)) });
    } else if (held !== undefined) {
      const { change, grip } = applyGrip(draft, held, place);
      held = grip;
      setDraft(change);
    }
  }

  function onUp(): void {
    held = undefined;
    isNewCircle = false;
  }

  function onClick(event: MapMouseEvent): void {
    const { draft } = store.getState();
    if (draft === undefined || draft.mode === "circle" || hasMoved) return;
    const grip = gripAt(map, event, draft);
    if (grip?.kind !== "corner") return setDraft({ points: [...draft.points, placeOf(event)] });
    if (!event.originalEvent.altKey) return;
    setDraft({ points: draft.points.filter((_, i) => i !== grip.index) });
  }

  map.on("mousedown", onDown);
  map.on("touchstart", onDown);
  map.on("mousemove", onMove);
  map.on("touchmove", onMove);
  map.on("mouseup", onUp);
  map.on("touchend", onUp);
  map.on("click", onClick);
  return () => {
    map.off("mousedown", onDown);
    map.off("touchstart", onDown);
    map.off("mousemove", onMove);
    map.off("touchmove", onMove);
    map.off("mouseup", onUp);
    map.off("touchend", onUp);
    map.off("click", onClick);
  };
}

function placeOf({ lngLat }: Press): LonLat {
  const { lng, lat } = lngLat.wrap();
  return [lng, lat];
}

/** The nearest within reach; corners come after the dots between them, and win when they are as near. */
function gripAt(map: GroundMap, { point }: Press, draft: Draft): Grip | undefined {
  const isCoarse = matchMedia("(pointer: coarse)").matches;
  let best = isCoarse ? REACH_PIXELS.touch : REACH_PIXELS.mouse;
  let found: Grip | undefined;
  for (const grip of gripsOf(draft)) {
    const { x, y } = map.project([grip.place[0], grip.place[1]]);
    const far = Math.hypot(x - point.x, y - point.y);
    if (far > best) continue;
    best = far;
    found = grip;
  }
  return found;
}
