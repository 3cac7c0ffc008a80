// How often property tests try. The one place that reads DROVER_FUZZ, so that a long run can try
// more of what `npm test` samples.

// oxlint-disable-next-line node/no-process-env -- only tests import this
const factor = Number(globalThis.process?.env["DROVER_FUZZ"] ?? 1);
if (!(factor >= 1 && factor <= 10_000)) {
  throw new RangeError(`DROVER_FUZZ: expected a number from 1 to 10000, got ${factor}`);
}

/** This many runs, times DROVER_FUZZ. */
export const fuzzRuns = (runs: number): number => Math.round(runs * factor);
