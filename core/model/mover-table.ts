// The movers of a live connection or of a replay, as columns that a map can draw from. A mover keeps its
// slot until it is removed, over reconnections too; slots of removed ones are used again.

import { kindOf } from "./ids.ts";
import type { Introduction, LiveFrame, MoverColumns, MoversFrame } from "./live-wire.ts";

/**
 * Columns by slot; slots from 0 up to `size` are in use or free (`assetAt` is undefined, all columns
 * NaN). The arrays grow by being replaced: read them anew after each `apply`.
 */
export interface MoverTable {
  /** One above the highest slot in use. */
  readonly size: number;
  /** Movers in the table. */
  readonly count: number;
  readonly lat: Float64Array;
  readonly lon: Float64Array;
  /** Event time of the newest report, epoch ms. */
  readonly at: Float64Array;
  /** Event time of the place, epoch ms. */
  readonly positionAt: Float64Array;
  readonly altitudeM: Float32Array;
  readonly speedMps: Float32Array;
  readonly headingDeg: Float32Array;
  readonly climbMps: Float32Array;
  /** Index into `kinds`. */
  readonly kind: Uint8Array;
  /** Names of the kinds met; the first is empty and stands for those beyond 255. */
  readonly kinds: readonly string[];
  /** Bits of `moverFlags`. */
  readonly flags: Uint8Array;
  slotOf(asset: string): number | undefined;
  assetAt(slot: number): string | undefined;
  /** Callsign or name, or else the part of the id after the colon. */
  label(slot: number): string;
  /** Takes a frame; gives the slots that changed, those that became free among them, each once. */
  apply(frame: LiveFrame): readonly number[];
  /** Forgets everything; gives the slots that became free. */
  clear(): readonly number[];
}

const KINDS_MAX = 256;
const SLOTS_MIN = 1_024;
const MOVERS_MAX = 1_000_000;

/** An empty table. Bound: introductions beyond `moversMax` (1,000,000 when absent) are refused. */
export function createMoverTable(config: { readonly moversMax?: number } = {}): MoverTable {
  return new ColumnTable(config.moversMax ?? MOVERS_MAX);
}

class ColumnTable implements MoverTable {
  readonly #moversMax: number;
  readonly #slots = new Map<string, number>();
  readonly #assets: (string | undefined)[] = [];
  readonly #labels: string[] = [];
  readonly #free: number[] = [];
  readonly #kindIndex = new Map<string, number>([["", 0]]);
  /** By the number on the wire; it means nothing beyond a session. */
  readonly #byNumber = new Map<number, number>();
  /** The other way round, by slot. */
  readonly #numbers: (number | undefined)[] = [];
  #session: string | undefined;
  /** Of a keyframe under way; slots whose mark is another were not repeated. */
  #mark = 0;
  #marks = new Uint32Array(SLOTS_MIN);
  #isChanged = new Uint8Array(SLOTS_MIN);
  readonly kinds: string[] = [""];
  lat = new Float64Array(SLOTS_MIN).fill(Number.NaN);
  lon = new Float64Array(SLOTS_MIN).fill(Number.NaN);
  at = new Float64Array(SLOTS_MIN).fill(Number.NaN);
  positionAt = new Float64Array(SLOTS_MIN).fill(Number.NaN);
  altitudeM = new Float32Array(SLOTS_MIN).fill(Number.NaN);
  speedMps = new Float32Array(SLOTS_MIN).fill(Number.NaN);
  headingDeg = new Float32Array(SLOTS_MIN).fill(Number.NaN);
  climbMps = new Float32Array(SLOTS_MIN).fill(Number.NaN);
  kind = new Uint8Array(SLOTS_MIN);
  flags = new Uint8Array(SLOTS_MIN);

  constructor(moversMax: number) {
    this.#moversMax = moversMax;
  }

  get size(): number {
    return this.#assets.length;
  }

  get count(): number {
    return this.#slots.size;
  }

  slotOf(asset: string): number | undefined {
    return this.#slots.get(asset);
  }

  assetAt(slot: number): string | undefined {
    return this.#assets[slot];
  }

  label(slot: number): string {
    const label = this.#labels[slot];
    if (label !== undefined && label !== "") return label;
    const asset = this.#assets[slot] ?? "";
    return asset.slice(asset.indexOf(":") + 1);
  }

  apply(frame: LiveFrame): readonly number[] {
    if (frame.type === "hello") {
      // Another process numbers its movers anew; what is shown stays until its keyframe is whole.
      if (frame.session !== this.#session) this.#forgetNumbers();
      this.#session = frame.session;
      return [];
    }
    const changed: number[] = [];
    if (frame.isFirst) this.#mark += 1;
    for (const number of frame.removed) this.#remove(number, changed);
    for (const one of frame.introduced) this.#introduce(one, changed);
    this.#update(frame, changed);
    if (frame.isLast) this.#forgetUnmarked(changed);
    for (const slot of changed) this.#isChanged[slot] = 0;
    return changed;
  }

  clear(): readonly number[] {
    const changed: number[] = [];
    for (const slot of this.#slots.values()) changed.push(slot);
    for (const slot of changed) this.#release(slot);
    this.#session = undefined;
    return changed;
  }

  #forgetNumbers(): void {
    this.#byNumber.clear();
    this.#numbers.fill(undefined);
  }

  #introduce({ number, asset, label }: Introduction, changed: number[]): void {
    const slot = this.#slots.get(asset) ?? this.#take(asset);
    if (slot === undefined) return;
    const known = this.#numbers[slot];
    if (known !== undefined) this.#byNumber.delete(known);
    // A number that stands for another asset now was removed by a frame that was never seen.
    this.#remove(number, changed);
    this.#byNumber.set(number, slot);
    this.#numbers[slot] = number;
    this.#labels[slot] = label;
    this.#note(slot, changed);
  }

