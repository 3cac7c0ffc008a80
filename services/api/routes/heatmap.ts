import { z } from "zod";
import { heatResolutions } from "@drover/core/history/derived";
import { heatCells, heatResolutionFor } from "@drover/core/history/queries/heatmap";
import type { HeatResolution } from "@drover/core/history/queries/heatmap";
import { metricHeatCells } from "@drover/core/history/queries/metric-heat";
import { namePattern } from "@drover/core/model/report";
import type { Clock } from "@drover/core/service/clock";
import type { HistoryReader } from "../history-reader.ts";
import type { Box } from "../live/board.ts";
import { BoundingBox, rangeOf, rangeShape, whole } from "./parameters.ts";
import { route, type Route } from "./route.ts";
import { EpochMs, json } from "./shapes.ts";

const Heatmap = z.strictObject({
  from: EpochMs,
  to: EpochMs,
  resolution: z.int().meta({ description: "of H3: 3, 5 or 7" }),
  cells: z.array(
    z.strictObject({
      cell: z.string().meta({ description: "H3 index, hexadecimal" }),
      reports: z.int(),
      lat: z.number().meta({ description: "centre of the cell, degrees" }),
      lon: z.number(),
      value: z
        .number()
        .optional()
        .meta({ description: "mean of `metric`; `reports` counts readings" }),
    }),
  ),
  truncated: z.boolean().meta({ description: "there are more cells; the fullest are given" }),
});

const Resolution = z
  .enum(heatResolutions.map(String))
  .transform((text): HeatResolution => heatResolutions.find((one) => String(one) === text) ?? 3)
  .meta({ description: "of H3; follows from the box when absent" });

/** A map of 1024 pixels shows 360° at zoom 2. */
const PIXELS_ZOOM = 2;

/** The resolution whose cells are a few pixels wide when the box fills a map. */
export function resolutionFor(box: Box | undefined): HeatResolution {
  if (box === undefined) return heatResolutionFor(0);
  const width = box.west <= box.east ? box.east - box.west : box.east - box.west + 360;
  const span = Math.max(width, box.north - box.south, 1e-6);
  return heatResolutionFor(PIXELS_ZOOM + Math.log2(360 / span));
}

/** How much was heard where. */
export function heatmapRoutes(deps: {
  readonly reader: HistoryReader;
  readonly clock: Pick<Clock, "now">;
}): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/heatmap",
      summary: "Reports, or the mean of a measurement, by H3 cell, over whole hours of event time",
      access: "viewer",
      query: z.strictObject({
        ...rangeShape,
        bbox: BoundingBox.optional(),
        resolution: Resolution.optional(),
        metric: z
          .string()
          .regex(namePattern)
          .optional()
          .meta({ description: "a measurement, instead of how much was heard" }),
        limit: whole({ min: 1, max: 50_000, default: 10_000 }),
      }),
      answer: json(Heatmap),
      handle: async ({ query, signal }): Promise<z.input<typeof Heatmap>> => {
        const range = rangeOf(query, deps.clock.now());
        const { bbox: box, limit: cellsMax, metric } = query;
        const resolution = query.resolution ?? resolutionFor(box);
        const { cells, isCut } = await deps.reader.ask(signal, (history) =>
          metric === undefined
            ? heatCells(history, { box, ...range, resolution, cellsMax })
            : metricHeatCells(history, metric, { box, ...range, resolution, cellsMax }),
        );
        return { ...range, resolution, cells: [...cells], truncated: isCut };
      },
    }),
  ];
}
