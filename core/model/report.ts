// A report: what one asset said about one moment. Everything else in Drover carries, stores or
// watches these. SI units; `at` is the time of the event, never of the poll.

import { z } from "zod";
import { assetPattern, kindPattern } from "./ids.ts";

/** Bounds of every string, array and number of a report; a value beyond one is quarantined. */
export const limits = {
  /** Longest NDJSON line in UTF-16 units. */
  lineChars: 32_768,
  measurements: 64,
  attributes: 32,
  nameChars: 64,
  attributeChars: 256,
  sourceChars: 64,
  altitudeM: { min: -12_000, max: 20_000_000 },
  accuracyM: { min: 0, max: 1_000_000 },
  speedMps: { min: 0, max: 20_000 },
  climbMps: { min: -5_000, max: 5_000 },
  /** 2100-01-01T00:00Z: a clock beyond it is broken, whatever the retention says. */
  atMs: { min: 0, max: 4_102_444_800_000 },
} as const;

/** Steps to which a report is rounded before it is stored; rounding twice changes nothing. */
export const resolution = {
  /** 1.1 cm on the ground. */
  degrees: 1e-7,
  metres: 0.01,
  mps: 0.01,
  headingDeg: 0.01,
} as const;

export const namePattern = /^[a-zA-Z][a-zA-Z0-9_.]{0,63}$/;
export const sourcePattern = /^[a-z0-9][a-z0-9._:-]{0,63}$/;

const between = (range: { readonly min: number; readonly max: number }) =>
  z.number().min(range.min).max(range.max);

const record = <V extends z.ZodType>(value: V, max: number) =>
  z
    .record(z.string().regex(namePattern), value)
    .refine((entries) => Object.keys(entries).length <= max, { error: `at most ${max} entries` });

export const Position = z.strictObject({
  lat: z.number().min(-90).max(90),
  lon: z.number().min(-180).max(180),
  altitudeM: between(limits.altitudeM).optional(),
  accuracyM: between(limits.accuracyM).optional(),
  onGround: z.boolean().optional(),
});
export type Position = z.infer<typeof Position>;

export const Motion = z.strictObject({
  speedMps: between(limits.speedMps).optional(),
  headingDeg: z.number().min(0).max(360).optional(),
  climbMps: between(limits.climbMps).optional(),
});
export type Motion = z.infer<typeof Motion>;

/**
 * The declaration of a report. The hot path checks with `codec.ts`, whose answer is held equal to
 * this schema by a property test.
 */
export const Report = z
  .strictObject({
    asset: z.string().regex(assetPattern),
    kind: z.string().regex(kindPattern),
    at: z.int().min(limits.atMs.min).max(limits.atMs.max),
    position: Position.optional(),
    motion: Motion.optional(),
    measurements: record(z.number(), limits.measurements).optional(),
    attributes: record(z.string().max(limits.attributeChars), limits.attributes).optional(),
    source: z.string().regex(sourcePattern),
    historical: z.boolean().optional(),
  })
  .refine((report) => report.asset.startsWith(`${report.kind}:`), {
    error: "kind must be the part of asset before the colon",
    path: ["kind"],
  });
export type Report = z.infer<typeof Report>;

/** What the platform adds to a report on its way: identity of delivery, the other two clocks. */
export interface Stamp {
  /** Empty for a sender without an edge identity. */
  readonly edge: string;
  readonly epoch: number;
  /** Position in the edge's epoch; without an edge, a 53-bit hash of the content. */
  readonly seq: number;
  /** Edge clock when the batch was sent, epoch ms. */
  readonly sentAt: number;
  /** Ingest clock when the batch arrived, epoch ms. */
  readonly receivedAt: number;
  /** Kept, but not believed: an implausible jump. */
  readonly suspect: boolean;
}

/** A report as it lies in the stream and in history. */
export type StampedReport = Report & Stamp;

/** `+ 0` because a fixed-point integer has no negative zero. */
const rounded = (value: number, steps: number): number => Math.round(value * steps) / steps + 0;

/**
 * Rounds a report to the stored resolution and leaves out what says nothing (empty maps, a false
 * `historical`); idempotent. What a sender wrote and what a reader gets are equal after this
 * function and nothing else.
 */
export function normaliseReport(report: Report): Report {
  const { asset, kind, at, position, motion, measurements, attributes, source } = report;
  const normal: Report = { asset, kind, at, source };
  if (position !== undefined) normal.position = normalPosition(position);
  const moved = motion && normalMotion(motion);
  if (moved !== undefined && isFilled(moved)) normal.motion = moved;
  if (measurements !== undefined && isFilled(measurements)) {
    normal.measurements = { ...measurements };
  }
  if (attributes !== undefined && isFilled(attributes)) {
    normal.attributes = {};
    // Half a surrogate pair has no UTF-8 and becomes U+FFFD there.
    for (const name in attributes)
      normal.attributes[name] = (attributes[name] ?? "").toWellFormed();
  }
  if (report.historical === true) normal.historical = true;
  return normal;
}

function normalPosition(position: Position): Position {
  const { lat, lon, altitudeM, accuracyM, onGround } = position;
  const normal: Position = { lat: rounded(lat, 1e7), lon: rounded(lon, 1e7) };
  if (altitudeM !== undefined) normal.altitudeM = rounded(altitudeM, 100);
  if (accuracyM !== undefined) normal.accuracyM = rounded(accuracyM, 100);
  if (onGround !== undefined) normal.onGround = onGround;
  return normal;
}

function normalMotion({ speedMps, headingDeg, climbMps }: Motion): Motion {
  const normal: Motion = {};
  if (speedMps !== undefined) normal.speedMps = rounded(speedMps, 100);
  if (headingDeg !== undefined) normal.headingDeg = rounded(headingDeg, 100);
  if (climbMps !== undefined) normal.climbMps = rounded(climbMps, 100);
  return normal;
}

function isFilled(entries: object): boolean {
  for (const _key in entries) return true;
  return false;
}
