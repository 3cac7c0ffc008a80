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

const rounded = (value: number, steps: number): number => Math.round(value * steps) / steps;

/**
 * Rounds a report to the stored resolution; idempotent. What a sender wrote and what a reader gets
 * are equal after this function and nothing else.
 */
export function normaliseReport(report: Report): Report {
  const { position, motion } = report;
  return {
    ...report,
    ...(position && {
      position: {
        ...position,
        lat: rounded(position.lat, 1e7),
        lon: rounded(position.lon, 1e7),
        ...(position.altitudeM !== undefined && { altitudeM: rounded(position.altitudeM, 100) }),
        ...(position.accuracyM !== undefined && { accuracyM: rounded(position.accuracyM, 100) }),
      },
    }),
    ...(motion && {
      motion: {
        ...(motion.speedMps !== undefined && { speedMps: rounded(motion.speedMps, 100) }),
        ...(motion.headingDeg !== undefined && { headingDeg: rounded(motion.headingDeg, 100) }),
        ...(motion.climbMps !== undefined && { climbMps: rounded(motion.climbMps, 100) }),
      },
    }),
  };
}
