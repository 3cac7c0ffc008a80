import type { WatchEvent } from "@drover/core/model/event";

/** Assets told by name; the rest is in the sums. */
const ASSETS_SHOWN = 100;
const EXAMPLES = 5;

export interface Sums {
  /** Events that count, over all. */
  readonly count: number;
  /** Assets with one at least; a rule over a set has none. */
  readonly assetsConcerned: number;
  /** The most first. Bound: 100, the rest is left out. */
  readonly perAsset: readonly { readonly asset: string; readonly count: number }[];
  /** By day of UTC, in order; days without are left out. */
  readonly perDay: readonly { readonly day: string; readonly count: number }[];
  /** The first and the last few by time, with their explanations. */
  readonly first: readonly WatchEvent[];
  readonly last: readonly WatchEvent[];
}

/** Sums up events without keeping them. */
export interface Tally {
  add(event: WatchEvent): void;
  sums(): Sums;
}

export function createTally(): Tally {
  const perAsset = new Map<string, number>();
  const perDay = new Map<string, number>();
  let count = 0;
  let first: readonly WatchEvent[] = [];
  let last: readonly WatchEvent[] = [];
  return {
    add(event) {
      count += 1;
      const { asset, at } = event;
      if (asset !== undefined) perAsset.set(asset, (perAsset.get(asset) ?? 0) + 1);
      const day = new Date(at).toISOString().slice(0, 10);
      perDay.set(day, (perDay.get(day) ?? 0) + 1);
      if (first.length < EXAMPLES || isBefore(event, first.at(-1))) {
        first = [...first, event].toSorted(byTime).slice(0, EXAMPLES);
      }
      if (last.length < EXAMPLES || !isBefore(event, last[0])) {
        last = [...last, event].toSorted(byTime).slice(-EXAMPLES);
      }
    },
    sums: () => ({
      count,
      assetsConcerned: perAsset.size,
      perAsset: [...perAsset]
        .map(([asset, times]) => ({ asset, count: times }))
        .toSorted((a, b) => b.count - a.count || (a.asset < b.asset ? -1 : 1))
        .slice(0, ASSETS_SHOWN),
      perDay: [...perDay]
        .map(([day, times]) => ({ day, count: times }))
        .toSorted((a, b) => (a.day < b.day ? -1 : 1)),
      first,
      last,
    }),
  };
}

function byTime(a: WatchEvent, b: WatchEvent): number {
  return a.at - b.at || (a.id < b.id ? -1 : 1);
}

function isBefore(event: WatchEvent, other: WatchEvent | undefined): boolean {
  return other !== undefined && byTime(event, other) < 0;
}

export interface VisitSums {
  /** Visits that ended. */
  readonly completed: number;
  readonly stillInside: number;
  /** Of those that ended, ms; absent when none did. */
  readonly meanMs?: number;
  readonly longestMs?: number;
}

/** How long visits took; events of one asset come in the order of time. */
export function createVisits(): { add(event: WatchEvent): void; sums(): VisitSums } {
  let asset = "";
  let since: number | undefined;
  let stillInside = 0;
  let completed = 0;
  let totalMs = 0;
  let longestMs = 0;
  const leave = () => {
    if (since !== undefined) stillInside += 1;
    since = undefined;
  };
  return {
    add(event) {
      if (event.asset !== asset) {
        leave();
        asset = event.asset ?? "";
      }
      if (event.kind === "entered") since = event.at;
      if (event.kind !== "left" || since === undefined) return;
      completed += 1;
      totalMs += event.at - since;
      longestMs = Math.max(longestMs, event.at - since);
      since = undefined;
    },
    sums() {
      leave();
      if (completed === 0) return { completed, stillInside };
      return { completed, stillInside, meanMs: Math.round(totalMs / completed), longestMs };
    },
  };
}
