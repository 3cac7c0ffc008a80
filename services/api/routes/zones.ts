import { z } from "zod";
import { zoneCollection, zoneFeature } from "@drover/core/model/zone-geojson";
import { Zone } from "@drover/core/model/zone";
import type { Rules } from "@drover/core/records/rules";
import type { Zones } from "@drover/core/records/zones";
import { notFound } from "@drover/core/service/problem";
import type { Board } from "../live/board.ts";
import { DefinitionParam, setVersion } from "./changing.ts";
import { collectionContent, featureContent, formatShape, wantsGeoJson } from "./geojson.ts";
import { Cursor, cursorOf, Instant, whole } from "./parameters.ts";
import { route, type Route } from "./route.ts";
import { EpochMs, json, pageOf } from "./shapes.ts";
import { zoneChangeRoutes } from "./zone-changes.ts";
import { insideRoutes } from "./zone-inside.ts";

const ZoneVersion = Zone.extend({
  changedBy: z.string().meta({ description: "id of the token that made this version" }),
  removedBy: z.string().optional(),
  validUntil: EpochMs.optional(),
});
const path = "/v1/zones";
const AtQuery = z.strictObject({
  at: Instant.optional().meta({ description: "as it was then; now when absent" }),
  ...formatShape,
});
/** A page ends sooner when its zones have so many vertices; one of 10,000 has 400 kB. */
const PAGE_VERTICES = 200_000;

export interface ZonesDeps {
  readonly zones: Zones;
  readonly rules: Pick<Rules, "list">;
  readonly board: Board;
}

/** Places worth watching, as they are and as they were. */
export function zoneRoutes(deps: ZonesDeps): readonly Route[] {
  return [
    listRoute(deps),
    getRoute(deps),
    versionsRoute(deps),
    ...insideRoutes(deps),
    ...zoneChangeRoutes(deps),
  ];
}

function listRoute({ zones }: ZonesDeps): Route {
  return route({
    method: "GET",
    path,
    summary: "Zones, ordered by id",
    access: "viewer",
    query: AtQuery.extend({
      limit: whole({ min: 1, max: 10_000, default: 1_000 }),
      cursor: Cursor.optional(),
    }),
    answer: json(pageOf(Zone)),
    alsoAnswers: [collectionContent],
    handle: async ({ query, reply }) => {
      const { at, cursor = "", limit } = query;
      const found = (await zones.list({ at })).filter(({ id }) => id > cursor);
      const items = found.slice(0, pageEnd(found, limit));
      const last = items.length < found.length ? items.at(-1) : undefined;
      const tail = last && { next: cursorOf(last.id) };
      return wantsGeoJson(query, reply)
        ? { ...zoneCollection(items), ...tail }
        : { items, ...tail };
    },
  });
}

function pageEnd(zones: readonly Zone[], limit: number): number {
  let vertices = 0;
  const end = Math.min(limit, zones.length);
  for (const [index, { shape }] of zones.entries()) {
    if (shape.type === "polygon") vertices += shape.polygons.flat().flat().length;
    if (shape.type === "corridor") vertices += shape.line.length;
    if (index >= end) return end;
    if (vertices > PAGE_VERTICES) return Math.max(1, index);
  }
  return end;
}

function getRoute({ zones }: ZonesDeps): Route {
  return route({
    method: "GET",
    path: `${path}/:id`,
    summary: "One zone",
    access: "viewer",
    params: DefinitionParam,
    query: AtQuery,
    answer: json(Zone),
    alsoAnswers: [featureContent],
    handle: async ({ params, query, reply }) => {
      const zone = await zones.get(params.id, query.at);
      if (zone === undefined) throw notFound(`there is no zone ${params.id}`);
      setVersion(reply, zone.version);
      return wantsGeoJson(query, reply) ? zoneFeature(zone) : zone;
    },
  });
}

function versionsRoute({ zones }: ZonesDeps): Route {
  return route({
    method: "GET",
    path: `${path}/:id/versions`,
    summary: "A zone in its versions, newest first",
    access: "viewer",
    params: DefinitionParam,
    query: z.strictObject({ limit: whole({ min: 1, max: 100, default: 20 }) }),
    answer: json(pageOf(ZoneVersion)),
    handle: async ({ params, query }) => {
      const versions = await zones.versions(params.id, query.limit);
      if (versions.length === 0) throw notFound(`there never was a zone ${params.id}`);
      const items = versions.map(({ value, by, removedBy }) => ({
        ...value,
        changedBy: by,
        ...(removedBy !== undefined && { removedBy }),
      }));
      return { items };
    },
  });
}
