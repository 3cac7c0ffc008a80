import { useSyncExternalStore } from "react";
import { movers } from "./feed.ts";
import type { Movers } from "./movers.ts";

/**
 * The table of what moves; the component is drawn anew when it changed, at most once a second.
 * Lists that do not change with positions select what they show and memoise it.
 */
export function useMovers(): { readonly movers: Movers; readonly revision: number } {
  const revision = useSyncExternalStore(listenSlowly, () => shown);
  return { movers, revision };
}

const EVERY_MS = 1_000;
let shown = 0;
const listeners = new Set<() => void>();
let stop: (() => void) | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

function listenSlowly(listener: () => void): () => void {
  listeners.add(listener);
  stop ??= movers.listen(() => {
    timer ??= setTimeout(() => {
      timer = undefined;
      shown = movers.revision;
      for (const one of listeners) one();
    }, EVERY_MS);
  });
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    stop?.();
    stop = undefined;
  };
}
