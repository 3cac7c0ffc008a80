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

/** An asset on the board, with what the feeds need to know. */
export interface Slot {
  readonly state: AssetState;
  /** Stands for the asset while it is on the board; then it may stand for another. */
  readonly number: number;
  /** Grows with each change anywhere on the board. */
  readonly version: number;
}

/** Slots are linked in the order of change. */
interface LinkedSlot extends Slot {
  version: number;
  /** The asset as JSON, made when first asked for after a change. */
  json: string | undefined;
  older: LinkedSlot | undefined;
  newer: LinkedSlot | undefined;
}

export interface Board {
  apply(report: StampedReport): void;
  /** Visits what changed after `version`, oldest change first; costs what changed. */
  eachChangedSince(version: number, visit: (slot: Slot) => void): void;
  /** Visits every slot, in the order of change. */
  each(visit: (slot: Slot) => void): void;
  /** What a number stands for now. */
  slotAt(number: number): Slot | undefined;
  /** Numbers below this are or were in use. */
  numbers(): number;
  /**
   * Numbers whose asset left the board after `version`, each perhaps more than once and perhaps in use
   * again; undefined when that is too long ago to be known.
   */
  removedSince(version: number): readonly number[] | undefined;
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
/** Removals that are remembered; drop-oldest. */
const REMOVALS_MAX = 65_536;

/** An empty board. */
export function createBoard(config: { readonly assetsMax: number }): Board {
  return new LatestBoard(config.assetsMax);
}

class LatestBoard implements Board {
  readonly #assetsMax: number;
  readonly #slots = new Map<string, LinkedSlot>();
  readonly #byNumber: (LinkedSlot | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  #oldest: LinkedSlot | undefined;
  #newest: LinkedSlot | undefined;
  #version = 0;
  #sorted: string[] | undefined;
  /** In the order of versions. */
  #removals: { readonly version: number; readonly number: number }[] = [];
  /** Removals up to this version were forgotten. */
  #forgottenTo = 0;

  constructor(assetsMax: number) {
    this.#assetsMax = assetsMax;
  }

  apply(report: StampedReport): void {
    const slot = this.#slots.get(report.asset);
    if (slot) {
      if (applyReport(slot.state, report)) this.#touch(slot);
      return;
    }
    if (this.#slots.size >= this.#assetsMax) this.#makeRoom();
    this.#add(stateOf(report));
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
    const items: string[] = [];
    let seen = since;
    for (let slot = this.#firstAfter(since); slot; slot = slot.newer) {
      if (items.length === limit) return { items, version: seen };
      seen = slot.version;
      if (matches(slot.state, filter)) items.push(jsonOf(slot));
    }
    return { items, version: this.#version };
  }

  eachChangedSince(version: number, visit: (slot: Slot) => void): void {
    for (let slot = this.#firstAfter(version); slot; slot = slot.newer) visit(slot);
  }

  each(visit: (slot: Slot) => void): void {
    for (let slot = this.#oldest; slot; slot = slot.newer) visit(slot);
  }

  slotAt(number: number): Slot | undefined {
    return this.#byNumber[number];
  }

  numbers(): number {
    return this.#byNumber.length;
  }

  removedSince(version: number): readonly number[] | undefined {
    if (version < this.#forgottenTo) return undefined;
    const numbers: number[] = [];
    for (let index = this.#removals.length - 1; index >= 0; index--) {
      const removal = this.#removals[index];
      if (!removal || removal.version <= version) break;
      numbers.push(removal.number);
    }
    return numbers;
  }

  version(): number {
    return this.#version;
  }

  size(): number {
    return this.#slots.size;
  }

  counts(): Record<string, number> {
    // A kind may be named as something that every object has.
    const counts: Record<string, number> = Object.create(null);
    for (const { state } of this.#slots.values())
      counts[state.kind] = (counts[state.kind] ?? 0) + 1;
    return counts;
  }

  /** From the newest back: what changed lately is near the end. */
  #firstAfter(version: number): LinkedSlot | undefined {
    let first: LinkedSlot | undefined;
    for (let slot = this.#newest; slot && slot.version > version; slot = slot.older) first = slot;
    return first;
  }

  #add(state: AssetState): void {
    const number = this.#freeNumbers.pop() ?? this.#byNumber.length;
    const version = ++this.#version;
    const slot = { state, number, version, json: undefined, older: undefined, newer: undefined };
    this.#byNumber[number] = slot;
    this.#slots.set(state.asset, slot);
    this.#append(slot);
    this.#sorted = undefined;
  }

  /** For many arrivals at once, because finding the silent ones looks at all. */
  #makeRoom(): void {
    const count = Math.max(1, Math.floor(this.#assetsMax / DROPPED_SHARE));
    const times = Float64Array.from(this.#slots.values(), ({ state }) => state.at).toSorted();
    const limit = times[count - 1] ?? 0;
    let equalOnes = count - times.indexOf(limit);
    for (const slot of this.#slots.values()) {
      const { at } = slot.state;
      if (at < limit || (at === limit && equalOnes-- > 0)) this.#drop(slot);
    }
    const excess = this.#removals.length - REMOVALS_MAX;
    if (excess <= 0) return;
    this.#forgottenTo = this.#removals[excess - 1]?.version ?? this.#version;
    this.#removals = this.#removals.slice(excess);
  }

  #drop(slot: LinkedSlot): void {
    this.#slots.delete(slot.state.asset);
    this.#unlink(slot);
    this.#byNumber[slot.number] = undefined;
    this.#freeNumbers.push(slot.number);
    this.#removals.push({ version: ++this.#version, number: slot.number });
    this.#sorted = undefined;
  }

  #touch(slot: LinkedSlot): void {
    slot.version = ++this.#version;
    slot.json = undefined;
    if (slot === this.#newest) return;
    this.#unlink(slot);
    this.#append(slot);
  }

  #unlink(slot: LinkedSlot): void {
    if (slot.older) slot.older.newer = slot.newer;
    else this.#oldest = slot.newer;
    if (slot.newer) slot.newer.older = slot.older;
    else this.#newest = slot.older;
    slot.older = undefined;
    slot.newer = undefined;
  }

  #append(slot: LinkedSlot): void {
    slot.older = this.#newest;
    if (this.#newest) this.#newest.newer = slot;
    else this.#oldest = slot;
    this.#newest = slot;
  }
}

function jsonOf(slot: LinkedSlot): string {
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
