import { z } from "zod";
import { readToken } from "@drover/core/service/auth";
import { unavailable } from "@drover/core/service/problem";
import type { Feed } from "../live/feed.ts";
import { filterOf } from "./assets.ts";
import { assetFilterShape, whole } from "./parameters.ts";
import { route, type Route } from "./route.ts";
import { AssetShape } from "./shapes.ts";

const Place = z
  .string()
  .regex(/^\d{1,15}$/, "expected a whole number")
  .transform(Number);

const LiveQuery = z.strictObject({
  ...assetFilterShape,
  everyMs: whole({ min: 100, max: 60_000, default: 1_000 }),
  eventsAfter: Place.optional().meta({ description: "number of the last event that is known" }),
  alertsAfter: Place.optional().meta({ description: "revision of the last alert that is known" }),
  access_token: z.string().optional(),
});

/**
 * Latest positions as they change, and what watching notices: server-sent events. The same path answers
 * WebSockets (live/upgrade.ts).
 */
export function liveRoutes(feed: Feed, stopping: AbortSignal): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/live",
      summary:
        "Server-sent events: a `snapshot`, then `assets` with what changed, `event` and `alert`; " +
        "a WebSocket of binary frames where the request asks for an upgrade",
      access: "viewer",
      query: LiveQuery,
      allowsQueryToken: true,
      answer: { type: "text/event-stream", schema: z.object({ items: z.array(AssetShape) }) },
      handle: async ({ query, reply }) => {
        using seat = feed.seat();
        if (!seat) throw unavailable("live: no room for one more client", 5_000);
        const { everyMs, eventsAfter, alertsAfter, access_token: queryToken } = query;
        const { authorization } = reply.request.headers;
        const request = {
          filter: filterOf(query),
          everyMs,
          places: { eventsAfter, alertsAfter },
          token: readToken({ authorization, queryToken }),
        };
        reply.hijack();
        await feed.serve(reply.raw, request, stopping);
        return undefined;
      },
    }),
  ];
}
