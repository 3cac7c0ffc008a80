import { z } from "zod";
import { assetMeasurements } from "@drover/core/history/queries/measurements";
import { limits, namePattern } from "@drover/core/model/report";
import type { Clock } from "@drover/core/service/clock";
import type { HistoryReader } from "../history-reader.ts";
import { AssetParam, list, rangeOf, rangeShape, whole } from "./parameters.ts";
import { route, type Route } from "./route.ts";
import { EpochMs, json } from "./shapes.ts";

const Measurements = z.strictObject({
  asset: z.string(),
  from: EpochMs,
  to: EpochMs,
  stepS: z.number().meta({ description: "width of every bucket, seconds" }),
  series: z.array(
    z.strictObject({
      metric: z.string(),
      points: z.array(
        z.strictObject({
          at: EpochMs.meta({ description: "start of the bucket, epoch milliseconds" }),
          count: z.int(),
          min: z.number(),
          max: z.number(),
          mean: z.number(),
          first: z.number(),
          last: z.number(),
        }),
      ),
    }),
  ),
});

/** What an asset measured; the roll-up follows from the range and the wanted points. */
export function measurementRoutes(deps: {
  readonly reader: HistoryReader;
  readonly clock: Pick<Clock, "now">;
}): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/assets/:asset/measurements",
      summary: "What an asset measured, in buckets as wide as the range asks for",
      access: "viewer",
      params: AssetParam,
      query: z.strictObject({
        ...rangeShape,
        // Buckets begin at whole steps, so that one more may be needed to cover the range. All
        // metrics of an asset at this bound stay below the rows that one question may give.
        points: whole({ min: 1, max: 2_000, default: 500 }),
        metric: list(namePattern, "metrics", limits.measurements).optional(),
      }),
      answer: json(Measurements),
      handle: async ({ params, query, signal }): Promise<z.input<typeof Measurements>> => {
        const { asset } = params;
        const range = rangeOf(query, deps.clock.now());
        const wanted = {
          asset,
          ...range,
          points: query.points,
          metrics: [...(query.metric ?? [])],
        };
        const found = await deps.reader.ask(signal, (history) =>
          assetMeasurements(history, wanted),
        );
        const series = found.series.map(({ metric, buckets }) => ({
          metric,
          points: [...buckets],
        }));
        return { asset, ...range, stepS: found.stepMs / 1_000, series };
      },
    }),
  ];
}
