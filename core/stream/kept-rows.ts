// What stays of a slice when some of its rows were here before.

import type { Slice } from "./log.ts";

export interface KeptRows {
  /** Parts of the slice's bytes, in order; neighbours are one part. */
  readonly parts: readonly Uint8Array[];
  readonly count: number;
  readonly sizeBytes: number;
}

/** All rows of a slice, without looking at any. */
export function allRows(slice: Slice): KeptRows {
  return { parts: [slice.bytes], count: slice.ends.length, sizeBytes: slice.bytes.length };
}

/** The rows for which `isKept` (asked once per row, in order) says so. */
export function keptRows(slice: Slice, isKept: (row: number) => boolean): KeptRows {
  const parts: Uint8Array[] = [];
  let count = 0;
  let sizeBytes = 0;
  let rowStart = 0;
  let partStart = -1;
  for (const [row, end] of slice.ends.entries()) {
    if (isKept(row)) {
      if (partStart === -1) partStart = rowStart;
      count++;
      sizeBytes += end - rowStart;
    } else if (partStart !== -1) {
      parts.push(slice.bytes.subarray(partStart, rowStart));
      partStart = -1;
    }
    rowStart = end;
  }
  if (partStart !== -1) parts.push(slice.bytes.subarray(partStart, rowStart));
  return { parts, count, sizeBytes };
}
