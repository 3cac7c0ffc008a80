// Lets quarantined lines in after all: the text as it was or as a person mended it, perhaps with
// its clock put right. Each is checked again and appended under a key made of its quarantine id,
// so that the same entry cannot be let in twice, by whomever and however mended.

import { z } from "zod";
import { parseLine } from "@drover/core/model/codec";
import type { LinePolicy } from "@drover/core/model/codec";
import { QuarantineReason } from "@drover/core/model/ingest";
import { limits } from "@drover/core/model/report";
import type { Report, Stamp } from "@drover/core/model/report";
import { createRowEncoder } from "@drover/core/model/row-encoder";
import type { Clock } from "@drover/core/service/clock";
import type { AppendBatch } from "@drover/core/stream/log";
import { partitionOf } from "@drover/core/stream/partition";
import type { Append } from "./append.ts";
import { clockFault } from "./clock-fault.ts";
import type { ClockLimits } from "./clock-fault.ts";
import { keyOfText } from "./content-key.ts";
import type { Events } from "./events.ts";

const linesMax = 1_000;

export const ReadmitLine = z
  .strictObject({
    /** The quarantine entry's id. */
    id: z.string().min(1).max(128),
    /** A report, as NDJSON would have it; its `seq` is ignored. */
    text: z.string().min(1).max(limits.lineChars),
    /** Added to the report's `at`, for a clock that was wrong by a known amount. */
    offsetMs: z.int().optional(),
    /** Stands in for the report's `at`. */
    at: z.int().min(limits.atMs.min).max(limits.atMs.max).optional(),
  })
  .refine((line) => line.offsetMs === undefined || line.at === undefined, {
    error: "offsetMs and at exclude each other",
  });

export const ReadmitRequest = z.strictObject({
  lines: z.array(ReadmitLine).min(1).max(linesMax),
  /** Overrides the service's policy for these lines. */
  unknownFields: z.enum(["refuse", "ignore"]).optional(),
});
export type ReadmitRequest = z.infer<typeof ReadmitRequest>;

export const ReadmitAnswer = z.strictObject({
  /** In the order of the request. */
  results: z.array(
    z.discriminatedUnion("outcome", [
      z.strictObject({ id: z.string(), outcome: z.literal("admitted") }),
      z.strictObject({ id: z.string(), outcome: z.literal("already-admitted") }),
      z.strictObject({
        id: z.string(),
        outcome: z.literal("refused"),
        reason: QuarantineReason,
        detail: z.string(),
      }),
    ]),
  ),
});
export type ReadmitAnswer = z.infer<typeof ReadmitAnswer>;
type Result = ReadmitAnswer["results"][number];

export interface ReadmitConfig extends LinePolicy, ClockLimits {
  readonly partitions: number;
}

export interface ReadmitDeps {
  readonly clock: Pick<Clock, "now">;
  readonly log: Append;
  readonly events: Pick<Events, "readmitted">;
}

/** Lines are appended one by one, at once: the stream gathers them into few commits. */
export function createReadmission(
  config: ReadmitConfig,
  deps: ReadmitDeps,
): (request: ReadmitRequest) => Promise<ReadmitAnswer> {
  async function readmit(line: ReadmitRequest["lines"][number], policy: LinePolicy) {
    const { id } = line;
    const receivedAt = deps.clock.now();
    const parsed = parseLine(line.text, policy);
    if (parsed.kind === "fault") return refused(id, parsed.fault);
    if (parsed.kind === "gap") {
      return refused(id, { reason: "bad-value", detail: "gap: not a report" });
    }
    const at = line.at ?? parsed.report.at + (line.offsetMs ?? 0);
    const report: Report = { ...parsed.report, at };
    const fault = clockFault(at, receivedAt, config);
    if (fault !== undefined) return refused(id, fault);
    const batch = batchOf(report, { id, receivedAt, partitions: config.partitions });
    const { accepted } = await deps.log.append(batch);
    const outcome = accepted > 0 ? "admitted" : "already-admitted";
    return { id, outcome } satisfies Result;
  }

  return async (request) => {
    const policy = { unknownFields: request.unknownFields ?? config.unknownFields };
    const results = await Promise.all(request.lines.map((line) => readmit(line, policy)));
    deps.events.readmitted(results.filter(({ outcome }) => outcome === "admitted").length);
    return { results };
  };
}

function refused(id: string, fault: { reason: QuarantineReason; detail: string }): Result {
  return { id, outcome: "refused", ...fault };
}

function batchOf(
  report: Report,
  from: { id: string; receivedAt: number; partitions: number },
): AppendBatch {
  const { id, receivedAt, partitions } = from;
  const { key, seq } = keyOfText(`readmit\n${id}`);
  const stamp: Stamp = { edge: "", epoch: 0, seq, sentAt: receivedAt, receivedAt, suspect: false };
  const encoder = createRowEncoder(4_096);
  const end = encoder.encode(report, stamp);
  const slice = {
    partition: partitionOf(report.asset, partitions),
    kind: "rows" as const,
    bytes: encoder.bytes(),
    ends: [end],
    seqs: [seq],
    keys: [key],
    // Remembered from now on, however old the event: that is what keeps it out the second time.
    ats: [receivedAt],
  };
  return { identity: { kind: "key" }, lane: "backfill", slices: [slice] };
}
