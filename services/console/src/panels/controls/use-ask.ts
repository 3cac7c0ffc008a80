// Asks the server while a component is shown, again at intervals when wanted, and says how that stands.

import { useCallback, useEffect, useRef, useState } from "react";
import { AskError, isAbort } from "../../api/problem.ts";

export interface Asked<T> {
  readonly kind: "loading" | "ready" | "failed";
  /** The newest good answer to this question; it stays while it is asked again, and when that fails. */
  readonly value: T | undefined;
  readonly error: unknown;
  /** Asks again now. */
  readonly reload: () => void;
}

interface Held<T> {
  readonly key: string | undefined;
  readonly value: T | undefined;
  readonly error: unknown;
}

/** After a failure it is asked again by itself, for a server that was only restarted. */
const RETRY_MS = 5_000;

/**
 * The answer to the question that `key` names; nothing is asked while the key is undefined.
 * `everyMs` asks again that long after each answer. What is asked is aborted when the key changes.
 */
export function useAsk<T>(
  key: string | undefined,
  ask: (signal: AbortSignal) => Promise<T>,
  { everyMs }: { readonly everyMs?: number | undefined } = {},
): Asked<T> {
  const [held, setHeld] = useState<Held<T>>({ key, value: undefined, error: undefined });
  const [round, setRound] = useState(0);
  const newest = useRef(ask);
  useEffect(() => {
    newest.current = ask;
  });
  useEffect(() => {
    if (key === undefined) return;
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (afterMs: number | undefined): void => {
      if (afterMs !== undefined) timer = setTimeout(() => void run(), afterMs);
    };
    async function run(): Promise<void> {
      try {
        const value = await newest.current(leaving.signal);
        if (leaving.signal.aborted) return;
        setHeld({ key, value, error: undefined });
        again(everyMs);
      } catch (error) {
        if (leaving.signal.aborted || isAbort(error)) return;
        setHeld((last) => ({ key, value: last.key === key ? last.value : undefined, error }));
        again(isPassing(error) ? RETRY_MS : everyMs);
      }
    }
    void run();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [key, everyMs, round]);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  const isOther = held.key !== key;
  const value = isOther ? undefined : held.value;
  const error = isOther ? undefined : held.error;
  const kind = error === undefined ? (value === undefined ? "loading" : "ready") : "failed";
  return { kind, value, error, reload };
}

/** A server that is away or busy comes back; one that refused goes on refusing. */
function isPassing(error: unknown): boolean {
  return error instanceof AskError && (error.facts.status === 0 || error.facts.status >= 500);
}
