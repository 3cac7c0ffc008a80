// What is remembered of an asset for its rules: plain data, small, and nothing at all where no rule and
// no silence policy applies. All times are event times of the asset, epoch ms.

/** Where one rule stands for one asset. Absent: no leaf holds and nothing is pending or firing. */
export interface RuleState {
  /** Of the rule it was judged by. */
  readonly version: number;
  /** Leaves that hold, by number. */
  readonly bits: number;
  /** Since when the whole condition has held. */
  readonly since?: number | undefined;
  /** It fires: since when the condition held that made it fire. */
  readonly firedSince?: number | undefined;
  /** It fires: since when, by event time; absent where that was `firedSince`. */
  readonly firedAt?: number | undefined;
  /** It fires, but the condition ended then; `keepFiringMs` runs. */
  readonly endedAt?: number | undefined;
  /** Latest number of each leaf that holds, for explanations. */
  readonly seen?: Readonly<Record<string, number>> | undefined;
  /** Of rate leaves: event time and value, in turn, oldest first. */
  readonly samples?: Readonly<Record<string, readonly number[]>> | undefined;
}

export type RuleStates = Readonly<Record<string, RuleState>>;

/** A gap in what was heard, with where the rules stood when it began: late data is judged from there. */
export interface PastGap {
  /** Newest report that was judged in the gap. */
  readonly at: number;
  /** The report that ended the gap. */
  readonly until: number;
  readonly rules?: RuleStates | undefined;
}

export interface AssetRules {
  /** Newest report; reports older than this never change anything but `gap`. */
  readonly at: number;
  /** How much later than `at` the platform heard of it; the asset's clock is taken to be behind by it. */
  readonly lagMs: number;
  /** Last times between reports, oldest first; at most `gapsMax`. */
  readonly gaps?: readonly number[] | undefined;
  /** [lon, lat] of the newest place. */
  readonly place?: readonly [number, number] | undefined;
  /** The asset was said to be silent, since then. */
  readonly silentAt?: number | undefined;
  readonly rules?: RuleStates | undefined;
  readonly gap?: PastGap | undefined;
}
