import type { Lane } from "@drover/core/model/ingest";
import type { TakeLimits } from "@drover/core/uplink/backlog";
import { gapBatch, gapLine, type Batch } from "@drover/core/uplink/batch";
import type { Pick } from "./cursor.ts";
import { missingAround, segmentAt, type EpochLog, type Loss } from "./holdings.ts";
import type { Interval } from "./interval-set.ts";
import type { Extract, SegmentReader } from "./segment-reader.ts";
import type { Segment } from "./segment.ts";

/** The part of a pick that one batch can carry: of one segment, or of what no segment has. */
export type Plan =
  | { readonly kind: "read"; readonly segment: Segment; readonly range: Interval }
  | { readonly kind: "gap"; readonly range: Interval; readonly reason: string };

/**
 * Cuts a pick down to what goes into one request: its newest part or its oldest. Newest first leaves
 * a hole below, which both sides must remember, so there is a bound to it; beyond, the newest run is
 * sent from its old end, which leaves none.
 */
export function planTake(pick: Pick, end: "newest" | "oldest", limits: TakeLimits): Plan {
  const { log, range } = pick;
  const at = end === "newest" ? range.last : range.first;
  const segment = segmentAt(log, at);
  const loss = log.losses.find(({ first, last }) => first <= at && at <= last);
  if (segment === undefined || loss?.reason === "unreadable") {
    return planGap(log, range, at, loss);
  }
  const bytesEach = Math.max(1, segment.end / Math.max(1, segment.last - segment.first + 1));
  const count = Math.max(1, Math.min(limits.reports, Math.floor(limits.bytes / bytesEach)));
  const first = Math.max(range.first, segment.first, end === "newest" ? at - count + 1 : 0);
  const last = Math.min(range.last, segment.last, first + count - 1);
  return { kind: "read", segment, range: { first, last } };
}

function planGap(log: EpochLog, range: Interval, at: number, loss: Loss | undefined): Plan {
  const whole = loss ?? { ...missingAround(log, at), reason: "not-kept" };
  const first = Math.max(range.first, whole.first);
  const last = Math.min(range.last, whole.last);
  return { kind: "gap", range: { first, last }, reason: whole.reason };
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