  #update({ updates }: MoversFrame, changed: number[]): void {
    for (let index = 0; index < updates.count; index++) {
      const slot = this.#byNumber.get(updates.number[index] ?? 0);
      // Refused at the bound, or introduced by a frame that was never seen.
      if (slot === undefined) continue;
      this.#copy(slot, updates, index);
      this.#note(slot, changed);
    }
  }

  #copy(slot: number, from: MoverColumns, index: number): void {
    this.at[slot] = from.at[index] ?? Number.NaN;
    this.positionAt[slot] = from.positionAt[index] ?? Number.NaN;
    this.lat[slot] = from.lat[index] ?? Number.NaN;
    this.lon[slot] = from.lon[index] ?? Number.NaN;
    this.altitudeM[slot] = from.altitudeM[index] ?? Number.NaN;
    this.speedMps[slot] = from.speedMps[index] ?? Number.NaN;
    this.headingDeg[slot] = from.headingDeg[index] ?? Number.NaN;
    this.climbMps[slot] = from.climbMps[index] ?? Number.NaN;
    this.flags[slot] = from.flags[index] ?? 0;
  }

  #note(slot: number, changed: number[]): void {
    this.#marks[slot] = this.#mark;
    if (this.#isChanged[slot] !== 0) return;
    this.#isChanged[slot] = 1;
    changed.push(slot);
  }

  #remove(number: number, changed: number[]): void {
    const slot = this.#byNumber.get(number);
    if (slot === undefined) return;
    this.#release(slot);
    this.#note(slot, changed);
  }

  #forgetUnmarked(changed: number[]): void {
    for (const slot of this.#slots.values()) {
      if (this.#marks[slot] === this.#mark) continue;
      this.#release(slot);
      this.#note(slot, changed);
    }
  }

  #take(asset: string): number | undefined {
    if (this.#slots.size >= this.#moversMax) return undefined;
    const slot = this.#free.pop() ?? this.#assets.length;
    if (slot >= this.lat.length) this.#grow();
    this.#slots.set(asset, slot);
    this.#assets[slot] = asset;
    this.kind[slot] = this.#kindOf(asset);
    return slot;
  }

  #release(slot: number): void {
    const asset = this.#assets[slot];
    if (asset === undefined) return;
    this.#slots.delete(asset);
    this.#assets[slot] = undefined;
    const number = this.#numbers[slot];
    if (number !== undefined) this.#byNumber.delete(number);
    this.#numbers[slot] = undefined;
    this.#labels[slot] = "";
    this.#free.push(slot);
    for (const column of [this.at, this.positionAt, this.lat, this.lon]) column[slot] = Number.NaN;
    for (const column of [this.altitudeM, this.speedMps, this.headingDeg, this.climbMps]) {
      column[slot] = Number.NaN;
    }
    this.kind[slot] = 0;
    this.flags[slot] = 0;
  }

  #kindOf(asset: string): number {
    const kind = kindOf(asset);
    const known = this.#kindIndex.get(kind);
    if (known !== undefined) return known;
    if (this.kinds.length >= KINDS_MAX) return 0;
    this.#kindIndex.set(kind, this.kinds.length);
    return this.kinds.push(kind) - 1;
  }

  #grow(): void {
    const slots = this.lat.length * 2;
    this.lat = grown64(this.lat, slots);
    this.lon = grown64(this.lon, slots);
    this.at = grown64(this.at, slots);
    this.positionAt = grown64(this.positionAt, slots);
    this.altitudeM = grown32(this.altitudeM, slots);
    this.speedMps = grown32(this.speedMps, slots);
    this.headingDeg = grown32(this.headingDeg, slots);
    this.climbMps = grown32(this.climbMps, slots);
    this.kind = grown8(this.kind, slots);
    this.flags = grown8(this.flags, slots);
    this.#isChanged = grown8(this.#isChanged, slots);
    const marks = new Uint32Array(slots);
    marks.set(this.#marks);
    this.#marks = marks;
  }
}

function grown64(from: Float64Array, slots: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(slots).fill(Number.NaN);
  larger.set(from);
  return larger;
}

function grown32(from: Float32Array, slots: number): Float32Array<ArrayBuffer> {
  const larger = new Float32Array(slots).fill(Number.NaN);
  larger.set(from);
  return larger;
}

function grown8(from: Uint8Array, slots: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(slots);
  larger.set(from);
  return larger;
}
