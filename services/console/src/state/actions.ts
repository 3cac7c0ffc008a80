// Everything that changes the state: components and keys call these, nothing else writes to the store.

import type { Alert } from "@drover/core/model/alert";
import type { StoredEvent } from "@drover/core/model/event";
import type { Zone } from "@drover/core/model/zone";
import { draftOf } from "./draft.ts";
import { store } from "./store.ts";
import type {
  ConsoleState,
  Draft,
  Filter,
  HeatChoice,
  LinkState,
  PanelName,
  Replay,
  Role,
  Theme,
  View,
} from "./store.ts";

/** Events kept in the page: the oldest are dropped. */
export const eventsMax = 500;
/** Alerts in the page beyond which the oldest that are cleared are dropped. */
export const alertsMax = 500;
/** Toasts at once: the oldest are dropped. */
export const toastsMax = 4;

const set = (change: Partial<ConsoleState>): void => store.setState(change);

// Panels and sheets

export const openPanel = (panel: PanelName): void => set({ panel });
export const closePanel = (): void => set({ panel: undefined });
export const togglePanel = (panel: PanelName): void =>
  set({ panel: store.getState().panel === panel ? undefined : panel });
export const openPalette = (): void => set({ isPaletteOpen: true, isHelpOpen: false });
export const closePalette = (): void => set({ isPaletteOpen: false });
export const openHelp = (): void => set({ isHelpOpen: true, isPaletteOpen: false });
export const closeHelp = (): void => set({ isHelpOpen: false });

// Assets

/** Selects one asset and opens its page; with `isAdded` it joins, or leaves, those selected. */
export function select(asset: string, { isAdded = false } = {}): void {
  const { selected, panel } = store.getState();
  if (!isAdded) return set({ selected: [asset], panel: "asset", followed: undefined });
  const others = selected.filter((one) => one !== asset);
  const next = others.length < selected.length ? others : [...others, asset];
  set({ selected: next, panel: next.length === 0 && panel === "asset" ? undefined : panel });
}

export function clearSelection(): void {
  const { panel } = store.getState();
  set({ selected: [], followed: undefined, panel: panel === "asset" ? undefined : panel });
}

/** Keeps the map's middle on an asset; none when absent. */
export const follow = (followed: string | undefined): void => set({ followed });

/** Changes the members that are given; one that is `undefined` is filtered by no more. */
export const setFilter = (change: Partial<Filter>): void => {
  const merged = { ...store.getState().filter, ...change };
  set({ filter: Object.fromEntries(Object.entries(merged).filter(isSaid)) });
};

const isSaid = ([, value]: [string, unknown]): boolean =>
  value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0);

export const clearFilter = (): void => set({ filter: {} });

// What the map shows, and how

/** What the map itself reports; to move the map, use `goTo` and `fitTo` of `state/map-orders.ts`. */
export const setView = (view: View): void => set({ view });
export const setTrails = (trails: ConsoleState["trails"]): void => set({ trails });
export const setLabels = (labels: boolean): void => set({ labels });
export const setRamp = (ramp: ConsoleState["ramp"]): void => set({ ramp });
export const setTheme = (theme: Theme): void => set({ theme });
export const setClock = (clock: ConsoleState["clock"]): void => set({ clock });
export const setUnits = (units: ConsoleState["units"]): void => set({ units });
/** Tiles come from here, or from an origin that the server lets pages ask (`DROVER_TILE_ORIGINS`). */
export const setTiles = (address: string): void =>
  set({ tiles: address.trim() === "" ? undefined : address.trim() });
export const setHeat = (heat: HeatChoice | undefined): void => set({ heat });

// Time

/** Shows `[from, to]` instead of the present; starts at `at`, else at its beginning. */
export function startReplay(range: {
  from: number;
  to: number;
  at?: number;
  speed?: number;
}): void {
  const { from, to, at = from, speed = 60 } = range;
  const replay = { from, to, at: Math.min(to, Math.max(from, at)), speed, isPlaying: false };
  set({ replay, followed: undefined });
}

/** Changes where, how fast and whether it plays; nothing when live. */
export function setReplay(change: Partial<Replay>): void {
  const { replay } = store.getState();
  if (replay === undefined) return;
  const next = { ...replay, ...change };
  set({ replay: { ...next, at: Math.min(next.to, Math.max(next.from, next.at)) } });
}

export const goLive = (): void => set({ replay: undefined });

// Drawing

/** Begins a new shape, or the editing of a zone's when its shape can be edited by hand. */
export function startDraft(mode: Draft["mode"]): void {
  const widthM = mode === "corridor" ? { widthM: 10_000 } : {};
  set({ draft: { mode, points: [], ...widthM } });
}

/** False when the shape is of more than one ring: its vertices are not for editing by hand. */
export function editZone(zone: Zone): boolean {
  const draft = draftOf(zone);
  if (draft !== undefined) set({ draft });
  return draft !== undefined;
}

export function setDraft(change: Partial<Draft>): void {
  const { draft } = store.getState();
  if (draft !== undefined) set({ draft: { ...draft, ...change } });
}

export const cancelDraft = (): void => set({ draft: undefined });

// What the server says

export const setSession = (session: { role: Role; label: string } | undefined): void =>
  set({ session });
export const setLink = (link: LinkState): void => {
  if (store.getState().link !== link) set({ link });
};
export const setZones = (zones: readonly Zone[]): void => set({ zones });
export const hideZones = (hiddenZones: readonly string[]): void => set({ hiddenZones });
export const setAlerts = (alerts: readonly Alert[]): void => set({ alerts });

/** Puts an alert in the place of its older self. */
export function putAlert(alert: Alert): void {
  const others = store.getState().alerts.filter(({ id }) => id !== alert.id);
  const kept = others.filter(({ state }, at) => state !== "cleared" || at < alertsMax - 1);
  set({ alerts: [alert, ...kept] });
}

/** Adds events, each once, the newest first. */
export function addEvents(events: readonly StoredEvent[]): void {
  const known = store.getState().events;
  const ids = new Set(known.map(({ id }) => id));
  const fresh = events.filter(({ id }) => !ids.has(id));
  if (fresh.length === 0) return;
  const all = [...fresh, ...known].toSorted((a, b) => b.number - a.number);
  set({ events: all.slice(0, eventsMax) });
}

let toastId = 0;
/** Says something for a few seconds; `alert` is the alert that it opens. */
export function toast(text: string, alert?: string): void {
  const one = { id: ++toastId, text, ...(alert !== undefined && { alert }) };
  set({ toasts: [...store.getState().toasts, one].slice(-toastsMax) });
}
export const dismissToast = (id: number): void =>
  set({ toasts: store.getState().toasts.filter((one) => one.id !== id) });
