// What a sender carries: lines that are ready to go, and which sequence numbers each stands for.

import type { Lane } from "../model/ingest.ts";

/** Lines of one epoch of one edge. Together they stand for every number of [first, last]. */
export interface Batch {
  readonly edge: string;
  readonly epoch: number;
  readonly lane: Lane;
  readonly first: number;
  readonly last: number;
  /** NDJSON; each line has its own `seq`, or is a gap. */
  readonly body: Uint8Array;
  /** End of each line in `body`. */
  readonly ends: readonly number[];
  /** The last number that each line stands for; the first follows on the line before. */
  readonly lasts: readonly number[];
  /** Lines that are reports; the others are gaps. */
  readonly reports: number;
}

/**
 * Halves a batch by lines, for a receiver that takes smaller ones. Undefined for a single line.
 */
export function splitBatch(batch: Batch): readonly [Batch, Batch] | undefined {
  const lines = batch.ends.length;
  if (lines < 2) return undefined;
  const middle = lines >>> 1;
  return [part(batch, 0, middle), part(batch, middle, lines)];
}

function part(batch: Batch, from: number, until: number): Batch {
  const start = batch.ends[from - 1] ?? 0;
  const body = batch.body.subarray(start, batch.ends[until - 1]);
  const ends = batch.ends.slice(from, until).map((end) => end - start);
  return {
    edge: batch.edge,
    epoch: batch.epoch,
    lane: batch.lane,
    first: from === 0 ? batch.first : (batch.lasts[from - 1] ?? 0) + 1,
    last: batch.lasts[until - 1] ?? batch.last,
    body,
    ends,
    lasts: batch.lasts.slice(from, until),
    reports: countReports(body, ends),
  };
}

/** A gap line begins with `{"gap"`, a report never does: its first key is `seq`. */
function countReports(body: Uint8Array, ends: readonly number[]): number {
  let reports = 0;
  let start = 0;
  for (const end of ends) {
    if (body[start + 2] !== 0x67) reports += 1;
    start = end;
  }
  return reports;
}

/** The line, with its end, that gives a range up. */
export function gapLine(first: number, last: number, reason: string): string {
  return `${JSON.stringify({ gap: { first, last, reason } })}\n`;
}

/** A batch of one line that gives the whole range of another up. */
export function gapBatch(
  of: Pick<Batch, "edge" | "epoch" | "lane" | "first" | "last">,
  reason: string,
): Batch {
  const { edge, epoch, lane, first, last } = of;
  const body = new TextEncoder().encode(gapLine(first, last, reason));
  return { edge, epoch, lane, first, last, body, ends: [body.length], lasts: [last], reports: 0 };
}
