// What moves, as the page has it: one slot for each asset that the feed told of, a column for each
// quantity. The columns are written in place and grow by doubling; who draws from them reads them again
// after each change. Live and replay fill the same table.

import type { Patch } from "./patch.ts";

/** Bits of `flags`. */
export const isOnGround = 1;
export const isSuspect = 2;

export interface Movers {
  /** One more than the highest slot in use; slots below it may be free (`assets[slot] === ""`). */
  readonly slots: number;
  /** Assets in the table. */
  readonly count: number;
  /** Grows with every change. */
  readonly revision: number;
  readonly assets: readonly string[];
  /** What people call it: callsign, name, or the id. */
  readonly labels: readonly string[];
  readonly kinds: readonly string[];
  readonly columns: Columns;
  slotOf(asset: string): number | undefined;
}

/** By slot; NaN where nothing is known. `at` is event time, epoch ms. */
export interface Columns {
  readonly lon: Float64Array<ArrayBuffer>;
  readonly lat: Float64Array<ArrayBuffer>;
  readonly at: Float64Array<ArrayBuffer>;
  readonly altitudeM: Float32Array<ArrayBuffer>;
  readonly speedMps: Float32Array<ArrayBuffer>;
  readonly headingDeg: Float32Array<ArrayBuffer>;
  readonly climbMps: Float32Array<ArrayBuffer>;
  /** Usual time between its reports, ms; NaN before the second. */
  readonly cadenceMs: Float32Array<ArrayBuffer>;
  /** Index into `kinds`. */
  readonly kind: Uint8Array<ArrayBuffer>;
  readonly flags: Uint8Array<ArrayBuffer>;
}

export type MoversListener = (changed: Uint32Array) => void;

const FIRST_SLOTS = 1024;

const columnsOf = (slots: number): Columns => ({
  lon: new Float64Array(slots).fill(NaN),
  lat: new Float64Array(slots).fill(NaN),
  at: new Float64Array(slots).fill(NaN),
  altitudeM: new Float32Array(slots).fill(NaN),
  speedMps: new Float32Array(slots).fill(NaN),
  headingDeg: new Float32Array(slots).fill(NaN),
  climbMps: new Float32Array(slots).fill(NaN),
  cadenceMs: new Float32Array(slots).fill(NaN),
  kind: new Uint8Array(slots),
  flags: new Uint8Array(slots),
});

const columnNames = [
  "lon",
  "lat",
  "at",
  "altitudeM",
  "speedMps",
  "headingDeg",
  "climbMps",
  "cadenceMs",
  "kind",
  "flags",
] as const;

function grown(columns: Columns, slots: number): Columns {
  const next = columnsOf(slots);
  for (const name of columnNames) next[name].set(columns[name]);
  return next;
}

/** The table with its pen: only the feed has it. */
export class MoverTable implements Movers {
  columns = columnsOf(FIRST_SLOTS);
  slots = 0;
  count = 0;
  revision = 0;
  assets: string[] = [];
  labels: string[] = [];
  kinds: readonly string[] = [];
  readonly #slotOf = new Map<string, number>();
  readonly #listeners = new Set<MoversListener>();

  slotOf(asset: string): number | undefined {
    return this.#slotOf.get(asset);
  }

  listen(listener: MoversListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes over what changed, and tells listeners which slots. */
  apply(patch: Patch): void {
    let highest = this.columns.at.length - 1;
    for (const [slot] of patch.named) highest = Math.max(highest, slot);
    if (highest >= this.columns.at.length) {
      this.columns = grown(this.columns, 2 ** Math.ceil(Math.log2(highest + 1)));
    }
    this.kinds = patch.kinds;
    for (const slot of patch.removed) this.#forget(slot);
    for (const [slot, asset, label] of patch.named) this.#name(slot, asset, label);
    this.#write(patch);
    const changed = new Uint32Array(patch.slots.length + patch.removed.length);
    changed.set(patch.slots);
    changed.set(patch.removed, patch.slots.length);
    this.#tell(changed);
  }

  clear(): void {
    const all = Uint32Array.from({ length: this.slots }, (_, slot) => slot);
    this.columns = columnsOf(this.columns.at.length);
    this.slots = 0;
    this.count = 0;
    this.assets = [];
    this.labels = [];
    this.#slotOf.clear();
    this.#tell(all);
  }

  #tell(changed: Uint32Array): void {
    this.revision++;
    for (const listener of this.#listeners) listener(changed);
  }

  #forget(slot: number): void {
    const asset = this.assets[slot] ?? "";
    if (asset === "") return;
    this.#slotOf.delete(asset);
    this.assets[slot] = "";
    this.labels[slot] = "";
    this.columns.lon[slot] = NaN;
    this.columns.lat[slot] = NaN;
    this.columns.at[slot] = NaN;
    this.columns.cadenceMs[slot] = NaN;
    this.count--;
  }

  #name(slot: number, asset: string, label: string): void {
    if (this.assets[slot] !== asset) {
      this.#forget(slot);
      while (this.assets.length < slot) this.assets.push("");
      while (this.labels.length < slot) this.labels.push("");
      this.assets[slot] = asset;
      this.#slotOf.set(asset, slot);
      this.count++;
    }
    this.labels[slot] = label;
    this.slots = Math.max(this.slots, slot + 1);
  }

  #write(patch: Patch): void {
    const { columns } = this;
    for (let i = 0; i < patch.slots.length; i++) {
      const slot = patch.slots[i] ?? 0;
      const at = patch.at[i] ?? NaN;
      const sinceMs = at - (columns.at[slot] ?? NaN);
      if (sinceMs > 0) {
        const known = columns.cadenceMs[slot] ?? NaN;
        columns.cadenceMs[slot] = Number.isNaN(known) ? sinceMs : known * 0.7 + sinceMs * 0.3;
      }
      columns.at[slot] = at;
      columns.lon[slot] = patch.lon[i] ?? NaN;
      columns.lat[slot] = patch.lat[i] ?? NaN;
      columns.altitudeM[slot] = patch.altitudeM[i] ?? NaN;
      columns.speedMps[slot] = patch.speedMps[i] ?? NaN;
      columns.headingDeg[slot] = patch.headingDeg[i] ?? NaN;
      columns.climbMps[slot] = patch.climbMps[i] ?? NaN;
      columns.kind[slot] = patch.kind[i] ?? 0;
      columns.flags[slot] = patch.flags[i] ?? 0;
    }
  }
}
