import type { Report } from "@drover/core/model/report";

/** Puts reports in the order of their event times within a window. */
export interface Sorter {
  push(report: Report): void;
  /** The oldest report held, once the window is full or the file at its end. */
  pop(isEnd: boolean): Report | undefined;
  size(): number;
}

/**
 * A heap of `window` reports: memory is bounded, and so is the disorder that it mends. One report
 * hours ahead waits in it while the others pass. Equal times keep the order of the file.
 */
export function createSorter(config: { readonly window: number }): Sorter {
  type Entry = { readonly report: Report; readonly order: number };
  const heap: Entry[] = [];
  let order = 0;

  const isBefore = (a: Entry, b: Entry): boolean =>
    a.report.at < b.report.at || (a.report.at === b.report.at && a.order < b.order);

  function rise(entry: Entry): void {
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  function sink(entry: Entry): void {
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (child === undefined || !isBefore(child, entry)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = entry;
  }

  return {
    push: (report) => rise({ report, order: order++ }),
    pop(isEnd) {
      if (!isEnd && heap.length < config.window) return undefined;
      const top = heap[0];
      const last = heap.pop();
      if (top === undefined || last === undefined) return undefined;
      if (heap.length > 0) sink(last);
      return top.report;
    },
    size: () => heap.length,
  };
}
