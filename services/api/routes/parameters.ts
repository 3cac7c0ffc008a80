// Query parameters that several routes share. All say what was expected when they refuse.

import { z } from "zod";
import { assetPattern, kindPattern } from "@drover/core/model/ids";
import { limits } from "@drover/core/model/report";
import { badRequest } from "@drover/core/service/problem";
import type { Box } from "../live/board.ts";

/** A date alone is midnight UTC; a time of day says its zone, or it would be this machine's. */
const isoPattern =
  /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/i;
const expectedInstant =
  "expected epoch milliseconds or ISO 8601 with a zone (2026-07-01T09:30:00Z), 1970 to 2100";

/** Epoch milliseconds or an ISO 8601 instant. */
export const Instant = z
  .string()
  .max(40)
  .transform((text, context) => {
    // A `+` that was not encoded arrives as a space.
    const iso = text.replace(/ (?=\d{2}:\d{2}$)/, "+");
    const fromIso = isoPattern.test(iso) ? Date.parse(iso) : Number.NaN;
    const at = /^\d{1,15}$/.test(text) ? Number(text) : fromIso;
    if (Number.isFinite(at) && at >= limits.atMs.min && at <= limits.atMs.max) return at;
    context.addIssue({ code: "custom", message: expectedInstant });
    return z.NEVER;
  })
  .meta({ description: "epoch milliseconds or ISO 8601 with a zone" });

const DAY_MS = 86_400_000;

/** A range of event times; shared by everything that asks history. */
export const rangeShape = {
  from: Instant.optional().meta({ description: "start; 24 h before `to` when absent" }),
  to: Instant.optional().meta({ description: "end; now when absent" }),
};

/** @throws Problem 400 naming both ends when nothing lies between them. */
export function rangeOf(
  query: { readonly from?: number | undefined; readonly to?: number | undefined },
  nowMs: number,
): { readonly from: number; readonly to: number } {
  const to = query.to ?? nowMs;
  const from = query.from ?? Math.max(0, to - DAY_MS);
  if (from < to) return { from, to };
  const detail = `from (${new Date(from).toISOString()}) must be before to (${new Date(to).toISOString()})`;
  throw badRequest(detail, [
    { field: "from", detail: "must be before to" },
    { field: "to", detail: "must be after from; now when absent" },
  ]);
}

/** A whole number within bounds, as text. */
export const whole = (bounds: { min: number; max: number; default: number }) =>
  z
    .string()
    .regex(/^\d{1,9}$/, "expected a whole number")
    .transform(Number)
    .pipe(z.number().min(bounds.min).max(bounds.max))
    .default(bounds.default)
    .meta({ description: `${bounds.min} to ${bounds.max}, default ${bounds.default}` });

const isLon = (value: number) => value >= -180 && value <= 180;
const isLat = (value: number) => value >= -90 && value <= 90;

/** `west,south,east,north` in degrees (RFC 7946 §5); west above east crosses ±180°. */
export const BoundingBox = z
  .string()
  .max(100)
  .transform((text, context): Box => {
    const parts = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    const [west = Number.NaN, south = Number.NaN, east = Number.NaN, north = Number.NaN] = parts;
    if (parts.length === 4 && [west, east].every(isLon) && [south, north].every(isLat)) {
      if (south <= north) return { west, south, east, north };
    }
    const message = "expected west,south,east,north in degrees, south not above north";
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  })
  .meta({ description: "west,south,east,north in degrees; west above east crosses ±180°" });

/** Texts that fit a pattern, separated by commas. */
export const list = (pattern: RegExp, what: string, max: number) =>
  z
    .string()
    .transform((text) => new Set(text.split(",")))
    .refine((items) => items.size <= max && [...items].every((item) => pattern.test(item)), {
      error: `expected up to ${max} ${what}, separated by commas`,
    })
    .meta({ description: `up to ${max} ${what}, separated by commas` });

export const Kinds = list(kindPattern, "kinds", 32);
export const Assets = list(assetPattern, "asset ids", 500);
export const AssetParam = z.strictObject({
  asset: z.string().regex(assetPattern, "expected kind:id in lower case"),
});

/** Which assets; shared by the list and the live feed. */
export const assetFilterShape = {
  kind: Kinds.optional(),
  asset: Assets.optional(),
  q: z.string().min(1).max(64).optional().meta({ description: "text in the id or an attribute" }),
  bbox: BoundingBox.optional(),
  since: Instant.optional().meta({ description: "spoke at or after this event time" }),
};

export const AssetFilterQuery = z.object(assetFilterShape);

/** A cursor hides where the next page starts, so that clients do not build their own. */
export const Cursor = z
  .string()
  .max(400)
  .transform((text, context) => {
    const start = Buffer.from(text, "base64url").toString("utf8");
    if (start !== "" && cursorOf(start) === text) return start;
    context.addIssue({ code: "custom", message: "expected `next` of the page before" });
    return z.NEVER;
  })
  .meta({ description: "`next` of the page before" });

export const cursorOf = (start: string): string => Buffer.from(start).toString("base64url");
