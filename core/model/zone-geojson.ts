// Zones as GeoJSON (RFC 7946) and back. A polygon is a Polygon or a MultiPolygon; a circle, which
// GeoJSON lacks, is a Point with the property `radiusM`, a corridor a LineString with `widthM`, so
// that whoever moves them in another program has moved the zone. Properties carry the rest.

import { z } from "zod";
import { faultsOfGeometry, type GeometryFault, shapeOfGeometry } from "./geojson-shape.ts";
import { type Place, type Zone, ZoneInput, type ZoneShape } from "./zone.ts";

export const geoJsonType = "application/geo+json";

/** Features that one collection may have when it is read. */
export const featuresMax = 10_000;

const Geometry = z.looseObject({ type: z.string(), coordinates: z.array(z.unknown()).optional() });

/** As far as it must be right before anything can be said about a feature. */
const Feature = z.looseObject({
  type: z.literal("Feature"),
  id: z.union([z.string(), z.number()]).optional(),
  geometry: Geometry.nullish(),
  properties: z.record(z.string(), z.unknown()).nullish(),
});

export interface ZoneFeature {
  readonly type: "Feature";
  readonly id: string;
  readonly geometry: ZoneGeometry;
  readonly properties: Readonly<Record<string, unknown>>;
}
export type ZoneGeometry =
  | { readonly type: "Point"; readonly coordinates: Place }
  | { readonly type: "LineString"; readonly coordinates: readonly Place[] }
  | { readonly type: "Polygon"; readonly coordinates: readonly (readonly Place[])[] }
  | { readonly type: "MultiPolygon"; readonly coordinates: readonly (readonly Place[][])[] };

export interface ZoneCollection {
  readonly type: "FeatureCollection";
  readonly features: readonly ZoneFeature[];
}

/** One mistake: where in the feature, and where on Earth when that is known. */
export type FeatureFault = GeometryFault;

export interface ReadFeature {
  /** The feature's own id, when it can be one of ours. */
  readonly id: string | undefined;
  readonly input: ZoneInput;
}
export type FeatureResult =
  | ({ readonly kind: "zone" } & ReadFeature)
  | { readonly kind: "faults"; readonly faults: readonly FeatureFault[] };

export interface ReadOptions {
  /** The property that holds the name; `name`, `title` and the like when absent. */
  readonly nameProperty?: string | undefined;
  /** The name of a feature without one. */
  readonly fallbackName?: string | undefined;
}

/** A zone for others to read. */
export function zoneFeature(zone: Zone): ZoneFeature {
  const { id, shape, ...rest } = zone;
  const { geometry, size } = geometryOf(shape);
  return { type: "Feature", id, geometry, properties: { ...rest, ...size } };
}

export function zoneCollection(zones: readonly Zone[]): ZoneCollection {
  return { type: "FeatureCollection", features: zones.map(zoneFeature) };
}

function geometryOf(shape: ZoneShape): { geometry: ZoneGeometry; size: object } {
  switch (shape.type) {
    case "circle":
      return {
        geometry: { type: "Point", coordinates: shape.center },
        size: { radiusM: shape.radiusM },
      };
    case "corridor":
      return {
        geometry: { type: "LineString", coordinates: shape.line },
        size: { widthM: shape.widthM },
      };
    case "polygon": {
      const [only] = shape.polygons;
      return only !== undefined && shape.polygons.length === 1
        ? { geometry: { type: "Polygon", coordinates: only }, size: {} }
        : { geometry: { type: "MultiPolygon", coordinates: shape.polygons }, size: {} };
    }
  }
}

/** Whether a body is GeoJSON rather than a zone as we write it. */
export function isFeature(body: unknown): boolean {
  return typeof body === "object" && body !== null && "type" in body && body.type === "Feature";
}

/** What a feature says, or everything that is wrong with it. Unknown properties mean nothing. */
export function readZoneFeature(value: unknown, options: ReadOptions = {}): FeatureResult {
  const feature = Feature.safeParse(value);
  if (!feature.success) return { kind: "faults", faults: faultsOf(feature.error) };
  const { id, geometry } = feature.data;
  const properties = feature.data.properties ?? {};
  if (geometry === null || geometry === undefined) {
    const detail = "expected a geometry; a zone without a place cannot be watched";
    return { kind: "faults", faults: [{ field: "geometry", detail }] };
  }
  const faults = faultsOfGeometry(geometry);
  if (faults.length > 0) return { kind: "faults", faults };
  const input = ZoneInput.safeParse({
    ...ownProperties(properties),
    name: nameOf(feature.data, options),
    shape: shapeOfGeometry(geometry, properties),
  });
  if (!input.success) return { kind: "faults", faults: faultsOf(input.error, geometry.type) };
  const ownId = String(id ?? "");
  return { kind: "zone", id: idPattern.test(ownId) ? ownId : undefined, input: input.data };
}

