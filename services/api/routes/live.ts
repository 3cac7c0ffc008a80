import { z } from "zod";
import { unavailable } from "@drover/core/service/problem";
import type { Feed } from "../live/feed.ts";
import { filterOf } from "./assets.ts";
import { assetFilterShape, whole } from "./parameters.ts";
import { route, type Route } from "./route.ts";
import { AssetShape } from "./shapes.ts";

const LiveQuery = z.strictObject({
  ...assetFilterShape,
  everyMs: whole({ min: 100, max: 60_000, default: 1_000 }),
  access_token: z.string().optional(),
});

/** Latest positions as they change: server-sent events. */
export function liveRoutes(feed: Feed, stopping: AbortSignal): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/live",
      summary: "Server-sent events: a `snapshot`, then `assets` with what changed",
      access: "viewer",
      query: LiveQuery,
      allowsQueryToken: true,
      answer: { type: "text/event-stream", schema: z.object({ items: z.array(AssetShape) }) },
      handle: async ({ query, reply }) => {
        if (!feed.hasRoom()) throw unavailable("live: no room for one more client", 5_000);
        reply.hijack();
        const request = { filter: filterOf(query), everyMs: query.everyMs };
        await feed.serve(reply.raw, request, stopping);
        return undefined;
      },
    }),
  ];
}
