import { useCallback, useEffect, useRef, useState } from "react";

export interface Act<Args extends readonly unknown[], T> {
  /** Does it, unless it is being done; the answer, or undefined when it failed. */
  readonly run: (...args: Args) => Promise<T | undefined>;
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly clearError: () => void;
}

/** Something that changes the server: once at a time, with what went wrong to show. */
export function useAct<Args extends readonly unknown[], T>(
  act: (...args: Args) => Promise<T>,
): Act<Args, T> {
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const newest = useRef(act);
  const isRunning = useRef(false);
  useEffect(() => {
    newest.current = act;
  });
  const run = useCallback(async (...args: Args): Promise<T | undefined> => {
    if (isRunning.current) return undefined;
    isRunning.current = true;
    setIsBusy(true);
    setError(undefined);
    try {
      return await newest.current(...args);
    } catch (caught) {
      setError(caught);
      return undefined;
    } finally {
      isRunning.current = false;
      setIsBusy(false);
    }
  }, []);
  const clearError = useCallback(() => setError(undefined), []);
  return { run, isBusy, error, clearError };
}
