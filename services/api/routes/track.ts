import { z } from "zod";
import { assetTrack } from "@drover/core/history/queries/track";
import type { Clock } from "@drover/core/service/clock";
import type { HistoryReader } from "../history-reader.ts";
import { featureContent, formatShape, wantsGeoJson } from "./geojson.ts";
import { AssetParam, rangeOf, rangeShape, whole } from "./parameters.ts";
import { route, type Route } from "./route.ts";
import { EpochMs, json } from "./shapes.ts";
import { trackFeature } from "./track-geojson.ts";

const Track = z.strictObject({
  asset: z.string(),
  points: z.array(
    z.strictObject({
      at: EpochMs,
      lat: z.number(),
      lon: z.number(),
      altitudeM: z.number().optional(),
      speedMps: z.number().optional(),
      headingDeg: z.number().optional(),
      climbMps: z.number().optional(),
      onGround: z.boolean().optional(),
    }),
  ),
  thinned: z.boolean().meta({ description: "there are more places in the range than points" }),
});

/** Where an asset went, by event time; suspect places are left out. */
export function trackRoutes(deps: {
  readonly reader: HistoryReader;
  readonly clock: Pick<Clock, "now">;
}): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/assets/:asset/track",
      summary: "Where an asset went, thinned without losing ends and extremes",
      access: "viewer",
      params: AssetParam,
      query: z.strictObject({
        ...rangeShape,
        points: whole({ min: 1, max: 10_000, default: 1_000 }),
        ...formatShape,
      }),
      answer: json(Track),
      alsoAnswers: [featureContent],
      handle: async ({ params, query, reply, signal }) => {
        const { asset } = params;
        const range = rangeOf(query, deps.clock.now());
        const wanted = { asset, ...range, points: query.points };
        const track = await deps.reader.ask(signal, (history) => assetTrack(history, wanted));
        // A thinned track has two ends at least; of one point, the newest is what is wanted.
        const points = track.points.slice(-query.points);
        const thinned = track.thinned || points.length < track.points.length;
        if (wantsGeoJson(query, reply)) return trackFeature(points, { asset, thinned });
        return { asset, points, thinned } satisfies z.input<typeof Track>;
      },
    }),
  ];
}
