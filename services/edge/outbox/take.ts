import type { Lane } from "@drover/core/model/ingest";
import type { TakeLimits } from "@drover/core/uplink/backlog";
import { gapBatch, gapLine, type Batch } from "@drover/core/uplink/batch";
import type { Pick } from "./cursor.ts";
import { missingAround, segmentAt, type EpochLog } from "./holdings.ts";
import type { Interval } from "./interval-set.ts";
import type { Extract, SegmentReader } from "./segment-reader.ts";
import type { Segment } from "./segment.ts";

/** The part of a pick that one batch can carry: of one segment, or of what no segment has. */
export type Plan =
  | { readonly kind: "read"; readonly segment: Segment; readonly range: Interval }
  | { readonly kind: "gap"; readonly range: Interval; readonly reason: string };

/** Cuts a pick down to what goes into one request: its newest part (live) or its oldest. */
export function planTake(pick: Pick, lane: Lane, limits: TakeLimits): Plan {
  const { log, range } = pick;
  const at = lane === "live" ? range.last : range.first;
  const segment = segmentAt(log, at);
  if (segment === undefined) return planGap(log, range, at);
  const bytesEach = Math.max(1, segment.end / Math.max(1, segment.last - segment.first + 1));
  const count = Math.max(1, Math.min(limits.reports, Math.floor(limits.bytes / bytesEach)));
  const first = Math.max(range.first, segment.first, lane === "live" ? at - count + 1 : 0);
  const last = Math.min(range.last, segment.last, first + count - 1);
  return { kind: "read", segment, range: { first, last } };
}

function planGap(log: EpochLog, range: Interval, at: number): Plan {
  const missing = missingAround(log, at);
  const first = Math.max(range.first, missing.first);
  const last = Math.min(range.last, missing.last);
  const loss = log.losses.find((each) => each.first <= at && at <= each.last);
  if (loss === undefined) return { kind: "gap", range: { first, last }, reason: "not-kept" };
  const cut = { first: Math.max(first, loss.first), last: Math.min(last, loss.last) };
  return { kind: "gap", range: cut, reason: loss.reason };
}

/** Reads what was planned. The batch may end before the plan does. */
export async function takeBatch(
  plan: Plan,
  from: { readonly edge: string; readonly log: EpochLog; readonly lane: Lane },
  limits: TakeLimits,
  reader: SegmentReader,
): Promise<{ batch: Batch; damaged: readonly Interval[] }> {
  const { edge, log, lane } = from;
  const { range } = plan;
  const facts = { edge, epoch: log.epoch, lane, first: range.first };
  if (plan.kind === "gap") {
    return { batch: gapBatch({ ...facts, last: range.last }, plan.reason), damaged: [] };
  }
  const extract = await reader.extract(plan.segment, range, limits);
  const batch = { ...facts, last: extract.through, ...linesOf(extract) };
  return { batch, damaged: extract.damaged };
}

function linesOf(extract: Extract): BatchLines {
  const { body, ends, seqs, damaged } = extract;
  if (damaged.length === 0) return { body, ends, lasts: seqs, reports: seqs.length };
  const parts: { readonly last: number; readonly bytes: Uint8Array }[] = [];
  let start = 0;
  for (const [index, end] of ends.entries()) {
    parts.push({ last: seqs[index] ?? 0, bytes: body.subarray(start, end) });
    start = end;
  }
  for (const { first, last } of damaged) {
    parts.push({ last, bytes: Buffer.from(gapLine(first, last, "corrupt")) });
  }
  parts.sort((a, b) => a.last - b.last);
  let used = 0;
  return {
    body: Buffer.concat(parts.map(({ bytes }) => bytes)),
    ends: parts.map(({ bytes }) => (used += bytes.length)),
    lasts: parts.map(({ last }) => last),
    reports: seqs.length,
  };
}

type BatchLines = Omit<Batch, "edge" | "epoch" | "lane" | "first" | "last">;
