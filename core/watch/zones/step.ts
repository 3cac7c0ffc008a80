// One fix of one asset against all zones.

import type { WatchEvent } from "../../model/event.ts";
import type { AssetZones } from "./asset-zones.ts";
import type { Fix } from "./fix.ts";
import type { ZoneSet } from "./zone-set.ts";

export interface ZoneStep {
  /** Undefined when there is nothing to remember. */
  readonly state: AssetZones | undefined;
  /**
   * What the fix shows that was not known. An event whose id was given before corrects that one
   * (its `at`, `position` and `explanation`): the later one stands.
   */
  readonly events: readonly WatchEvent[];
  /** Ids of events given earlier that this late fix refutes. */
  readonly retracted: readonly string[];
  /** What became of the fix: only `judged` ones count as evidence. */
  readonly outcome: "judged" | "suspect" | "repeated" | "too-late";
}

/** Judges one fix; pure. */
export function stepZones(state: AssetZones | undefined, fix: Fix, set: ZoneSet): ZoneStep {
  throw new Error(`not built yet (${fix.asset}, ${set.size} zones, ${state === undefined})`);
}
