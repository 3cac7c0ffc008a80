// The head of a batch: who sends it, and how its lines are numbered.

import type { IncomingHttpHeaders } from "node:http";
import { edgePattern } from "@drover/core/model/ids";
import { ingestHeaders, Lane } from "@drover/core/model/ingest";
import type { Producer } from "@drover/core/model/ingest";
import { limits } from "@drover/core/model/report";
import { badRequest } from "@drover/core/service/problem";
import type { FieldMistake } from "@drover/core/service/problem";

export interface Sender {
  /** Absent: a simple device without an outbox; its lines are recognised by their content. */
  readonly producer: Producer | undefined;
  /** Sequence number of the first line; absent: each line carries its own. */
  readonly firstSeq: number | undefined;
  /** Edge clock, epoch ms; absent: the sender has none. */
  readonly sentAt: number | undefined;
  readonly lane: Lane;
  /** What the edge says of itself, as it stands: a value that cannot be read fails no batch. */
  readonly link?: string | undefined;
}

const EPOCH_MAX = 0xffff_ffff;

/** Reads the contract's headers. @throws Problem 400 with every mistake, by header and limit. */
export function readSender(headers: IncomingHttpHeaders): Sender {
  const mistakes: FieldMistake[] = [];
  const wrong = (field: string, detail: string) => {
    mistakes.push({ field, detail });
    return undefined;
  };
  const readNumber = (name: string, min: number, max: number): number | undefined => {
    const text = headers[name];
    if (text === undefined) return undefined;
    const value = typeof text === "string" && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    return wrong(name, `expected a whole number from ${min} to ${max}`);
  };
  const edge = headers[ingestHeaders.edge];
  const epoch = readNumber(ingestHeaders.epoch, 1, EPOCH_MAX);
  const firstSeq = readNumber(ingestHeaders.firstSeq, 1, Number.MAX_SAFE_INTEGER);
  const sentAt = readNumber(ingestHeaders.sentAt, limits.atMs.min, limits.atMs.max);
  const lane = Lane.safeParse(headers[ingestHeaders.lane] ?? "live");
  if (!lane.success) wrong(ingestHeaders.lane, `expected one of ${Lane.options.join(", ")}`);
  if (edge !== undefined && !(typeof edge === "string" && edgePattern.test(edge))) {
    wrong(ingestHeaders.edge, "expected 1 to 64 of [a-z0-9._-], a letter or digit first");
  } else if (edge === undefined) {
    for (const name of [ingestHeaders.epoch, ingestHeaders.firstSeq]) {
      if (headers[name] !== undefined) wrong(name, `means nothing without ${ingestHeaders.edge}`);
    }
  } else if (headers[ingestHeaders.epoch] === undefined) {
    wrong(ingestHeaders.epoch, `is required with ${ingestHeaders.edge}`);
  }
  if (mistakes.length > 0) {
    const detail = mistakes.map((mistake) => `${mistake.field}: ${mistake.detail}`).join("; ");
    throw badRequest(detail, mistakes);
  }
  const producer = typeof edge === "string" && epoch !== undefined ? { edge, epoch } : undefined;
  const link = headers[ingestHeaders.link];
  return {
    producer,
    firstSeq,
    sentAt,
    lane: lane.data ?? "live",
    link: typeof link === "string" ? link : undefined,
  };
}
