// From the worker's table to patches for the page's: what changed, and the names that the page does not
// have yet.

import type { MoverTable } from "@drover/core/model/mover-table";
import { bufferBytes, columnsOver } from "./patch.ts";
import type { Patch } from "./patch.ts";

/** A patch and the buffer that its columns lie in. */
export interface FilledPatch {
  readonly patch: Patch;
  readonly buffer: ArrayBuffer;
}

export class PatchWriter {
  readonly #table: MoverTable;
  /** By slot: asset and label, as the page was told. */
  readonly #told: string[] = [];
  /** Came back from the page: filled again instead of a new one. */
  #spare: ArrayBuffer | undefined;

  constructor(table: MoverTable) {
    this.#table = table;
  }

  /** Keeps a buffer for the next patch; the larger one of two. */
  giveBack(buffer: ArrayBuffer): void {
    if (buffer.byteLength > (this.#spare?.byteLength ?? 0)) this.#spare = buffer;
  }

  /** The page forgot everything. */
  forgetTold(): void {
    this.#told.length = 0;
  }

  write(changed: readonly number[]): FilledPatch {
    const table = this.#table;
    const removed: number[] = [];
    const named: [number, string, string][] = [];
    const slots: number[] = [];
    for (const slot of changed) {
      const asset = table.assetAt(slot);
      if (asset === undefined) {
        removed.push(slot);
        this.#told[slot] = "";
        continue;
      }
      slots.push(slot);
      const label = table.label(slot);
      const name = `${asset} ${label}`;
      if (this.#told[slot] === name) continue;
      this.#told[slot] = name;
      named.push([slot, asset, label]);
    }
    const buffer = this.#bufferFor(slots.length);
    const columns = columnsOver(buffer, slots.length);
    for (const [i, slot] of slots.entries()) {
      columns.slots[i] = slot;
      const positionAt = table.positionAt[slot] ?? NaN;
      columns.at[i] = Number.isNaN(positionAt) ? (table.at[slot] ?? NaN) : positionAt;
      columns.lon[i] = table.lon[slot] ?? NaN;
      columns.lat[i] = table.lat[slot] ?? NaN;
      columns.altitudeM[i] = table.altitudeM[slot] ?? NaN;
      columns.speedMps[i] = table.speedMps[slot] ?? NaN;
      columns.headingDeg[i] = table.headingDeg[slot] ?? NaN;
      columns.climbMps[i] = table.climbMps[slot] ?? NaN;
      columns.kind[i] = table.kind[slot] ?? 0;
      columns.flags[i] = table.flags[slot] ?? 0;
    }
    return { patch: { ...columns, named, removed, kinds: table.kinds }, buffer };
  }

  #bufferFor(movers: number): ArrayBuffer {
    const bytes = bufferBytes(movers);
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined && spare.byteLength >= bytes) return spare;
    return new ArrayBuffer(2 ** Math.ceil(Math.log2(Math.max(4_096, bytes))));
  }
}
