// What every part of the map is given: the map itself, the moment that is shown, the colours, and how to
// ask for a new drawing.

import type { Layer } from "@deck.gl/core";
import type { Map as GroundMap } from "maplibre-gl";
import type { MapColors } from "./ground-style.ts";

export interface Stage {
  readonly map: GroundMap;
  /** The moment on the screen, epoch ms by the server's clock: now, or what is replayed. */
  readonly nowMs: () => number;
  readonly colors: () => MapColors;
  /** Layers of some part are others than before. */
  readonly restack: () => void;
}

/** A plain module that draws one thing; no component ever touches the map. */
export interface MapPart extends Disposable {
  /** Its deck layers, the lowest first; the same objects as before when nothing changed. */
  layers?(): readonly Layer[];
  /** The colours, or the size of the map, are others. */
  restyle?(): void;
}
