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
  const set = new SortedIntervals();
  for (const { first, last } of intervals) set.add(first, last);
  return set;
}

class SortedIntervals implements IntervalSet {
  readonly #firsts: number[] = [];
  readonly #lasts: number[] = [];
  #count = 0;

  get size(): number {
    return this.#firsts.length;
  }

  get count(): number {
    return this.#count;
  }

  list(): Interval[] {
    return this.#firsts.map((first, index) => ({ first, last: this.#lastOf(index) }));
  }

  has(value: number): boolean {
    return this.#firstOf(this.#indexAt(value)) <= value;
  }

  covers(first: number, last: number): boolean {
    const index = this.#indexAt(first);
    return last < first || (this.#firstOf(index) <= first && this.#lastOf(index) >= last);
  }

  add(first: number, last: number): void {
    if (last < first) return;
    const from = this.#indexAt(first - 1);
    const until = this.#indexBehind(from, last + 1);
    this.#replace(from, until, [
      {
        first: until === from ? first : Math.min(first, this.#firstOf(from)),
        last: until === from ? last : Math.max(last, this.#lastOf(until - 1)),
      },
    ]);
  }

  remove(first: number, last: number): void {
    if (last < first) return;
    const from = this.#indexAt(first);
    const until = this.#indexBehind(from, last);
    if (until === from) return;
    const rest: Interval[] = [];
    const [begin, end] = [this.#firstOf(from), this.#lastOf(until - 1)];
    if (begin < first) rest.push({ first: begin, last: first - 1 });
    if (end > last) rest.push({ first: last + 1, last: end });
    this.#replace(from, until, rest);
  }

  countIn(first: number, last: number): number {
    let found = 0;
    const from = this.#indexAt(first);
    for (let index = from; this.#firstOf(index) <= last; index++) {
      found += Math.min(last, this.#lastOf(index)) - Math.max(first, this.#firstOf(index)) + 1;
    }
    return found;
  }

  lowestHole(first: number, last: number): Interval | undefined {
    let index = this.#indexAt(first);
    let from = first;
    if (this.#firstOf(index) <= from) {
      from = this.#lastOf(index) + 1;
      index += 1;
    }
    if (from > last) return undefined;
    return { first: from, last: Math.min(last, this.#firstOf(index) - 1) };
  }

  highestHole(first: number, last: number): Interval | undefined {
    const index = this.#indexAt(last);
    const until = Math.min(last, this.#firstOf(index) - 1);
    if (until < first) return undefined;
    return { first: Math.max(first, this.#lastOf(index - 1) + 1), last: until };
  }

  /** Index of the first range that ends at or after `value`. */
  #indexAt(value: number): number {
    let low = 0;
    let high = this.#lasts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#lastOf(middle) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the first range from `from` on that begins behind `value`. */
  #indexBehind(from: number, value: number): number {
    let index = from;
    while (this.#firstOf(index) <= value) index += 1;
    return index;
  }

  #firstOf(index: number): number {
    return this.#firsts[index] ?? Infinity;
  }

  #lastOf(index: number): number {
    return this.#lasts[index] ?? -Infinity;
  }

  #replace(from: number, until: number, by: readonly Interval[]): void {
    for (let index = from; index < until; index++) {
      this.#count -= this.#lastOf(index) - this.#firstOf(index) + 1;
    }
    for (const { first, last } of by) this.#count += last - first + 1;
    this.#firsts.splice(from, until - from, ...by.map(({ first }) => first));
    this.#lasts.splice(from, until - from, ...by.map(({ last }) => last));
  }
}
