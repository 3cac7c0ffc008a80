// Which sequence numbers of one (edge, epoch) are here: everything up to `through`, and ranges above
// it. Memory and bytes grow with the holes, never with the reports; an ordinary run costs O(1).

/** A mutable set of sequence numbers from 1 on. Its bound (holes) is its user's to check. */
export class IntervalSet {
  #through = 0;
  /** Ranges above `through`, ascending, not touching each other nor `through`. */
  readonly #firsts: number[] = [];
  readonly #lasts: number[] = [];

  /** Every number from 1 to this one is in; 0 when 1 is missing. */
  get through(): number {
    return this.#through;
  }

  /** Holes above `through`. */
  get gaps(): number {
    return this.#firsts.length;
  }

  has(seq: number): boolean {
    return this.overlaps(seq, seq);
  }

  /** Whether any number of the range is in. */
  overlaps(first: number, last: number): boolean {
    if (first <= this.#through) return true;
    const index = this.#firstEndingFrom(first);
    return index < this.#firsts.length && at(this.#firsts, index) <= last;
  }

  /** Adds a range, whatever of it is in already. */
  add(first: number, last: number): void {
    if (last <= this.#through) return;
    if (first <= this.#through + 1) {
      this.#through = last;
      this.#absorb();
      return;
    }
    // Ranges that overlap or touch: from `low` up to, not including, `high`.
    const low = this.#firstEndingFrom(first - 1);
    let high = low;
    let start = first;
    let end = last;
    while (high < this.#firsts.length && at(this.#firsts, high) <= last + 1) {
      start = Math.min(start, at(this.#firsts, high));
      end = Math.max(end, at(this.#lasts, high));
      high++;
    }
    this.#firsts.splice(low, high - low, start);
    this.#lasts.splice(low, high - low, end);
  }

  /** The oldest hole: what is missing between `through` and the first range above it. */
  firstGap(): { first: number; last: number } | undefined {
    if (this.#firsts.length === 0) return undefined;
    return { first: this.#through + 1, last: at(this.#firsts, 0) - 1 };
  }

  /** All ranges, ascending. */
  ranges(): { first: number; last: number }[] {
    const above = this.#firsts.map((first, index) => ({ first, last: at(this.#lasts, index) }));
    return this.#through === 0 ? above : [{ first: 1, last: this.#through }, ...above];
  }

  clone(): IntervalSet {
    const copy = new IntervalSet();
    copy.#through = this.#through;
    copy.#firsts.push(...this.#firsts);
    copy.#lasts.push(...this.#lasts);
    return copy;
  }

  /** `through`, then hole and length of each range, each as a base-128 number. */
  encode(): Uint8Array {
    const bytes: number[] = [];
    writeNumber(bytes, this.#through);
    let end = this.#through;
    for (let index = 0; index < this.#firsts.length; index++) {
      const first = at(this.#firsts, index);
      const last = at(this.#lasts, index);
      writeNumber(bytes, first - end);
      writeNumber(bytes, last - first);
      end = last;
    }
    return Uint8Array.from(bytes);
  }

  /** @throws RangeError when the bytes are not what `encode` gave. */
  static decode(bytes: Uint8Array): IntervalSet {
    const set = new IntervalSet();
    const cursor = { bytes, at: 0 };
    set.#through = readNumber(cursor);
    let end = set.#through;
    while (cursor.at < bytes.length) {
      const first = end + readNumber(cursor);
      const last = first + readNumber(cursor);
      if (first <= end + 1 || !Number.isSafeInteger(last)) {
        throw new RangeError(`interval set: range ${first}–${last} touches what is before it`);
      }
      set.#firsts.push(first);
      set.#lasts.push(last);
      end = last;
    }
    return set;
  }

  #absorb(): void {
    let count = 0;
    while (count < this.#firsts.length && at(this.#firsts, count) <= this.#through + 1) {
      this.#through = Math.max(this.#through, at(this.#lasts, count));
      count++;
    }
    if (count > 0) {
      this.#firsts.splice(0, count);
      this.#lasts.splice(0, count);
    }
  }

  /** Index of the first range that ends at or after `seq`; how many ranges there are when none. */
  #firstEndingFrom(seq: number): number {
    let low = 0;
    let high = this.#lasts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (at(this.#lasts, middle) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function at(numbers: readonly number[], index: number): number {
  const value = numbers[index];
  if (value === undefined) throw new RangeError(`interval set: no range ${index}`);
  return value;
}

/** Base 128, low digits first; by division, because bit operators end at 32 bits. */
function writeNumber(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

function readNumber(cursor: { readonly bytes: Uint8Array; at: number }): number {
  let value = 0;
  for (let factor = 1; factor <= 128 ** 7; factor *= 128) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) break;
    value += (byte % 128) * factor;
    if (byte < 128) return value;
  }
  throw new RangeError(`interval set: a number is cut off or too long at byte ${cursor.at}`);
}
