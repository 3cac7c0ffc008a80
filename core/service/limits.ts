import assert from "node:assert/strict";

/** A limit was met and its word was "reject"; `limit` is the limit. */
export class LimitError extends Error {
  override name = "LimitError";
  readonly limit: number;

  constructor(what: string, limit: number) {
    super(`${what} is full (${limit})`);
    this.limit = limit;
  }
}

/** At most `permits` at once; further callers wait (block) up to `waitersMax`, then reject. */
export interface Semaphore {
  /** Waits for a permit. Call the answer once to give it back; `using` does that. */
  acquire(signal?: AbortSignal): Promise<Permit>;
  /** A permit now, or nothing. */
  tryAcquire(): Permit | undefined;
  inUse(): number;
  waiting(): number;
}

export interface Permit extends Disposable {
  release(): void;
}

export type SemaphoreConfig = {
  readonly name: string;
  readonly permits: number;
  readonly waitersMax: number;
};

export function createSemaphore(config: SemaphoreConfig): Semaphore {
  let inUse = 0;
  const waiters: (() => void)[] = [];

  function permit(): Permit {
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      const next = waiters.shift();
      if (next) next();
      else inUse -= 1;
    };
    return { release, [Symbol.dispose]: release };
  }

  function tryAcquire(): Permit | undefined {
    if (inUse >= config.permits) return undefined;
    inUse += 1;
    return permit();
  }

  async function acquire(signal?: AbortSignal): Promise<Permit> {
    signal?.throwIfAborted();
    const free = tryAcquire();
    if (free) return free;
    if (waiters.length >= config.waitersMax) throw new LimitError(config.name, config.waitersMax);
    await waitIn(waiters, signal);
    return permit();
  }

  return { acquire, tryAcquire, inUse: () => inUse, waiting: () => waiters.length };
}

/** Joins a line of waiters; leaves it and rejects when the signal aborts. */
function waitIn(waiters: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const wake = () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    };
    const abort = () => {
      waiters.splice(waiters.indexOf(wake), 1);
      reject(signal?.reason instanceof Error ? signal.reason : new Error(String(signal?.reason)));
    };
    waiters.push(wake);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

export type WhenFull = "block" | "reject" | "drop-oldest";

export type QueueConfig = {
  readonly name: string;
  readonly itemsMax: number;
  /** What `push` does at the bound. */
  readonly whenFull: WhenFull;
};

/** A bounded queue between an asynchronous producer and one or more consumers. */
export interface BoundedQueue<T> {
  /** Adds an item; at the bound does what `whenFull` says. Rejects once the queue is closed. */
  push(item: T, signal?: AbortSignal): Promise<void>;
  /** The next item, waiting for one; undefined once the queue is closed and empty. */
  take(signal?: AbortSignal): Promise<T | undefined>;
  /** What is here now, at most `itemsMax` items, without waiting. */
  takeMany(itemsMax: number): T[];
  /** No more items come; what is here can still be taken. */
  close(): void;
  size(): number;
  /** Items lost to "drop-oldest" since the start. */
  dropped(): number;
}

export function createBoundedQueue<T>(config: QueueConfig): BoundedQueue<T> {
  assert(config.itemsMax >= 1, `${config.name}: itemsMax must be at least 1`);
  let items: T[] = [];
  let isClosed = false;
  let dropped = 0;
  const producers: (() => void)[] = [];
  const consumers: (() => void)[] = [];

  async function makeRoom(signal: AbortSignal | undefined): Promise<void> {
    while (items.length >= config.itemsMax) {
      if (isClosed) return;
      if (config.whenFull === "reject") throw new LimitError(config.name, config.itemsMax);
      if (config.whenFull === "block") {
        await waitIn(producers, signal);
        continue;
      }
      items.shift();
      dropped += 1;
    }
  }

  return {
    size: () => items.length,
    dropped: () => dropped,
    async push(item, signal) {
      signal?.throwIfAborted();
      await makeRoom(signal);
      if (isClosed) throw new Error(`push: ${config.name} is closed`);
      items.push(item);
      consumers.shift()?.();
    },
    async take(signal) {
      signal?.throwIfAborted();
      while (items.length === 0) {
        if (isClosed) return undefined;
        await waitIn(consumers, signal);
      }
      const item = items.shift();
      producers.shift()?.();
      return item;
    },
    takeMany(itemsMax) {
      const taken = items.slice(0, itemsMax);
      items = items.slice(itemsMax);
      for (let freed = 0; freed < taken.length; freed += 1) producers.shift()?.();
      return taken;
    },
    close() {
      isClosed = true;
      for (const wake of producers.splice(0)) wake();
      for (const wake of consumers.splice(0)) wake();
    },
  };
}
