// What a rule or a zone would have noticed, before it is saved.

import { z } from "zod";
import { WatchEvent } from "@drover/core/model/event";
import type { RuleInput } from "@drover/core/model/rule";
import type { ZoneInput } from "@drover/core/model/zone";
import { server } from "./server.ts";

const judged = {
  from: z.int(),
  to: z.int(),
  cut: z.array(
    z.object({
      by: z.enum(["rows", "time"]),
      limit: z.number(),
      from: z.int().optional(),
      throughAsset: z.string().optional(),
    }),
  ),
  rows: z.int(),
  assets: z.int(),
};
const Sums = z.object({
  count: z.int(),
  assetsConcerned: z.int(),
  perAsset: z.array(z.object({ asset: z.string(), count: z.int() })),
  perDay: z.array(z.object({ day: z.string(), count: z.int() })),
  first: z.array(WatchEvent),
  last: z.array(WatchEvent),
});
const RuleTrial = z.object({ ...judged, fired: Sums, stillFiring: z.int() });
const ZoneTrial = z.object({
  ...judged,
  visits: z.object({
    ...Sums.shape,
    stillInside: z.int(),
    meanMs: z.int().optional(),
    longestMs: z.int().optional(),
  }),
});

/** A try of either, in one form. */
export interface Trial extends Pick<z.infer<typeof RuleTrial>, keyof typeof judged> {
  readonly found: z.infer<typeof Sums>;
  /** Firing still, or inside still, at the end. */
  readonly isStill: number;
  /** How long a visit took, ms; of a zone alone. */
  readonly meanMs?: number | undefined;
  readonly longestMs?: number | undefined;
}

export interface TrialRange {
  readonly from: number;
  readonly to: number;
}

/** History is read report by report. */
const TIMEOUT_MS = 60_000;

/** @throws AskError 400 with everything that cannot work */
export async function tryRule(
  rule: RuleInput,
  range: TrialRange,
  signal?: AbortSignal,
): Promise<Trial> {
  const { fired, stillFiring, ...rest } = await server.ask({
    method: "POST",
    path: "/v1/rules/dry-run",
    body: { rule, ...range },
    answer: RuleTrial,
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  return { ...rest, found: fired, isStill: stillFiring };
}

/** @throws AskError 400 with the places of the zone's faults */
export async function tryZone(
  zone: ZoneInput,
  range: TrialRange,
  signal?: AbortSignal,
): Promise<Trial> {
  const { visits, ...rest } = await server.ask({
    method: "POST",
    path: "/v1/zones/dry-run",
    body: { zone, ...range },
    answer: ZoneTrial,
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  const { stillInside, meanMs, longestMs, ...found } = visits;
  return { ...rest, found, isStill: stillInside, meanMs, longestMs };
}
