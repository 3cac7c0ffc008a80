// GeoJSON (RFC 7946) as another form of answers that have places.

import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { StoredEvent } from "@drover/core/model/event";
import type { HttpApp } from "@drover/core/service/http";
import { geoJsonType } from "@drover/core/model/zone-geojson";

/** Query parameter beside `Accept`, for links. */
export const formatShape = {
  format: z
    .enum(["json", "geojson"])
    .optional()
    .meta({ description: "geojson: as `Accept: application/geo+json`" }),
};

const Feature = z.looseObject({
  type: z.literal("Feature"),
  geometry: z.looseObject({ type: z.string() }).nullable(),
  properties: z.record(z.string(), z.unknown()),
});
const content = (schema: z.ZodType) => ({ type: geoJsonType, schema });

export const featureContent = content(Feature);
export const collectionContent = content(
  z.looseObject({
    type: z.literal("FeatureCollection"),
    features: z.array(Feature),
    next: z.string().optional().meta({ description: "cursor of the next page" }),
  }),
);

/** Whether GeoJSON is asked for; then the answer's type is set. */
export function wantsGeoJson(
  query: { readonly format?: "json" | "geojson" | undefined },
  reply: FastifyReply,
): boolean {
  const accept = reply.request.headers.accept ?? "";
  const isWanted =
    query.format === undefined ? accept.includes(geoJsonType) : query.format === "geojson";
  reply.header("vary", "accept");
  if (isWanted) reply.type(geoJsonType);
  return isWanted;
}

/** Bodies of the type are JSON, with the same refusals. */
export function acceptGeoJson(app: HttpApp): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser(geoJsonType, { parseAs: "string" }, parse);
}

interface Located {
  readonly lat: number;
  readonly lon: number;
  readonly altitudeM?: number | undefined;
}

type Coordinates = readonly [number, number] | readonly [number, number, number];

/** [lon, lat, altitude in metres when it is known] */
export function coordinatesOf({ lon, lat, altitudeM }: Located): Coordinates {
  return altitudeM === undefined ? [lon, lat] : [lon, lat, altitudeM];
}

export function pointFeature(
  id: string,
  place: Located | undefined,
  properties: Readonly<Record<string, unknown>>,
): z.input<typeof Feature> {
  const geometry = place && { type: "Point", coordinates: coordinatesOf(place) };
  return { type: "Feature", id, geometry: geometry ?? null, properties };
}

/** An event at its place; one without a place has no geometry. */
export function eventFeature(event: StoredEvent): z.input<typeof Feature> {
  const { id, position, ...properties } = event;
  return pointFeature(id, position, properties);
}
