// Numbers of assets that wait for a client, the longest waiting first. Bound: each number is in it once,
// which its owner sees to; the memory of a long queue is given back when it is empty.

const SIZE_MIN = 256;

export interface NumberQueue {
  push(number: number): void;
  /** The longest waiting; undefined when none waits. */
  shift(): number | undefined;
  length(): number;
}

export function createNumberQueue(): NumberQueue {
  // A ring whose size is a power of two.
  let ring = new Uint32Array(SIZE_MIN);
  let head = 0;
  let length = 0;

  function grow(): void {
    const larger = new Uint32Array(ring.length * 2);
    larger.set(ring.subarray(head));
    larger.set(ring.subarray(0, head), ring.length - head);
    ring = larger;
    head = 0;
  }

  return {
    push(number) {
      if (length === ring.length) grow();
      ring[(head + length) & (ring.length - 1)] = number;
      length += 1;
    },
    shift() {
      if (length === 0) return undefined;
      const number = ring[head];
      head = (head + 1) & (ring.length - 1);
      length -= 1;
      if (length === 0 && ring.length > SIZE_MIN * 64) ring = new Uint32Array(SIZE_MIN);
      if (length === 0) head = 0;
      return number;
    },
    length: () => length,
  };
}
