// What a rule or a zone would have found, asked before it is saved.

import { z } from "zod";
import { WatchEvent } from "@drover/core/model/event";
import { RuleInput } from "@drover/core/model/rule";
import { ZoneInput } from "@drover/core/model/zone";
import type { Zones } from "@drover/core/records/zones";
import type { Clock } from "@drover/core/service/clock";
import { badRequest } from "@drover/core/service/problem";
import type { DryRun } from "../dry-run/dry-run.ts";
import { createTally, createVisits } from "../dry-run/tally.ts";
import { refuseFaults } from "../zone-check.ts";
import { Instant, rangeOf } from "./parameters.ts";
import { route, type Route } from "./route.ts";
import { checkRuleInput } from "./rules.ts";
import { EpochMs, json } from "./shapes.ts";

const RANGE_MS_MAX = 30 * 86_400_000;

const Moment = z.union([EpochMs.transform(String).pipe(Instant), Instant]);
const rangeFields = {
  from: Moment.optional().meta({ description: "start; 24 h before `to` when absent" }),
  to: Moment.optional().meta({ description: "end; now when absent. At most 30 days" }),
};

const judged = {
  from: EpochMs.meta({ description: "what was judged, epoch milliseconds" }),
  to: EpochMs,
  cut: z
    .array(
      z.strictObject({
        by: z.enum(["rows", "time"]),
        limit: z.number().meta({ description: "reports, or milliseconds" }),
        from: EpochMs.optional().meta({ description: "the range was begun later: here" }),
        throughAsset: z
          .string()
          .optional()
          .meta({ description: "assets were judged in the order of ids, up to this one" }),
      }),
    )
    .meta({ description: "why not everything was judged; empty when it was" }),
  rows: z.int().meta({ description: "reports judged" }),
  assets: z.int().meta({ description: "assets judged" }),
};
const sums = {
  count: z.int(),
  assetsConcerned: z.int(),
  perAsset: z.array(z.strictObject({ asset: z.string(), count: z.int() })),
  perDay: z.array(z.strictObject({ day: z.string(), count: z.int() })),
  first: z.array(WatchEvent),
  last: z.array(WatchEvent),
};
const RuleTrial = z.strictObject({
  ...judged,
  fired: z.strictObject(sums),
  cleared: z.int(),
  stillFiring: z.int(),
});
const ZoneTrial = z.strictObject({
  ...judged,
  visits: z.strictObject({
    ...sums,
    completed: z.int(),
    stillInside: z.int(),
    meanMs: z.int().optional(),
    longestMs: z.int().optional(),
  }),
  crossed: z
    .int()
    .meta({ description: "passed through between two reports, which are visits too" }),
  dwelt: z.int(),
});

export interface DryRunDeps {
  readonly dryRun: DryRun;
  readonly zones: Pick<Zones, "list">;
  readonly clock: Pick<Clock, "now">;
}

export function dryRunRoutes(deps: DryRunDeps): readonly Route[] {
  return [ruleRoute(deps), zoneRoute(deps)];
}

function ruleRoute({ dryRun, zones, clock }: DryRunDeps): Route {
  return route({
    method: "POST",
    path: "/v1/rules/dry-run",
    summary: "How often a rule would have fired over what is stored",
    access: "operator",
    body: z.strictObject({ rule: RuleInput, ...rangeFields }),
    answer: json(RuleTrial),
    handle: async ({ body, signal }): Promise<z.input<typeof RuleTrial>> => {
      const { rule } = body;
      const range = boundedRange(body, clock.now());
      await checkRuleInput(rule, zones);
      const fired = createTally();
      let cleared = 0;
      const result = await dryRun.rule({
        rule,
        zones: await zones.list(),
        range,
        signal,
        emit: (event) => {
          if (event.kind === "rule-fired") fired.add(event);
          if (event.kind === "rule-cleared") cleared += 1;
        },
      });
      const total = fired.sums();
      const stillFiring = Math.max(0, total.count - cleared);
      return { ...listed(result), fired: listedSums(total), cleared, stillFiring };
    },
  });
}

function zoneRoute({ dryRun, clock }: DryRunDeps): Route {
  return route({
    method: "POST",
    path: "/v1/zones/dry-run",
    summary: "Which visits a zone would have seen in what is stored",
    access: "operator",
    body: z.strictObject({ zone: ZoneInput, ...rangeFields }),
    answer: json(ZoneTrial),
    handle: async ({ body, signal }): Promise<z.input<typeof ZoneTrial>> => {
      const { zone } = body;
      const range = boundedRange(body, clock.now());
      refuseFaults(zone);
      const entered = createTally();
      const visits = createVisits();
      let crossed = 0;
      let dwelt = 0;
      const result = await dryRun.zone({
        zone,
        range,
        signal,
        emit: (event) => {
          visits.add(event);
          if (event.kind === "entered" || event.kind === "crossed") entered.add(event);
          if (event.kind === "crossed") crossed += 1;
          if (event.kind === "dwelt") dwelt += 1;
        },
      });
      const seen = { ...listedSums(entered.sums()), ...visits.sums() };
      return { ...listed(result), visits: seen, crossed, dwelt };
    },
  });
}

/** @throws Problem 400 */
function boundedRange(
  body: { readonly from?: number | undefined; readonly to?: number | undefined },
  nowMs: number,
) {
  const range = rangeOf(body, nowMs);
  if (range.to - range.from <= RANGE_MS_MAX) return range;
  const detail = "from and to must not lie more than 30 days apart";
  throw badRequest(detail, [{ field: "from", detail }]);
}

type Judged = Awaited<ReturnType<DryRun["zone"]>>;
type Sums = ReturnType<ReturnType<typeof createTally>["sums"]>;

function listed(result: Judged) {
  return { ...result, cut: [...result.cut] };
}

function listedSums(total: Sums) {
  const { perAsset, perDay, first, last, ...rest } = total;
  return {
    ...rest,
    perAsset: [...perAsset],
    perDay: [...perDay],
    first: [...first],
    last: [...last],
  };
}
