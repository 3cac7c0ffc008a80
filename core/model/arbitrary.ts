// Arbitrary reports for property tests: what the schema allows, with a liking for its edges.

import * as fc from "fast-check";
import { limits, type Report, type Stamp } from "./report.ts";

const lower = "abcdefghijklmnopqrstuvwxyz";
const digits = "0123456789";

const madeOf = (first: string, rest: string, charsMax: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...first.split("")),
      fc.array(fc.constantFrom(...rest.split("")), { maxLength: charsMax - 1, size: "max" }),
    )
    .map(([head, tail]) => head + tail.join(""));

const within = (range: { readonly min: number; readonly max: number }): fc.Arbitrary<number> =>
  fc.oneof(
    fc.double({ ...range, noNaN: true }),
    fc.constantFrom(range.min, range.max, Math.max(0, range.min)),
  );

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

export const arbitraryKind = madeOf(lower, `${lower}${digits}-`, 32);
const arbitraryId = madeOf(`${lower}${digits}~`, `${lower}${digits}._~-`, 64);
const arbitraryName = madeOf(lower + lower.toUpperCase(), `${lower}AZ${digits}._`, 64);
export const arbitrarySource = madeOf(`${lower}${digits}`, `${lower}${digits}._:-`, 64);

const units = [
  "a",
  "Z",
  "7",
  " ",
  '"',
  "\\",
  "\0",
  "\n",
  "\u007F",
  "\u0080",
  "é",
  "✈",
  "📡",
  "\uFEFF",
];
export const arbitraryUnit = fc.constantFrom(...units);

/** Any UTF-16, lone surrogates and byte-order marks too, up to the limit. */
const arbitraryText = fc.oneof(
  fc.string({ unit: arbitraryUnit, maxLength: limits.attributeChars / 2 }),
  fc.constantFrom(
    "",
    "\uFEFFbom",
    "\uD800",
    "x".repeat(256),
    "é".repeat(128),
    "\u20AC".repeat(256),
  ),
);

const dropUndefined = <T extends object>(value: T): T => {
  const kept = Object.entries(value).filter(([, field]) => field !== undefined);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same keys but the absent ones
  return Object.fromEntries(kept) as T;
};

const arbitraryPosition = fc
  .record({
    lat: within({ min: -90, max: 90 }),
    lon: within({ min: -180, max: 180 }),
    altitudeM: maybe(within(limits.altitudeM)),
    accuracyM: maybe(within(limits.accuracyM)),
    onGround: maybe(fc.boolean()),
  })
  .map(dropUndefined);

const arbitraryMotion = fc
  .record({
    speedMps: maybe(within(limits.speedMps)),
    headingDeg: maybe(within({ min: 0, max: 360 })),
    climbMps: maybe(within(limits.climbMps)),
  })
  .map(dropUndefined);

const arbitraryMeasurements = fc.dictionary(
  arbitraryName,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  { maxKeys: limits.measurements, size: "max", noNullPrototype: true },
);

const arbitraryAttributes = fc.dictionary(arbitraryName, arbitraryText, {
  maxKeys: limits.attributes,
  noNullPrototype: true,
});

/** Any report that the schema takes. */
export const arbitraryReport: fc.Arbitrary<Report> = fc
  .record({
    kind: arbitraryKind,
    id: arbitraryId,
    at: fc.integer(limits.atMs),
    position: maybe(arbitraryPosition),
    motion: maybe(arbitraryMotion),
    measurements: maybe(arbitraryMeasurements),
    attributes: maybe(arbitraryAttributes),
    source: arbitrarySource,
    historical: maybe(fc.boolean()),
  })
  .map(({ id, ...rest }) => dropUndefined({ asset: `${rest.kind}:${id}`, ...rest }));

export const arbitraryStamp: fc.Arbitrary<Stamp> = fc.record({
  edge: fc.oneof(fc.constant(""), madeOf(`${lower}${digits}`, `${lower}${digits}._-`, 64)),
  epoch: fc.integer({ min: 0, max: 0xffff_ffff }),
  seq: fc.oneof(fc.maxSafeNat(), fc.constantFrom(1, 0xffff_ffff, Number.MAX_SAFE_INTEGER)),
  sentAt: fc.integer(limits.atMs),
  receivedAt: fc.integer(limits.atMs),
  suspect: fc.boolean(),
});
