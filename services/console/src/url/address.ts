// Every view has an address: what is shown is written into the query, and read from it when the page
// opens. What is as usual is left out, so that a plain address is the plain view.
//
//   ?at=-25.0000,134.0000,3.60,0,0   latitude, longitude, zoom, bearing, pitch
//   &kind=aircraft,bus &q=text &alt=0-9000 &speed=0-250 &zone=id
//   &panel=zones &sel=aircraft:7c6b2d,… &follow=… &trails=all &labels=off
//   &ramp=safe &theme=light &clock=local &units=aviation &hidden=zone,… &tiles=address
//   &replay=from,to,at,speed &heat=metric,from,to

import type { ConsoleState, Filter, HeatChoice, PanelName, Replay, View } from "../state/store.ts";

/** The part of the state that an address carries. */
export type Addressed = Pick<
  ConsoleState,
  | "view"
  | "filter"
  | "panel"
  | "selected"
  | "followed"
  | "trails"
  | "labels"
  | "ramp"
  | "theme"
  | "clock"
  | "units"
  | "hiddenZones"
  | "tiles"
  | "replay"
  | "heat"
>;

const panels: readonly PanelName[] = [
  "assets",
  "asset",
  "zones",
  "rules",
  "alerts",
  "events",
  "links",
  "heat",
  "settings",
];
/** More selected assets than these are not carried along. */
const SELECTED_MAX = 50;
const HIDDEN_MAX = 50;
const TILES_CHARS_MAX = 500;
const TEXT_CHARS_MAX = 200;

/** The query of this view, `?` included; empty for the usual one. */
export function addressOf(state: Addressed, usual: Addressed): string {
  const query = new URLSearchParams();
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== "") query.set(name, value);
  };
  const unless = <K extends keyof Addressed>(key: K): Addressed[K] | undefined =>
    state[key] === usual[key] ? undefined : state[key];
  put("at", viewText(state.view) === viewText(usual.view) ? undefined : viewText(state.view));
  put("kind", state.filter.kinds?.join(","));
  put("q", state.filter.text);
  put("alt", state.filter.altitudeM?.join("~"));
  put("speed", state.filter.speedMps?.join("~"));
  put("zone", state.filter.zone);
  put("panel", state.panel);
  put("sel", state.selected.slice(0, SELECTED_MAX).join(","));
  put("follow", state.followed);
  put("trails", unless("trails"));
  put("labels", state.labels === usual.labels ? undefined : state.labels ? "on" : "off");
  put("ramp", unless("ramp"));
  put("theme", unless("theme"));
  put("clock", unless("clock"));
  put("units", unless("units"));
  put("hidden", state.hiddenZones.slice(0, HIDDEN_MAX).join(","));
  put("tiles", state.tiles);
  put("replay", state.replay && replayText(state.replay));
  put("heat", state.heat && [state.heat.metric, state.heat.from, state.heat.to].join(","));
  const text = query.toString();
  // Readable where it is allowed to be (RFC 3986 §3.4).
  return text === ""
    ? ""
    : `?${text.replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%7E", "~")}`;
}

/** What an address says; what it does not say, or says wrongly, is as usual. */
export function readAddress(search: string, usual: Addressed): Addressed {
  const query = new URLSearchParams(search);
  const get = (name: string): string | undefined => query.get(name) ?? undefined;
  return {
    view: readView(get("at")) ?? usual.view,
    filter: readFilter(get),
    panel: oneOf(get("panel"), panels),
    selected: list(get("sel")).slice(0, SELECTED_MAX),
    followed: get("follow"),
    trails: oneOf(get("trails"), ["none", "selected", "all"] as const) ?? usual.trails,
    labels: get("labels") === undefined ? usual.labels : get("labels") !== "off",
    ramp: oneOf(get("ramp"), ["altitude", "safe"] as const) ?? usual.ramp,
    theme: oneOf(get("theme"), ["dark", "light", "system"] as const) ?? usual.theme,
    clock: oneOf(get("clock"), ["utc", "local"] as const) ?? usual.clock,
    units: oneOf(get("units"), ["metric", "aviation"] as const) ?? usual.units,
    hiddenZones: list(get("hidden")).slice(0, HIDDEN_MAX),
    tiles: readTiles(get("tiles")),
    replay: readReplay(get("replay")),
    heat: readHeat(get("heat")),
  };
}

const viewText = ({ lat, lon, zoom, bearing, pitch }: View): string =>
  [lat.toFixed(4), lon.toFixed(4), zoom.toFixed(2), bearing.toFixed(0), pitch.toFixed(0)]
    .join(",")
    .replaceAll(/-0(?=,|$)/g, "0");

const replayText = ({ from, to, at, speed }: Replay): string =>
  [from, to, Math.round(at), speed].join(",");

function readView(text: string | undefined): View | undefined {
  const [lat, lon, zoom, bearing = 0, pitch = 0] = numbers(text, ",");
  if (lat === undefined || lon === undefined || zoom === undefined) return undefined;
  if (Math.abs(lat) > 90 || Math.abs(lon) > 180 || zoom < 0 || zoom > 24) return undefined;
  return { lat, lon, zoom, bearing, pitch: Math.min(60, Math.max(0, pitch)) };
}

function readFilter(get: (name: string) => string | undefined): Filter {
  const kinds = list(get("kind"));
  const text = get("q")?.slice(0, TEXT_CHARS_MAX);
  const altitudeM = range(get("alt"));
  const speedMps = range(get("speed"));
  const zone = get("zone");
  return {
    ...(kinds.length > 0 && { kinds }),
    ...(text !== undefined && { text }),
    ...(altitudeM !== undefined && { altitudeM }),
    ...(speedMps !== undefined && { speedMps }),
    ...(zone !== undefined && { zone }),
  };
}

/** Opened from an address it stands still: whoever opens it sees the moment that was meant. */
function readReplay(text: string | undefined): Replay | undefined {
  const [from, to, at, speed = 60] = numbers(text, ",");
  if (from === undefined || to === undefined || at === undefined || from >= to) return undefined;
  return { from, to, at: Math.min(to, Math.max(from, at)), speed, isPlaying: false };
}

const readTiles = (text = ""): string | undefined =>
  text.length <= TILES_CHARS_MAX && /^(?:https?:\/)?\/[^\s]+$/.test(text) ? text : undefined;

function readHeat(text: string | undefined): HeatChoice | undefined {
  const [metric = "", from = "", to = ""] = list(text);
  if (metric === "" || !/^\d+$/.test(from) || !/^(?:\d+|now)$/.test(to)) return undefined;
  return { metric, from: Number(from), to: to === "now" ? "now" : Number(to) };
}

const list = (text = ""): string[] => text.split(",").filter((one) => one !== "");

/** Nothing at all when one of them is no number. */
function numbers(text: string | undefined, separator: string): readonly number[] {
  const all = (text ?? "").split(separator).filter(Boolean).map(Number);
  return all.every(Number.isFinite) ? all : [];
}

function range(text: string | undefined): readonly [number, number] | undefined {
  const [from, to] = numbers(text, "~");
  return from === undefined || to === undefined || from > to ? undefined : [from, to];
}

const oneOf = <T extends string>(text: string | undefined, all: readonly T[]): T | undefined =>
  all.find((one) => one === text);
