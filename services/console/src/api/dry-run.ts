// What a rule or a zone would have noticed, before it is saved.

import { z } from "zod";
import { WatchEvent } from "@drover/core/model/event";
import type { RuleInput } from "@drover/core/model/rule";
import type { ZoneInput } from "@drover/core/model/zone";
import { server } from "./server.ts";

const DryRun = z.object({
  from: z.int(),
  to: z.int(),
  /** How often it would have fired, or noticed something. */
  fired: z.int(),
  perDay: z.array(z.object({ day: z.string(), count: z.int() })),
  assets: z.int().optional(),
  reports: z.int().optional(),
  examples: z.array(WatchEvent),
  truncated: z.boolean().optional(),
});
export type DryRun = z.infer<typeof DryRun>;

export interface DryRunRange {
  readonly from: number;
  readonly to: number;
}

/** History is read report by report. */
const TIMEOUT_MS = 60_000;

export const dryRunRule = (
  rule: RuleInput,
  range: DryRunRange,
  signal?: AbortSignal,
): Promise<DryRun> => dryRun("/v1/rules/dry-run", { rule, ...range }, signal);

export const dryRunZone = (
  zone: ZoneInput,
  range: DryRunRange,
  signal?: AbortSignal,
): Promise<DryRun> => dryRun("/v1/zones/dry-run", { zone, ...range }, signal);

const dryRun = (path: string, body: object, signal?: AbortSignal): Promise<DryRun> =>
  server.ask({ method: "POST", path, body, answer: DryRun, timeoutMs: TIMEOUT_MS, signal });
