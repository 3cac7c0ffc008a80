import { z } from "zod";
import { StoredEvent, eventKinds } from "@drover/core/model/event";
import { assetPattern } from "@drover/core/model/ids";
import type { WatchEvents } from "@drover/core/records/watch-events";
import { notFound } from "@drover/core/service/problem";
import { definitionId } from "./changing.ts";
import { collectionContent, eventFeature, formatShape, wantsGeoJson } from "./geojson.ts";
import { Cursor, cursorOf, Instant, whole } from "./parameters.ts";
import { route, type Route } from "./route.ts";
import { json, pageOf } from "./shapes.ts";

const Kinds = z
  .string()
  .max(200)
  .transform((text) => text.split(","))
  .pipe(z.array(z.enum(eventKinds)).min(1))
  .meta({ description: `of ${eventKinds.join(", ")}; separated by commas` });

const EventCursor = Cursor.transform((text, context) => {
  const [, at, number] = /^(\d{1,15}) (\d{1,15})$/.exec(text) ?? [];
  if (at !== undefined && number !== undefined) return { at: Number(at), number: Number(number) };
  context.addIssue({ code: "custom", message: "expected `next` of the page before" });
  return z.NEVER;
});

const EventsQuery = z.strictObject({
  asset: z.string().regex(assetPattern, "expected kind:id in lower case").optional(),
  zone: definitionId.optional(),
  rule: definitionId.optional(),
  kind: Kinds.optional(),
  from: Instant.optional().meta({ description: "happened at or after" }),
  to: Instant.optional().meta({ description: "happened before" }),
  retro: z
    .enum(["true", "false"])
    .optional()
    .meta({ description: "true: only what was found in data that came late; false: without it" }),
  ...formatShape,
  limit: whole({ min: 1, max: 1_000, default: 100 }),
  cursor: EventCursor.optional(),
});

/** What watching noticed. */
export function eventRoutes(deps: { readonly events: WatchEvents }): readonly Route[] {
  const { events } = deps;
  return [
    route({
      method: "GET",
      path: "/v1/events",
      summary: "What watching noticed, newest first by the time of the event",
      access: "viewer",
      query: EventsQuery,
      answer: json(pageOf(StoredEvent)),
      alsoAnswers: [collectionContent],
      handle: async ({ query, reply }) => {
        const { kind, retro, format, limit, cursor, ...rest } = query;
        const filter = {
          ...rest,
          kinds: kind,
          retro: retro === undefined ? undefined : retro === "true",
        };
        const found = await events.list(filter, { before: cursor, limit });
        const { next } = found;
        const tail = next && { next: cursorOf(`${next.at} ${next.number}`) };
        if (!wantsGeoJson({ format }, reply)) return { items: found.items, ...tail };
        return { type: "FeatureCollection", features: found.items.map(eventFeature), ...tail };
      },
    }),
    route({
      method: "GET",
      path: "/v1/events/:id",
      summary: "One event",
      access: "viewer",
      params: z.strictObject({ id: z.string().regex(/^[0-9a-f]{32}$/) }),
      answer: json(StoredEvent),
      handle: async ({ params }) => {
        const found = await events.get(params.id);
        if (found === undefined) throw notFound(`there is no event ${params.id}`);
        return found;
      },
    }),
  ];
}
