// Changes of alerts for tests.

import type { ClearChange, RaiseChange } from "./change.ts";

export const t0 = 1_800_000_000_000;
export const theCause = "zone:port:entered:vessel:a";

export function raiseAt(at: number, over: Partial<RaiseChange> = {}): RaiseChange {
  return {
    kind: "raise",
    cause: theCause,
    event: { id: `raise-${at}`, at, retro: false, explanation: { text: "two fixes inside" } },
    title: "vessel:a entered Port",
    severity: "warning",
    asset: "vessel:a",
    zone: "port",
    ...over,
  };
}

export function clearAt(at: number, over: Partial<ClearChange> = {}): ClearChange {
  return {
    kind: "clear",
    cause: theCause,
    event: { id: `clear-${at}`, at, retro: false, explanation: { text: "beyond the border" } },
    ...over,
  };
}
