// What the pointer is over: apart from the rest of the state, as it changes with every move.

import { createStore } from "zustand/vanilla";

export interface Hover {
  /** Slot of the mover. */
  readonly slot: number;
  /** Of the map's place, CSS pixels. */
  readonly x: number;
  readonly y: number;
}

export const hover = createStore<{ readonly over: Hover | undefined }>(() => ({ over: undefined }));
