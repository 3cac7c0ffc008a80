// What came of the tests: one count for every suite of a run, however its files were run.

import { inspect } from "node:util";

export type Outcome = {
  readonly name: string;
  readonly file: string | undefined;
  /** The reason, or true where none is given. */
  readonly skip: string | boolean | undefined;
  readonly todo: string | boolean | undefined;
  readonly durationMs: number;
  readonly isSuite: boolean;
  /** What went wrong, as text; absent where nothing did. */
  readonly error?: string;
};

export type ShardMessage = ({ readonly kind: "test" } & Outcome) | { readonly kind: "end" };

export interface Tally {
  readonly failed: readonly string[];
  readonly skips: readonly { readonly name: string; readonly reason: string }[];
  add(outcome: Outcome): void;
  /** Counts a failure that no test tells of: a crash, a file that is not there, a time limit. */
  fail(what: string): void;
  /** The number of tests that passed, beside the failed and the skipped: the closing line. */
  line(): string;
  exitCode(): 0 | 1;
}

/**
 * Skipped tests, skipped suites and tests marked as not yet done count as skips and as nothing else:
 * a `todo` proves nothing, whichever way it ends. What has subtests fails by them, or by what it did
 * itself (a hook).
 */
export function createTally(): Tally {
  let passed = 0;
  const failed: string[] = [];
  const skips: { name: string; reason: string }[] = [];
  return {
    failed,
    skips,
    add({ name, skip, todo, isSuite, error }) {
      if (isSet(skip)) skips.push({ name, reason: reasonOf(skip, "no reason given") });
      else if (isSet(todo)) skips.push({ name, reason: `todo: ${reasonOf(todo, "not done")}` });
      else if (error !== undefined) {
        if (!isOfSubtests(error)) failed.push(name);
      } else if (!isSuite) passed++;
    },
    fail: (what) => void failed.push(what),
    line() {
      const skipped = skips.length > 0 ? `, ${skips.length} skipped` : "";
      return `${passed} passed, ${failed.length} failed${skipped}`;
    },
    exitCode: () => (failed.length > 0 || passed === 0 ? 1 : 0),
  };
}

// An empty reason is a reason that was not given, not a test that ran.
const isSet = (mark: string | boolean | undefined): mark is string | true =>
  mark !== undefined && mark !== false;
const reasonOf = (mark: string | true, otherwise: string): string =>
  mark === true || mark === "" ? otherwise : mark;

const subtestsFailed = /^\d+ subtests? failed$/;
const isOfSubtests = (error: string): boolean => subtestsFailed.test(error.split("\n", 1)[0] ?? "");

/** An error of a test as text; of the runner's own wrapping the cause alone. */
export function plainErrorOf(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  const { cause } = error;
  if (cause instanceof Error) return inspect(cause);
  return typeof cause === "string" ? cause : error.message;
}
