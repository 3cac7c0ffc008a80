// Who is in the zone that is filtered by: asked of the server, which confirms it, every few seconds.

import { askInside } from "../api/zones.ts";
import { store } from "../state/store.ts";

const EVERY_MS = 5_000;

export interface ZoneFilter extends Disposable {
  /** Undefined until it is known, or when no zone is filtered by. */
  readonly inside: () => ReadonlySet<string> | undefined;
}

/** `onChange` is called when the answer is another. */
export function createZoneFilter(onChange: () => void): ZoneFilter {
  let inside: ReadonlySet<string> | undefined;
  let asking = new AbortController();

  async function ask(): Promise<void> {
    const { zone } = store.getState().filter;
    if (zone === undefined || document.hidden) return;
    const { signal } = asking;
    // Unanswered, what was known stands until the next time.
    const answer = await askInside(zone, signal).catch(() => undefined);
    if (answer === undefined || signal.aborted) return;
    inside = new Set(answer.map(({ asset }) => asset));
    onChange();
  }

  const timer = setInterval(() => void ask(), EVERY_MS);
  const unsubscribe = store.subscribe(({ filter }, before) => {
    if (filter.zone === before.filter.zone) return;
    asking.abort();
    asking = new AbortController();
    inside = undefined;
    void ask();
  });
  void ask();
  return {
    inside: () => inside,
    [Symbol.dispose]() {
      clearInterval(timer);
      asking.abort();
      unsubscribe();
    },
  };
}
