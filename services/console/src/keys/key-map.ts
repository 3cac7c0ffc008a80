// What keys do: one table for the keyboard, the help sheet and the command palette. Where tar1090 has a
// key for a thing, it is the same one here.

import {
  clearFilter,
  clearSelection,
  follow,
  goLive,
  openHelp,
  openPalette,
  openPanel,
  select,
  setClock,
  setLabels,
  setRamp,
  setReplay,
  setTheme,
  setTrails,
  startReplay,
  toast,
  togglePanel,
} from "../state/actions.ts";
import { giveOrder } from "../state/map-orders.ts";
import { store } from "../state/store.ts";
import type { PanelName } from "../state/store.ts";
import { movers, serverNowMs } from "../live/feed.ts";
import { themeOf } from "../look/theme.ts";
import { viewAddress } from "../url/follow-address.ts";
import { escape } from "./escape.ts";

export interface Command {
  readonly id: string;
  /** As `chordOf` writes them; the first is the one that is shown. */
  readonly keys: readonly string[];
  readonly label: string;
  readonly group: "Map" | "Assets" | "Time" | "Panels" | "Page";
  readonly run: () => void;
}

const PAN_PIXELS = 160;
const REPLAY_MS = 3 * 3_600_000;

const pan = (x: number, y: number) => () =>
  giveOrder({ kind: "pan", x: x * PAN_PIXELS, y: y * PAN_PIXELS });
const zoom = (by: number) => () => giveOrder({ kind: "zoom", by });
const panel = (name: PanelName) => () => togglePanel(name);

/** Every command, in the order in which the help sheet shows them. */
export const commands: readonly Command[] = [
  { id: "zoom-in", keys: ["e", "+", "="], label: "Zoom in", group: "Map", run: zoom(1) },
  { id: "zoom-out", keys: ["q", "-"], label: "Zoom out", group: "Map", run: zoom(-1) },
  { id: "north", keys: ["w", "arrowup"], label: "Move up", group: "Map", run: pan(0, -1) },
  { id: "south", keys: ["s", "arrowdown"], label: "Move down", group: "Map", run: pan(0, 1) },
  { id: "west", keys: ["a", "arrowleft"], label: "Move left", group: "Map", run: pan(-1, 0) },
  { id: "east", keys: ["d", "arrowright"], label: "Move right", group: "Map", run: pan(1, 0) },
  {
    id: "home",
    keys: ["h"],
    label: "Show everything that moves",
    group: "Map",
    run: () => giveOrder({ kind: "home" }),
  },
  {
    id: "labels",
    keys: ["l"],
    label: "Names on the map, or none",
    group: "Map",
    run: () => setLabels(!store.getState().labels),
  },
  {
    id: "trails",
    keys: ["t"],
    label: "Trails of all, or of those selected",
    group: "Map",
    run: () => setTrails(store.getState().trails === "all" ? "selected" : "all"),
  },
  {
    id: "ramp",
    keys: ["k"],
    label: "Altitude colours for every eye",
    group: "Map",
    run: () => setRamp(store.getState().ramp === "safe" ? "altitude" : "safe"),
  },
  { id: "follow", keys: ["f"], label: "Follow what is selected", group: "Assets", run: followOne },
  {
    id: "isolate",
    keys: ["i"],
    label: "Show the selected kind alone, or all",
    group: "Assets",
    run: isolate,
  },
  { id: "clear", keys: ["c"], label: "Select nothing", group: "Assets", run: clearSelection },
  { id: "random", keys: ["r"], label: "Select any asset", group: "Assets", run: selectAny },
  {
    id: "clear-filter",
    keys: ["shift+c"],
    label: "Filter nothing",
    group: "Assets",
    run: clearFilter,
  },
  { id: "search", keys: ["/"], label: "Search", group: "Assets", run: search },
  {
    id: "replay",
    keys: ["y"],
    label: "Replay the last hours, or live",
    group: "Time",
    run: replay,
  },
  { id: "play", keys: ["space"], label: "Play or pause the replay", group: "Time", run: play },
  { id: "assets", keys: ["v", "1"], label: "Assets", group: "Panels", run: panel("assets") },
  { id: "alerts", keys: ["2"], label: "Alerts", group: "Panels", run: panel("alerts") },
  { id: "zones", keys: ["3"], label: "Zones", group: "Panels", run: panel("zones") },
  { id: "rules", keys: ["4"], label: "Rules", group: "Panels", run: panel("rules") },
  { id: "events", keys: ["5"], label: "Events", group: "Panels", run: panel("events") },
  { id: "heat", keys: ["6"], label: "Heat-map", group: "Panels", run: panel("heat") },
  { id: "links", keys: ["7"], label: "Links", group: "Panels", run: panel("links") },
  { id: "settings", keys: ["8"], label: "Settings", group: "Panels", run: panel("settings") },
  {
    id: "theme",
    keys: ["b"],
    label: "Dark or light",
    group: "Page",
    run: () => setTheme(themeOf(store.getState().theme) === "dark" ? "light" : "dark"),
  },
  {
    id: "clock",
    keys: ["u"],
    label: "UTC or local time",
    group: "Page",
    run: () => setClock(store.getState().clock === "utc" ? "local" : "utc"),
  },
  { id: "copy", keys: ["x"], label: "Copy a link to this view", group: "Page", run: copyLink },
  { id: "palette", keys: ["ctrl+k"], label: "Find a command", group: "Page", run: openPalette },
  { id: "help", keys: ["?"], label: "These keys", group: "Page", run: openHelp },
  { id: "escape", keys: ["escape"], label: "Close, or give up", group: "Page", run: escape },
];

function followOne(): void {
  const { followed, selected } = store.getState();
  follow(followed === undefined ? selected.at(-1) : undefined);
}

function isolate(): void {
  const { selected, filter } = store.getState();
  const kind = selected.at(-1)?.split(":")[0];
  if (filter.kinds !== undefined || kind === undefined) clearFilter();
  else store.setState({ filter: { ...filter, kinds: [kind] } });
}

function selectAny(): void {
  const present = movers.assets.filter(Boolean);
  const asset = present[Math.floor(Math.random() * present.length)];
  if (asset !== undefined) select(asset);
}

function search(): void {
  openPanel("assets");
  document.getElementById("search")?.focus();
}

function replay(): void {
  if (store.getState().replay !== undefined) return goLive();
  const to = serverNowMs();
  startReplay({ from: to - REPLAY_MS, to, at: to - REPLAY_MS / 6 });
}

function play(): void {
  const { replay } = store.getState();
  if (replay !== undefined) setReplay({ isPlaying: !replay.isPlaying });
}

/** Puts the address of this view into the clipboard. */
export function copyLink(): void {
  navigator.clipboard.writeText(viewAddress()).then(
    () => toast("The link to this view is copied"),
    () => toast("The browser does not let links be copied"),
  );
}
