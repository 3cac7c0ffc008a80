// What a benchmark answers: a number, what stood beside it in the same run, and the goal. Ratios
// are what is judged: this machine's clock drifts, two things measured side by side drift together.

export interface Figure {
  /** What was measured, as a sentence without a verb. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The other things measured in the same run, by name, in the same unit. */
  readonly beside?: Readonly<Record<string, number>>;
  readonly goal?: Goal;
  /** Circumstances that a reader needs: rows, modes, versions. */
  readonly note?: string;
}

export interface Goal {
  readonly text: string;
  readonly isMet: boolean;
}

/** A benchmark that could not run says why; it never counts as met. */
export interface Unrun {
  readonly name: string;
  readonly couldNotRun: string;
}

export type Outcome = Figure | Unrun;

export interface BenchContext {
  /** Says what is going on, while it is. */
  readonly progress: (text: string) => void;
  /** Shortens everything, to see that it runs; the numbers then mean little. */
  readonly isQuick: boolean;
  /** Where processes write their profiles, when that was asked for. */
  readonly profileDir?: string;
}

export interface Bench {
  readonly name: string;
  readonly run: (context: BenchContext) => Promise<readonly Outcome[]>;
}

export const isFigure = (outcome: Outcome): outcome is Figure => !("couldNotRun" in outcome);

/** A goal that asks for at least so much. */
export const atLeast = (value: number, least: number, text: string): Goal => ({
  text,
  isMet: value >= least,
});

/** A goal that asks for at most so much. */
export const atMost = (value: number, most: number, text: string): Goal => ({
  text,
  isMet: value <= most,
});

/** The p-th percentile of numbers, nearest rank. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return (
    sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN
  );
}
