// The sequence numbers of a batch as ascending runs. A batch is split over partitions, so each slice
// has a scattered part of what is nearly always one run; put together they cost one look at the
// interval set.

import type { Slice } from "./log.ts";

export interface SeqRuns {
  /** First and last of each run, ascending; runs neither touch nor overlap. */
  readonly runs: readonly { readonly first: number; readonly last: number }[];
  /** Whether a number occurs more than once. */
  readonly hasRepeats: boolean;
}

/** A batch whose numbers lie in a range of at most this many is laid out in a map of bytes. */
const SPAN_MAX = 65_536;
const marks = new Uint8Array(SPAN_MAX);

export function runsOf(slices: readonly Slice[]): SeqRuns {
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  let count = 0;
  for (const { seqs } of slices) {
    count += seqs.length;
    for (const seq of seqs) {
      if (seq < min) min = seq;
      if (seq > max) max = seq;
    }
  }
  if (count === 0) return { runs: [], hasRepeats: false };
  const span = max - min + 1;
  if (span <= SPAN_MAX && span <= count * 64) return denseRuns(slices, min, span);
  return sparseRuns(slices, count);
}

function denseRuns(slices: readonly Slice[], min: number, span: number): SeqRuns {
  marks.fill(0, 0, span);
  let hasRepeats = false;
  for (const { seqs } of slices) {
    for (const seq of seqs) {
      const place = seq - min;
      if (marks[place] === 1) hasRepeats = true;
      marks[place] = 1;
    }
  }
  const runs: { first: number; last: number }[] = [];
  let place = 0;
  while (place < span) {
    const gapAt = marks.indexOf(0, place);
    const end = gapAt === -1 || gapAt > span ? span : gapAt;
    runs.push({ first: min + place, last: min + end - 1 });
    const next = marks.indexOf(1, end);
    place = next === -1 || next > span ? span : next;
  }
  return { runs, hasRepeats };
}

function sparseRuns(slices: readonly Slice[], count: number): SeqRuns {
  const sorted = new Float64Array(count);
  let filled = 0;
  for (const { seqs } of slices) {
    sorted.set(seqs, filled);
    filled += seqs.length;
  }
  sorted.sort();
  let hasRepeats = false;
  const runs: { first: number; last: number }[] = [];
  let run: { first: number; last: number } | undefined;
  for (const seq of sorted) {
    if (run !== undefined && seq === run.last) hasRepeats = true;
    else if (run !== undefined && seq === run.last + 1) run.last = seq;
    else {
      run = { first: seq, last: seq };
      runs.push(run);
    }
  }
  return { runs, hasRepeats };
}
