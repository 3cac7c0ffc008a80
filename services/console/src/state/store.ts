// What the console shows, in one place. The address bar is made of it and read into it
// (`url/address.ts`); components select from it; map layers are told by `map/bind.ts`. What moves is not
// in it: movers live in the table of `live/`, whose `tick` says that they changed.

import { createStore } from "zustand/vanilla";
import type { Alert } from "@drover/core/model/alert";
import type { StoredEvent } from "@drover/core/model/event";
import type { Zone } from "@drover/core/model/zone";

export type Role = "viewer" | "operator" | "admin";
export type Theme = "dark" | "light" | "system";
/** What lies on the left or, on a phone, over the lower half. */
export type PanelName =
  | "assets"
  | "asset"
  | "zones"
  | "rules"
  | "alerts"
  | "events"
  | "links"
  | "heat"
  | "settings";
export type LinkState = "connecting" | "live" | "stale" | "offline" | "signed-out";

export interface View {
  readonly lon: number;
  readonly lat: number;
  readonly zoom: number;
  readonly bearing: number;
  readonly pitch: number;
}

/** Which assets are shown; everything where a member is absent. */
export interface Filter {
  readonly kinds?: readonly string[];
  readonly text?: string;
  readonly altitudeM?: readonly [number, number];
  readonly speedMps?: readonly [number, number];
  readonly zone?: string;
}

/** Live when absent; otherwise what was at `at`, epoch ms. */
export interface Replay {
  readonly from: number;
  readonly to: number;
  readonly at: number;
  readonly speed: number;
  readonly isPlaying: boolean;
}

export interface HeatChoice {
  /** `density`, or the name of a measurement. */
  readonly metric: string;
  readonly from: number;
  readonly to: number | "now";
}

/** What a person draws or edits; `points` are [lon, lat]. */
export interface Draft {
  readonly mode: "polygon" | "circle" | "corridor";
  readonly points: readonly (readonly [number, number])[];
  readonly radiusM?: number;
  readonly widthM?: number;
  /** The zone that is edited; a new one when absent. */
  readonly zone?: string;
}

export interface ConsoleState {
  readonly session: { readonly role: Role; readonly label: string } | undefined;
  readonly link: LinkState;
  readonly view: View;
  readonly filter: Filter;
  readonly panel: PanelName | undefined;
  /** Selected assets, the last one shown in its panel. */
  readonly selected: readonly string[];
  readonly followed: string | undefined;
  readonly trails: "none" | "selected" | "all";
  readonly labels: boolean;
  readonly ramp: "altitude" | "safe";
  readonly theme: Theme;
  readonly clock: "utc" | "local";
  /** Of altitudes and speeds on the screen; all else is SI. */
  readonly units: "metric" | "aviation";
  /** Address of raster tiles over the ground, `…/{z}/{x}/{y}.png` or `….pmtiles`; none when absent. */
  readonly tiles: string | undefined;
  readonly replay: Replay | undefined;
  readonly heat: HeatChoice | undefined;
  readonly draft: Draft | undefined;
  readonly zones: readonly Zone[];
  /** Ids of zones that are not drawn; they are watched all the same. */
  readonly hiddenZones: readonly string[];
  readonly alerts: readonly Alert[];
  /** The newest first, at most 500. */
  readonly events: readonly StoredEvent[];
  readonly toasts: readonly {
    readonly id: number;
    readonly text: string;
    readonly alert?: string;
  }[];
  readonly isPaletteOpen: boolean;
  readonly isHelpOpen: boolean;
}

const initial: ConsoleState = {
  session: undefined,
  link: "connecting",
  view: { lon: 134, lat: -25, zoom: 3.6, bearing: 0, pitch: 0 },
  filter: {},
  panel: undefined,
  selected: [],
  followed: undefined,
  trails: "selected",
  labels: true,
  ramp: "altitude",
  theme: "system",
  clock: "utc",
  units: "metric",
  tiles: undefined,
  replay: undefined,
  heat: undefined,
  draft: undefined,
  zones: [],
  hiddenZones: [],
  alerts: [],
  events: [],
  toasts: [],
  isPaletteOpen: false,
  isHelpOpen: false,
};

/** The one state of the page; change it with `store.setState` in `state/actions.ts`. */
export const store = createStore<ConsoleState>(() => initial);
