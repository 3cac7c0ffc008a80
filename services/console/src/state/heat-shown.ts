// What of the heat-map is on the map: for its legend, and for who waits for it. The map writes it.

import { createStore } from "zustand/vanilla";

export interface HeatShown {
  readonly state: "off" | "loading" | "shown" | "failed";
  /** What the ends of the ramp mean; the ramp is `heatRamp` of `map/ramps.ts`. */
  readonly least: number;
  readonly most: number;
  /** Equal shares of the ramp are equal ratios, not equal differences. */
  readonly isLogarithmic: boolean;
  readonly cells: number;
  /** There were more; those with the least reports are left out. */
  readonly isCut: boolean;
  /** Of H3. */
  readonly resolution: number;
}

export const heatShown = createStore<HeatShown>(() => ({
  state: "off",
  least: 0,
  most: 0,
  isLogarithmic: true,
  cells: 0,
  isCut: false,
  resolution: 0,
}));
