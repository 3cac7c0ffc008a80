// What rules look at: a report of the stream, or one of history in a dry run.

import type { Report } from "../../model/report.ts";
import type { WatchEvent } from "../../model/event.ts";
import type { RuleSet } from "./rule-set.ts";
import type { AssetRules } from "./state.ts";

/** A report as rules see it; every `StampedReport` is one. */
export type RuleReport = Pick<
  Report,
  "asset" | "kind" | "at" | "position" | "motion" | "measurements" | "attributes"
> & {
  /** Kept, but its place is not believed: numbers of place and motion are left out. */
  readonly suspect?: boolean;
};

export interface RuleContext {
  readonly set: RuleSet;
  /** Zones that the asset is confirmed inside, this report included. */
  readonly inside: readonly string[];
  /**
   * When the platform heard of it, epoch ms: what silence is counted from, so that a device whose
   * clock is slow is not taken for a silent one. `at` when absent.
   */
  readonly heardAt?: number;
  /** Old news when it came (a backlog): what it shows is `retro` even where it is the newest. */
  readonly isLate?: boolean;
}

export interface RuleStep {
  /** Undefined when there is nothing to remember. */
  readonly state: AssetRules | undefined;
  /** In the order in which they happened. */
  readonly events: readonly WatchEvent[];
}
