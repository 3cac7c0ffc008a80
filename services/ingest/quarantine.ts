// A line that was set aside, as it lies in the stream's quarantine partition: one JSON object a
// line, read by the API and re-admitted by people.

import { z } from "zod";
import { QuarantineReason } from "@drover/core/model/ingest";
import type { Producer, QuarantineNote } from "@drover/core/model/ingest";

export const QuarantinedLine = z.strictObject({
  /** `edge:epoch:seq`, or `key:<hash of the text>` without a sequence number. */
  id: z.string().min(1).max(128),
  /** Empty for a sender without an edge identity. */
  edge: z.string().max(64),
  epoch: z.int().min(0),
  seq: z.int().min(1),
  /** Line of the request's body, from 1. */
  line: z.int().min(1),
  reason: QuarantineReason,
  detail: z.string().max(300),
  /** Ingest clock, epoch ms. */
  receivedAt: z.int().min(0),
  text: z.string(),
  /** `text` was cut at `textCharsMax`: such a line cannot be re-admitted as it is. */
  truncated: z.boolean(),
});
export type QuarantinedLine = z.infer<typeof QuarantinedLine>;

/** What is kept of a line, UTF-16 units. */
export const textCharsMax = 32_768;

export interface Refusal {
  readonly producer: Producer | undefined;
  /** Its number in the epoch, or bits of its hash. */
  readonly seq: number;
  /** The hash of the text; only for lines without a number. */
  readonly key: string | undefined;
  readonly note: QuarantineNote;
  readonly receivedAt: number;
  readonly text: string;
}

/** The entry of a refused line, with its newline. */
export function encodeRefusal(refusal: Refusal): Buffer {
  const { producer, seq, key, note, receivedAt, text } = refusal;
  const edge = producer?.edge ?? "";
  const epoch = producer?.epoch ?? 0;
  const isCut = text.length > textCharsMax;
  const entry: QuarantinedLine = {
    id: key === undefined ? `${edge}:${epoch}:${seq}` : `key:${key}`,
    edge,
    epoch,
    seq,
    line: note.line,
    reason: note.reason,
    detail: note.detail,
    receivedAt,
    // A cut may go through a surrogate pair, and half of one is JSON that not every reader takes.
    text: (isCut ? text.slice(0, textCharsMax) : text).toWellFormed(),
    truncated: isCut,
  };
  return Buffer.from(`${JSON.stringify(entry)}\n`);
}
