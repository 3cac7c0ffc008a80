// What a group of batches comes to: which rows are new, in which entries they go, what each caller
// is told. Rows of one partition, lane and kind become one entry. Without I/O; both adapters append
// through it. Hot path.

import assert from "node:assert/strict";
import type { IntervalSet } from "./interval-set.ts";
import { allRows, keptRows } from "./kept-rows.ts";
import type { KeptRows } from "./kept-rows.ts";
import { TooManyGapsError } from "./log.ts";
import type { AppendBatch, Slice } from "./log.ts";
import { runsOf } from "./seq-runs.ts";

/** A sender's numbers: what was seen before the batch at hand, changed by each batch taken. */
export interface Sender {
  readonly edge: string;
  readonly epoch: number;
  seen: IntervalSet;
}

export interface PlanRules<S extends Sender> {
  /** The sender's numbers, or why it is refused. */
  findSender(edge: string, epoch: number): S | Error;
  /** Whether a key was not here before; it is from now on. */
  addKey(key: string, at: number): boolean;
  /** Told of the numbers whose rows are kept. */
  onSeen?(sender: S, first: number, last: number): void;
  /** Told of the numbers that the sender gave up; some may have been seen. */
  onGap?(sender: S, first: number, last: number): void;
  /** Holes a sender may have. */
  readonly gapsMax: number;
}

export type Outcome<S extends Sender> =
  | { readonly kind: "done"; readonly counts: Counts; readonly sender: S | undefined }
  | { readonly kind: "refused"; readonly error: Error };

export interface Counts {
  readonly accepted: number;
  readonly quarantined: number;
  readonly duplicates: number;
}

/** Rows that go into one entry. */
export interface Bucket {
  readonly partition: number;
  /** Index into `kinds` and `lanes`. */
  readonly kind: number;
  readonly lane: number;
  readonly parts: Uint8Array[];
  count: number;
  sizeBytes: number;
}

export interface Plan<S extends Sender> {
  readonly outcomes: readonly Outcome<S>[];
  readonly buckets: readonly Bucket[];
  readonly totals: Counts;
}

/** Entries are not merged beyond this; one slice alone may be larger. */
const MERGED_BYTES_MAX = 1024 * 1024;
export const kinds = ["rows", "quarantine"] as const;
export const lanes = ["live", "backfill"] as const;

/** Plans batches in their order; one that `refusal` names an error for is left out. */
export function planAppend<S extends Sender>(
  batches: readonly AppendBatch[],
  rules: PlanRules<S>,
  refusal: (batch: AppendBatch) => Error | undefined = () => undefined,
): Plan<S> {
  const planner = new Planner(rules);
  const outcomes = batches.map((batch): Outcome<S> => {
    const error = refusal(batch);
    return error === undefined ? planner.take(batch) : { kind: "refused", error };
  });
  return { outcomes, buckets: planner.buckets, totals: planner.counts };
}

/** The bytes of an entry. */
export function bytesOf({ parts, sizeBytes }: Bucket): Uint8Array {
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts, sizeBytes);
}

class Planner<S extends Sender> {
  readonly buckets: Bucket[] = [];
  readonly counts = { accepted: 0, quarantined: 0, duplicates: 0 };
  readonly #rules: PlanRules<S>;
  /** The bucket that is being filled, by partition, kind and lane. */
  readonly #filling = new Map<number, Bucket>();

  constructor(rules: PlanRules<S>) {
    this.#rules = rules;
  }

  take(batch: AppendBatch): Outcome<S> {
    const { identity } = batch;
    const before = { ...this.counts };
    let sender: S | undefined;
    if (identity.kind === "key") {
      for (const slice of batch.slices) this.#put(slice, batch, this.#newKeys(slice));
    } else {
      const found = this.#rules.findSender(identity.edge, identity.epoch);
      if (found instanceof Error) return { kind: "refused", error: found };
      const error = this.#takeNumbered(batch, found);
      if (error !== undefined) return { kind: "refused", error };
      sender = found;
    }
    const counts = {
      accepted: this.counts.accepted - before.accepted,
      quarantined: this.counts.quarantined - before.quarantined,
      duplicates: this.counts.duplicates - before.duplicates,
    };
    return { kind: "done", counts, sender };
  }

