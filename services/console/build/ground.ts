// The ground as GeoJSON files, made of Natural Earth's topology when the console is built: MapLibre's
// own worker fetches and cuts them, so that the page's thread never sees a coast line.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { feature, mesh } from "topojson-client";
import type { Feature, Geometry, MultiLineString, Position } from "geojson";
import type { GeometryCollection, Topology } from "topojson-specification";

/** Coarse for the first paint, finer for what comes nearer. */
export const grounds = ["110m", "50m", "10m"] as const;
export type GroundName = (typeof grounds)[number];

const decimals: Readonly<Record<GroundName, number>> = { "110m": 2, "50m": 3, "10m": 4 };

type Country = Feature<Geometry, { readonly name?: string }>;
type Atlas = Topology<{
  countries: GeometryCollection<{ name?: string }>;
  land: GeometryCollection;
}>;

async function atlas(name: GroundName): Promise<Atlas> {
  const path = createRequire(import.meta.url).resolve(`world-atlas/countries-${name}.json`);
  return JSON.parse(await readFile(path, "utf8"));
}

/** Land as polygons and borders as lines, told apart by `kind`; coordinates are rounded. */
export async function groundJson(name: GroundName): Promise<string> {
  const topology = await atlas(name);
  const { countries, land } = topology.objects;
  const borders = mesh(topology, countries, (a, b) => a !== b);
  const features: Feature[] = [
    ...feature(topology, land).features.map(({ geometry }) => landOf(geometry)),
    { type: "Feature", properties: { kind: "border" }, geometry: flatLines(borders) },
  ];
  const steps = 10 ** decimals[name];
  return JSON.stringify({ type: "FeatureCollection", features }, (_key, value: unknown) =>
    typeof value === "number" ? Math.round(value * steps) / steps : value,
  );
}

function landOf(geometry: Geometry): Feature {
  const coordinates = partsOf(geometry).map((rings) => rings.map(flatRing));
  const properties = { kind: "land" };
  return { type: "Feature", properties, geometry: { type: "MultiPolygon", coordinates } };
}

/**
 * The atlas is made for a globe: its rings jump from 180° to -180°. On a flat map they go on beyond it
 * instead, and the one around a pole is closed over the map's edge.
 */
function flatRing(ring: readonly Position[]): Position[] {
  const flat = unwrapped(ring);
  const [first = [0, 0]] = flat;
  const last = flat.at(-1) ?? first;
  const [firstLon = 0, firstLat = 0] = first;
  const [lastLon = 0] = last;
  if (Math.abs(lastLon - firstLon) < 180) return flat;
  const poleLat = firstLat < 0 ? -90 : 90;
  return [...flat, [lastLon, poleLat], [firstLon, poleLat], first];
}

const flatLines = ({ coordinates }: MultiLineString): MultiLineString => ({
  type: "MultiLineString",
  coordinates: coordinates.map(unwrapped),
});

/** Each place within half a turn of the one before. */
function unwrapped(line: readonly Position[]): Position[] {
  let turns = 0;
  let last: number | undefined;
  return line.map(([lon = 0, lat = 0]) => {
    if (last !== undefined) turns -= 360 * Math.round((lon + turns - last) / 360);
    last = lon + turns;
    return [last, lat];
  });
}

export interface PlaceName {
  readonly name: string;
  readonly lon: number;
  readonly lat: number;
  /** Area on the map, square degrees: the larger, the earlier it is shown. */
  readonly size: number;
}

/** Where to write the countries' names: the middle of the largest part of each. */
export async function placeNames(): Promise<readonly PlaceName[]> {
  const topology = await atlas("50m");
  const { features } = feature(topology, topology.objects.countries);
  return features.flatMap(nameOf).toSorted((a, b) => b.size - a.size);
}

function nameOf({ geometry, properties: { name } }: Country): PlaceName[] {
  if (name === undefined) return [];
  const parts = partsOf(geometry);
  const rings = parts.map((part) => middleOf(unwrapped(part[0] ?? [])));
  const [largest] = rings.toSorted((a, b) => b.size - a.size);
  if (largest === undefined) return [];
  return [
    {
      name,
      lon: hundredths(largest.lon),
      lat: hundredths(largest.lat),
      size: hundredths(largest.size),
    },
  ];
}

const hundredths = (value: number): number => Math.round(value * 100) / 100;

function partsOf(geometry: Geometry): readonly Position[][][] {
  if (geometry.type === "Polygon") return [geometry.coordinates];
  return geometry.type === "MultiPolygon" ? geometry.coordinates : [];
}

/** Centroid and area of a ring by the shoelace formula. */
function middleOf(ring: readonly Position[]): Omit<PlaceName, "name"> {
  let twice = 0;
  let lon = 0;
  let lat = 0;
  for (const [i, [x2 = 0, y2 = 0]] of ring.entries()) {
    const [x1 = 0, y1 = 0] = ring[i - 1] ?? [x2, y2];
    const cross = x1 * y2 - x2 * y1;
    twice += cross;
    lon += (x1 + x2) * cross;
    lat += (y1 + y2) * cross;
  }
  if (twice === 0) return { lon: 0, lat: 0, size: 0 };
  return { lon: lon / (3 * twice), lat: lat / (3 * twice), size: Math.abs(twice / 2) };
}
