import { useSyncExternalStore } from "react";
import { serverNowMs } from "../../live/feed.ts";
import { useConsole } from "../../state/use-console.ts";

// One clock for every age on the page, so that they all turn at the same moment.

const EVERY_MS = 1_000;
const listeners = new Set<() => void>();
let nowMs = serverNowMs();
let timer: ReturnType<typeof setInterval> | undefined;

function listen(listener: () => void): () => void {
  listeners.add(listener);
  nowMs = serverNowMs();
  timer ??= setInterval(() => {
    nowMs = serverNowMs();
    for (const one of listeners) one();
  }, EVERY_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The present by the server's clock, to the second, epoch ms. */
export const useNow = (): number => useSyncExternalStore(listen, () => nowMs);

/** The moment that the page shows: the replayed one, or else the present. */
export function useShownTime(): number {
  const now = useNow();
  return useConsole((state) => state.replay?.at) ?? now;
}
