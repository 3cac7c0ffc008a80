// The board: the latest of every asset, in memory, fed by the stream's tail and seeded from
// history. Bound: drop-oldest at `assetsMax`; those whose last event is longest ago go first,
// whatever the order in which they became known.

import type { StampedReport } from "@drover/core/model/report";
import { applyReport, stateOf, viewOf, type AssetState } from "./asset-state.ts";

/** South, west, north, east in degrees; west above east means that the box crosses ±180°. */
export interface Box {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

export interface AssetFilter {
  readonly kinds?: ReadonlySet<string> | undefined;
  readonly assets?: ReadonlySet<string> | undefined;
  /** Lower case; matched against the id and the values of the attributes. */
  readonly text?: string | undefined;
  readonly box?: Box | undefined;
  /** Only what spoke at or after this event time, epoch ms. */
  readonly since?: number | undefined;
}

/** An asset on the board, with what the feed needs to know. */
interface Slot {
  readonly state: AssetState;
  /** Grows with each change anywhere on the board. */
  version: number;
  /** The asset as JSON, made when first asked for after a change. */
  json: string | undefined;
}

export interface Board {
  apply(report: StampedReport): void;
  /** JSON texts of matching assets, ordered by id, from after `after` on. */
  list(filter: AssetFilter, page: { after?: string | undefined; limit: number }): BoardPage;
  get(asset: string): string | undefined;
  /** JSON texts of matching assets that changed after `version`, at most `limit`, oldest first. */
  changedSince(version: number, filter: AssetFilter, limit: number): Changes;
  version(): number;
  size(): number;
  /** Assets by kind. */
  counts(): Readonly<Record<string, number>>;
}

export interface BoardPage {
  readonly items: readonly string[];
  /** Id of the last item when there are more. */
  readonly next: string | undefined;
}

export interface Changes {
  readonly items: readonly string[];
  /** Ask from here the next time. */
  readonly version: number;
}

/** One part in so many is dropped at the bound. */
const DROPPED_SHARE = 64;

/** An empty board. */
export function createBoard(config: { readonly assetsMax: number }): Board {
  return new LatestBoard(config.assetsMax);
}

class LatestBoard implements Board {
  readonly #assetsMax: number;
  /** Insertion order is the order of change: a slot moves to the end when it changes. */
  readonly #slots = new Map<string, Slot>();
  #version = 0;
  #sorted: string[] | undefined;

  constructor(assetsMax: number) {
    this.#assetsMax = assetsMax;
  }

  apply(report: StampedReport): void {
    const slot = this.#slots.get(report.asset);
    if (slot) {
      if (applyReport(slot.state, report)) this.#touch(report.asset, slot);
      return;
    }
    if (this.#slots.size >= this.#assetsMax) this.#makeRoom();
    const version = ++this.#version;
    this.#slots.set(report.asset, { state: stateOf(report), version, json: undefined });
    this.#sorted = undefined;
  }

  list(filter: AssetFilter, page: { after?: string | undefined; limit: number }): BoardPage {
    const items: string[] = [];
    const ids = (this.#sorted ??= [...this.#slots.keys()].toSorted());
    let last: string | undefined;
    let index = page.after === undefined ? 0 : firstAfter(ids, page.after);
    for (; index < ids.length; index++) {
      const asset = ids[index] ?? "";
      const slot = this.#slots.get(asset);
      if (!slot || !matches(slot.state, filter)) continue;
      if (items.length === page.limit) return { items, next: last };
      items.push(jsonOf(slot));
      last = asset;
    }
    return { items, next: undefined };
  }

  get(asset: string): string | undefined {
    const slot = this.#slots.get(asset);
    return slot && jsonOf(slot);
  }

  changedSince(since: number, filter: AssetFilter, limit: number): Changes {
    if (since >= this.#version) return { items: [], version: this.#version };
    const items: string[] = [];
    let seen = since;
    for (const slot of this.#slots.values()) {
      if (slot.version <= since) continue;
      if (items.length === limit) return { items, version: seen };
      seen = slot.version;
      if (matches(slot.state, filter)) items.push(jsonOf(slot));
    }
    return { items, version: this.#version };
  }

  version(): number {
    return this.#version;
  }

  size(): number {
    return this.#slots.size;
  }

  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { state } of this.#slots.values())
      counts[state.kind] = (counts[state.kind] ?? 0) + 1;
    return counts;
  }

  /** For many arrivals at once, because finding the silent ones looks at all. */
  #makeRoom(): void {
    const count = Math.max(1, Math.floor(this.#assetsMax / DROPPED_SHARE));
    const times = Float64Array.from(this.#slots.values(), ({ state }) => state.at).toSorted();
    const limit = times[count - 1] ?? 0;
    let equalOnes = count - times.indexOf(limit);
    for (const [asset, { state }] of this.#slots) {
      if (state.at < limit || (state.at === limit && equalOnes-- > 0)) this.#slots.delete(asset);
    }
  }

  #touch(asset: string, slot: Slot): void {
    slot.version = ++this.#version;
    slot.json = undefined;
    this.#slots.delete(asset);
    this.#slots.set(asset, slot);
  }
}

function jsonOf(slot: Slot): string {
  slot.json ??= JSON.stringify(viewOf(slot.state));
  return slot.json;
}

/** Index of the first id above `after` in a sorted list. */
function firstAfter(ids: readonly string[], after: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids[middle] ?? "") <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether an asset passes a filter; what is not asked for passes. */
export function matches(state: AssetState, filter: AssetFilter): boolean {
  if (filter.kinds && !filter.kinds.has(state.kind)) return false;
  if (filter.assets && !filter.assets.has(state.asset)) return false;
  if (filter.since !== undefined && state.at < filter.since) return false;
  if (filter.box && !isInside(state, filter.box)) return false;
  return filter.text === undefined || hasText(state, filter.text);
}

function isInside(state: AssetState, box: Box): boolean {
  const place = state.position?.value;
  if (!place || place.lat < box.south || place.lat > box.north) return false;
  if (box.west <= box.east) return place.lon >= box.west && place.lon <= box.east;
  return place.lon >= box.west || place.lon <= box.east;
}

function hasText(state: AssetState, text: string): boolean {
  if (state.asset.includes(text)) return true;
  const attributes = state.attributes?.value;
  if (!attributes) return false;
  for (const name in attributes) {
    if (attributes[name]?.toLowerCase().includes(text) === true) return true;
  }
  return false;
}