  /** Nearly always the numbers are new, and then no row is looked at. */
  #takeNumbered(batch: AppendBatch, sender: S): TooManyGapsError | undefined {
    const before = sender.seen;
    const { runs, hasRepeats } = runsOf(batch.slices);
    const isAllNew = !hasRepeats && !runs.some(({ first, last }) => before.overlaps(first, last));
    const gaps = batch.gaps ?? [];
    const mayExceed = before.gaps + runs.length + gaps.length > this.#rules.gapsMax;
    // A set that is read below, or may have to be given back, is changed in a copy.
    const after = isAllNew && !mayExceed ? before : before.clone();
    for (const { first, last } of runs) after.add(first, last);
    for (const { first, last } of gaps) after.add(first, last);
    if (after.gaps > this.#rules.gapsMax) return tooManyGaps(after, sender, this.#rules.gapsMax);
    if (isAllNew) for (const { first, last } of runs) this.#rules.onSeen?.(sender, first, last);
    for (const { first, last } of gaps) this.#rules.onGap?.(sender, first, last);
    sender.seen = after;
    const inBatch = new Set<number>();
    for (const slice of batch.slices) {
      const rows = isAllNew ? allRows(slice) : this.#newNumbers(slice, { sender, before, inBatch });
      this.#put(slice, batch, rows);
    }
    return undefined;
  }

  #newNumbers(
    slice: Slice,
    from: { sender: S; before: IntervalSet; inBatch: Set<number> },
  ): KeptRows {
    const { sender, before, inBatch } = from;
    return keptRows(slice, (row) => {
      const seq = slice.seqs[row] ?? 0;
      if (before.has(seq) || inBatch.has(seq)) return false;
      inBatch.add(seq);
      this.#rules.onSeen?.(sender, seq, seq);
      return true;
    });
  }

  #newKeys(slice: Slice): KeptRows {
    const { keys = [], ats = [] } = slice;
    return keptRows(slice, (row) => this.#rules.addKey(keys[row] ?? "", ats[row] ?? 0));
  }

  #put(slice: Slice, batch: AppendBatch, rows: KeptRows): void {
    this.counts.duplicates += slice.ends.length - rows.count;
    if (rows.count === 0) return;
    this.counts[slice.kind === "rows" ? "accepted" : "quarantined"] += rows.count;
    const kind = kinds.indexOf(slice.kind);
    const lane = lanes.indexOf(batch.lane);
    const name = slice.partition * 4 + kind * 2 + lane;
    let bucket = this.#filling.get(name);
    if (bucket === undefined || bucket.sizeBytes + rows.sizeBytes > MERGED_BYTES_MAX) {
      bucket = { partition: slice.partition, kind, lane, parts: [], count: 0, sizeBytes: 0 };
      this.#filling.set(name, bucket);
      this.buckets.push(bucket);
    }
    for (const part of rows.parts) bucket.parts.push(part);
    bucket.count += rows.count;
    bucket.sizeBytes += rows.sizeBytes;
  }
}

function tooManyGaps(set: IntervalSet, { edge }: Sender, gapsMax: number): TooManyGapsError {
  const missing = set.firstGap() ?? { first: 1, last: 1 };
  const message = `append: ${set.gaps} holes in the numbers of ${edge}; the limit is ${gapsMax}`;
  return new TooManyGapsError(message, missing);
}

/** What a caller in this repository must not do; what the network sends was checked before. */
export function checkBatch(batch: AppendBatch, partitions: number): void {
  for (const slice of batch.slices) {
    const { partition, kind, ends, seqs, keys, ats } = slice;
    const isQuarantine = kind === "quarantine";
    assert(Number.isInteger(partition) && partition >= 0, `append: partition ${partition}`);
    assert(
      isQuarantine ? partition === partitions : partition < partitions,
      `append: partition ${partition} is not for ${kind}`,
    );
    assert((ends.at(-1) ?? 0) === slice.bytes.length, "append: ends do not cover the bytes");
    if (batch.identity.kind === "seq") assert(seqs.length === ends.length, "append: a seq per row");
    else {
      assert(keys?.length === ends.length && ats?.length === ends.length, "append: a key per row");
    }
  }
}
