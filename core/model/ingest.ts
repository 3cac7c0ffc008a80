// The ingest contract, as both halves see it: `POST /v1/reports`, NDJSON, one report a line.
//
// A line is a report, optionally with its own `"seq"`; or a gap, which says that the edge had to
// give up a range of sequence numbers and that they will never come.

import { z } from "zod";
import { edgePattern } from "./ids.ts";

export const ingestPath = "/v1/reports";
export const ndjson = "application/x-ndjson";

/** Request headers of the contract, in the spelling that Node gives them. */
export const ingestHeaders = {
  edge: "drover-edge",
  epoch: "drover-epoch",
  firstSeq: "drover-first-seq",
  sentAt: "drover-sent-at",
  lane: "drover-lane",
  /** How the edge is (link.ts). Without a body the request is a greeting and leaves no trace. */
  link: "drover-link",
} as const;

/** `live` is newest first and pre-empts; `backfill` drains what an outage left, oldest first. */
export const Lane = z.enum(["live", "backfill"]);
export type Lane = z.infer<typeof Lane>;

/** Sequence numbers start at 1 in each epoch. */
export const Seq = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

export const Gap = z
  .strictObject({
    first: Seq,
    last: Seq,
    /** e.g. `evicted-bytes`, `evicted-age`, `corrupt`. */
    reason: z.string().min(1).max(64),
  })
  .refine((gap) => gap.last >= gap.first, { error: "last must not be below first" });
export type Gap = z.infer<typeof Gap>;
export const GapLine = z.strictObject({ gap: Gap });

export const Producer = z.strictObject({
  edge: z.string().regex(edgePattern),
  epoch: z.int().min(1).max(0xffff_ffff),
});
export type Producer = z.infer<typeof Producer>;

/** Why a line was set aside instead of stored; the first word is the counter's label. */
export const QuarantineReason = z.enum([
  "bad-json",
  "line-too-long",
  "unknown-field",
  "missing-field",
  "out-of-range",
  "bad-value",
  "clock-ahead",
  "clock-behind",
]);
export type QuarantineReason = z.infer<typeof QuarantineReason>;

export const QuarantineNote = z.strictObject({
  seq: Seq.optional(),
  /** 1-based line of the request body, for senders without sequence numbers. */
  line: z.int().min(1),
  reason: QuarantineReason,
  /** Names the field and the limit, e.g. `position.lat: 95 is above 90`. */
  detail: z.string().max(300),
});
export type QuarantineNote = z.infer<typeof QuarantineNote>;

/** Problem of a 409 that stands for ever: the region can no longer tell this epoch's repetitions. */
export const epochForgotten = "epoch-forgotten";

/** The answer; it is given after the append is durable, and not before. */
export const IngestAnswer = z.strictObject({
  accepted: z.int().min(0),
  duplicates: z.int().min(0),
  quarantined: z.array(QuarantineNote),
  /** Every sequence number up to this one is durable here (0: none); absent without an edge. */
  through: z.int().min(0).optional(),
  /** Only with `?dryRun=true`: nothing was written. */
  dryRun: z.literal(true).optional(),
});
export type IngestAnswer = z.infer<typeof IngestAnswer>;
