// Rows that are stored and have yet to go through the views. They wait here as bytes, so that the
// stream is not read twice, and leave in large blocks. Bound: block (the inserter waits for room).

import { freezeBatch } from "@drover/core/history/manifest";
import type { Batch, ManifestRange } from "@drover/core/history/manifest";
import type { Entry } from "@drover/core/stream/log";

export interface FeedQueue {
  /** Takes stored entries, in any order; one that waits already is left out. */
  add(entries: readonly Entry[], nowMs: number): void;
  /**
   * What waits, in the order of offsets and without holes, up to the limits (one entry at least);
   * undefined when nothing does.
   */
  take(limits: { readonly rowsMax: number; readonly bytesMax: number }): Batch | undefined;
  rows(): number;
  sizeBytes(): number;
  /** When the oldest of it came; undefined when nothing waits. */
  oldestMs(): number | undefined;
  /** Forgets a partition that somebody else goes on with. */
  drop(partition: number): void;
  keepOnly(isHeld: (partition: number) => boolean): void;
}

export function createFeedQueue(): FeedQueue {
  const waiting = new Map<number, Entry[]>();
  let rows = 0;
  let sizeBytes = 0;
  let oldestMs: number | undefined;

  function remove(entry: Entry): void {
    rows -= entry.count;
    sizeBytes -= entry.bytes.length;
  }

  function drop(partition: number): void {
    for (const entry of waiting.get(partition) ?? []) remove(entry);
    waiting.delete(partition);
    if (waiting.size === 0) oldestMs = undefined;
  }

  return {
    rows: () => rows,
    sizeBytes: () => sizeBytes,
    oldestMs: () => oldestMs,
    drop,
    add(entries, nowMs) {
      for (const entry of entries) {
        const list = waiting.get(entry.partition) ?? [];
        if (!insert(list, entry)) continue;
        waiting.set(entry.partition, list);
        rows += entry.count;
        sizeBytes += entry.bytes.length;
      }
      if (entries.length > 0) oldestMs ??= nowMs;
    },
    keepOnly(isHeld) {
      for (const partition of waiting.keys()) if (!isHeld(partition)) drop(partition);
    },
    take(limits) {
      const ranges: ManifestRange[] = [];
      const chunks: Uint8Array[] = [];
      const left = { rows: limits.rowsMax, bytes: limits.bytesMax };
      for (const partition of [...waiting.keys()].toSorted((a, b) => a - b)) {
        const list = waiting.get(partition) ?? [];
        let taken = 0;
        let next = list[0]?.offset;
        for (const entry of list) {
          if (left.rows <= 0 || left.bytes <= 0 || entry.offset !== next) break;
          taken += 1;
          next = entry.offset + entry.count;
          chunks.push(entry.bytes);
          left.rows -= entry.count;
          left.bytes -= entry.bytes.length;
          remove(entry);
        }
        const [first, last] = [list[0], list[taken - 1]];
        if (first && last) ranges.push([partition, first.offset, last.offset + last.count]);
        if (taken === list.length) waiting.delete(partition);
        else if (taken > 0) waiting.set(partition, list.slice(taken));
      }
      if (waiting.size === 0) oldestMs = undefined;
      return ranges.length === 0 ? undefined : freezeBatch("feed", ranges, chunks);
    },
  };
}

/** Puts an entry in its place, which nearly always is the end; false when it is there already. */
function insert(list: Entry[], entry: Entry): boolean {
  let place = list.length;
  while (place > 0 && (list[place - 1]?.offset ?? 0) > entry.offset) place -= 1;
  if (list[place - 1]?.offset === entry.offset) return false;
  list.splice(place, 0, entry);
  return true;
}
