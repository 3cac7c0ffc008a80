// Waits until something that happens again and again has settled, but never longer than a limit: a map
// that follows an asset does not come to rest.

export interface SettleConfig {
  /** After the last call, ms. */
  readonly afterMs: number;
  /** After the first call, however many come, ms. */
  readonly latestMs: number;
}

export interface Settle extends Disposable {
  /** It happened: `run` comes when it has settled. */
  readonly later: () => void;
  /** Forgets what happened. */
  readonly cancel: () => void;
}

/** Runs once for calls that follow one another. */
export function createSettle({ afterMs, latestMs }: SettleConfig, run: () => void): Settle {
  let settled: ReturnType<typeof setTimeout> | undefined;
  let latest: ReturnType<typeof setTimeout> | undefined;
  function cancel(): void {
    clearTimeout(settled);
    clearTimeout(latest);
    latest = undefined;
  }
  function end(): void {
    cancel();
    run();
  }
  return {
    later() {
      clearTimeout(settled);
      settled = setTimeout(end, afterMs);
      latest ??= setTimeout(end, latestMs);
    },
    cancel,
    [Symbol.dispose]: cancel,
  };
}
