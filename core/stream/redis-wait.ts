// Waiting for an append of any process: each one is published; so is a reconnection, because
// something may have been missed.

import type { Clock } from "../service/clock.ts";
import type { RedisClient } from "./redis-client.ts";

export function createRedisWaiter(deps: {
  client: RedisClient;
  clock: Clock;
}): (timeoutMs: number, signal?: AbortSignal) => Promise<void> {
  const { client, clock } = deps;
  let ear: Promise<Disposable> | undefined;
  let hasRung = true;
  let wake: (() => void) | undefined;
  const ring = () => {
    hasRung = true;
    wake?.();
  };

  return async (timeoutMs, signal) => {
    signal?.throwIfAborted();
    ear ??= client.listen(`${client.base}bell`, ring);
    await ear;
    signal?.throwIfAborted();
    if (!hasRung) {
      const woken = new AbortController();
      wake = () => woken.abort();
      const stop = () => woken.abort();
      signal?.addEventListener("abort", stop, { once: true });
      await clock.sleep(timeoutMs, woken.signal).catch(() => {});
      signal?.removeEventListener("abort", stop);
      signal?.throwIfAborted();
    }
    hasRung = false;
  };
}
