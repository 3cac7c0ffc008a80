/** How one process is kept alive. */
export type RestartSpec = {
  /** Delay before the first start after a failure; doubles with each further one. */
  readonly minMs: number;
  readonly maxMs: number;
  /** Ready for so long forgives earlier failures. */
  readonly stableMs: number;
  /** A process that does not get ready within this is killed. */
  readonly startMsMax: number;
  /** A process that does not answer for so long is killed. */
  readonly deafMsMax: number;
};

export type ProcessObserved =
  | {
      readonly kind: "absent";
      /** Ends in a row that nobody asked for. */
      readonly failures: number;
      readonly endedMs: number | undefined;
    }
  | {
      readonly kind: "running";
      readonly failures: number;
      readonly startedMs: number;
      /** Since when it is ready; undefined while it is not. */
      readonly readyMs: number | undefined;
      /** Whether it was ever ready since it started. */
      readonly wasReady: boolean;
      /** When it last answered anything at all. */
      readonly heardMs: number;
    };

export type RestartAction =
  | { readonly kind: "start" }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "kill"; readonly reason: string }
  | { readonly kind: "forgive" }
  | { readonly kind: "none" };

/** Patient with a store that is busy with one long statement, quick with one that crashed. */
export const defaultRestart: RestartSpec = {
  minMs: 100,
  maxMs: 30_000,
  stableMs: 30_000,
  startMsMax: 120_000,
  deafMsMax: 60_000,
};

/**
 * Decides the next move for one process. `nowMs` and all times are of one monotonic clock.
 *
 * Not being ready is no reason to kill: a copy that waits for a store would only wait again. Not
 * answering is.
 */
export function nextRestartAction(
  spec: RestartSpec,
  observed: ProcessObserved,
  nowMs: number,
): RestartAction {
  switch (observed.kind) {
    case "absent": {
      if (observed.endedMs === undefined || observed.failures === 0) return { kind: "start" };
      const leftMs = observed.endedMs + restartDelayMs(spec, observed.failures) - nowMs;
      return leftMs > 0 ? { kind: "wait", ms: leftMs } : { kind: "start" };
    }
    case "running": {
      const { startedMs, readyMs, wasReady, heardMs, failures } = observed;
      if (!wasReady && nowMs - startedMs > spec.startMsMax) {
        return { kind: "kill", reason: `not ready within ${spec.startMsMax} ms` };
      }
      if (wasReady && nowMs - heardMs > spec.deafMsMax) {
        return { kind: "kill", reason: `no answer for ${spec.deafMsMax} ms` };
      }
      if (failures > 0 && readyMs !== undefined && nowMs - readyMs >= spec.stableMs) {
        return { kind: "forgive" };
      }
      return { kind: "none" };
    }
  }
}

/** Delay before the next start after `failures` ends in a row. */
export function restartDelayMs(spec: RestartSpec, failures: number): number {
  return Math.min(spec.maxMs, spec.minMs * 2 ** Math.min(Math.max(0, failures - 1), 30));
}
