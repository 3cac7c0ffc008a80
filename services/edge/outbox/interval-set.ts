/** A range of whole numbers, both ends in it. */
export interface Interval {
  readonly first: number;
  readonly last: number;
}

/** Whole numbers as sorted ranges that neither overlap nor touch. */
export interface IntervalSet {
  add(first: number, last: number): void;
  remove(first: number, last: number): void;
  has(value: number): boolean;
  covers(first: number, last: number): boolean;
  /** How many numbers of [first, last] are in the set. */
  countIn(first: number, last: number): number;
  /** The lowest run of numbers of [first, last] that are not in the set. */
  lowestHole(first: number, last: number): Interval | undefined;
  /** The highest run of numbers of [first, last] that are not in the set. */
  highestHole(first: number, last: number): Interval | undefined;
  /** Number of ranges. */
  readonly size: number;
  /** Number of numbers. */
  readonly count: number;
  list(): Interval[];
}

export function createIntervalSet(intervals: Iterable<Interval> = []): IntervalSet {
  let firsts: number[] = [];
  let lasts: number[] = [];
  let count = 0;

  /** Index of the first range that ends at or after `value`. */
  function indexAt(value: number): number {
    let low = 0;
    let high = lasts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((lasts[middle] ?? Infinity) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  const firstOf = (index: number): number => firsts[index] ?? Infinity;
  const lastOf = (index: number): number => lasts[index] ?? -Infinity;

  function replace(from: number, until: number, by: readonly Interval[]): void {
    for (let index = from; index < until; index++) count -= lastOf(index) - firstOf(index) + 1;
    for (const { first, last } of by) count += last - first + 1;
    firsts.splice(from, until - from, ...by.map(({ first }) => first));
    lasts.splice(from, until - from, ...by.map(({ last }) => last));
  }

  function add(first: number, last: number): void {
    if (last < first) return;
    const from = indexAt(first - 1);
    let until = from;
    while (until < firsts.length && firstOf(until) <= last + 1) until += 1;
    if (until === from) return replace(from, from, [{ first, last }]);
    replace(from, until, [
      { first: Math.min(first, firstOf(from)), last: Math.max(last, lastOf(until - 1)) },
    ]);
  }

  function remove(first: number, last: number): void {
    if (last < first) return;
    const from = indexAt(first);
    let until = from;
    while (until < firsts.length && firstOf(until) <= last) until += 1;
    if (until === from) return;
    const rest: Interval[] = [];
    if (firstOf(from) < first) rest.push({ first: firstOf(from), last: first - 1 });
    if (lastOf(until - 1) > last) rest.push({ first: last + 1, last: lastOf(until - 1) });
    replace(from, until, rest);
  }

  function countIn(first: number, last: number): number {
    let found = 0;
    for (let index = indexAt(first); index < firsts.length && firstOf(index) <= last; index++) {
      found += Math.min(last, lastOf(index)) - Math.max(first, firstOf(index)) + 1;
    }
    return found;
  }

  function lowestHole(first: number, last: number): Interval | undefined {
    let index = indexAt(first);
    let from = first;
    if (firstOf(index) <= from) {
      from = lastOf(index) + 1;
      index += 1;
    }
    if (from > last) return undefined;
    return { first: from, last: Math.min(last, firstOf(index) - 1) };
  }

  function highestHole(first: number, last: number): Interval | undefined {
    let until = last;
    let index = indexAt(until);
    if (firstOf(index) <= until) until = firstOf(index) - 1;
    index -= 1;
    if (until < first) return undefined;
    return { first: Math.max(first, lastOf(index) + 1), last: until };
  }

  for (const { first, last } of intervals) add(first, last);

  return {
    add,
    remove,
    countIn,
    lowestHole,
    highestHole,
    has: (value) => firstOf(indexAt(value)) <= value,
    covers(first, last) {
      const index = indexAt(first);
      return last < first || (firstOf(index) <= first && lastOf(index) >= last);
    },
    get size() {
      return firsts.length;
    },
    get count() {
      return count;
    },
    list: () => firsts.map((first, index) => ({ first, last: lastOf(index) })),
  };
}