const idPattern = /^[a-z0-9][a-z0-9-]{0,63}$/;

export interface ReadCollection {
  readonly zones: readonly (ReadFeature & { readonly index: number })[];
  readonly faults: readonly (FeatureFault & { readonly index: number })[];
}

/** Reads every feature of a collection; a single feature counts as one of it. */
export function readZoneCollection(
  value: unknown,
  options: Omit<ReadOptions, "fallbackName"> = {},
): ReadCollection {
  const collection = featuresOf(value);
  if ("fault" in collection) return { zones: [], faults: [{ index: 0, ...collection.fault }] };
  const zones: (ReadFeature & { index: number })[] = [];
  const faults: (FeatureFault & { index: number })[] = [];
  for (const [index, feature] of collection.features.entries()) {
    const result = readNthFeature(feature, index, options);
    if (result.kind === "zone") zones.push({ index, id: result.id, input: result.input });
    else faults.push(...result.faults.map((fault) => ({ index, ...fault })));
  }
  return { zones, faults };
}

/** One feature of a collection; without a name it is called by its place there. */
export function readNthFeature(
  feature: unknown,
  index: number,
  options: Omit<ReadOptions, "fallbackName"> = {},
): FeatureResult {
  return readZoneFeature(feature, { ...options, fallbackName: `Zone ${index + 1}` });
}

/** The features of a collection, unread, or why it is none; a single feature counts as one of it. */
export function featuresOf(
  value: unknown,
): { readonly features: readonly unknown[] } | { readonly fault: FeatureFault } {
  if (isFeature(value)) return { features: [value] };
  const parsed = Collection.safeParse(value);
  if (!parsed.success) {
    const detail = "expected a GeoJSON FeatureCollection or Feature (RFC 7946)";
    return { fault: { field: "", detail } };
  }
  const { features, crs } = parsed.data;
  // RFC 7946 knows no other; files of before it may still name one (GeoJSON 2008 §3).
  if (crs !== undefined && !/CRS84|4326|WGS ?84/i.test(JSON.stringify(crs))) {
    const detail = "coordinates must be WGS 84 longitude and latitude, in degrees";
    return { fault: { field: "crs", detail } };
  }
  if (features.length > featuresMax) {
    const detail = `${features.length} features; the limit is ${featuresMax}`;
    return { fault: { field: "features", detail } };
  }
  return { features };
}

const Collection = z.looseObject({
  type: z.literal("FeatureCollection"),
  features: z.array(z.unknown()),
  crs: z.unknown().optional(),
});

const { shape: _shape, name: _name, color: _color, ...plainFields } = ZoneInput.shape;

function ownProperties(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const own = Object.keys(plainFields).filter(
    (key) => (properties[key] ?? undefined) !== undefined,
  );
  // `stroke` and `fill` are those of the simplestyle specification.
  const color = [properties["color"], properties["stroke"], properties["fill"]].find(
    (one) => typeof one === "string" && /^#[0-9a-f]{6}$/i.test(one),
  );
  return {
    ...Object.fromEntries(own.map((key) => [key, properties[key]])),
    ...(color !== undefined && { color }),
  };
}

const nameProperties = ["name", "title", "Name", "NAME"];

function nameOf(feature: z.infer<typeof Feature>, options: ReadOptions): unknown {
  const { nameProperty, fallbackName } = options;
  const names = nameProperty === undefined ? nameProperties : [nameProperty];
  const found = names
    .map((name) => feature.properties?.[name])
    .map((one) => (typeof one === "number" ? String(one) : one))
    .find((one) => typeof one === "string" && one.trim() !== "");
  if (found !== undefined) return found;
  // Where somebody said which property it is, a guess would be worse than a mistake that is told.
  return nameProperty === undefined ? fallbackName : undefined;
}

const sizeNames: Readonly<Record<string, string>> = { radiusM: "Point", widthM: "LineString" };

function faultsOf(error: z.ZodError, geometry?: string): readonly FeatureFault[] {
  return error.issues.map(({ path, message }): FeatureFault => {
    const field = path.join(".");
    const last = String(path.at(-1) ?? "");
    if (path[0] !== "shape")
      return { field: geometry ? `properties.${field}` : field, detail: message };
    const isSize = sizeNames[last] === geometry;
    return isSize
      ? { field: `properties.${last}`, detail: `a ${geometry} needs ${last}, metres: ${message}` }
      : { field: "geometry.coordinates", detail: message };
  });
}
