import assert from "node:assert/strict";
import { test } from "node:test";
import {
  readZoneCollection,
  readZoneFeature,
  zoneCollection,
  zoneFeature,
} from "./zone-geojson.ts";
import type { Place, Zone, ZoneShape } from "./zone.ts";

const ring: Place[] = [
  [130, -13],
  [131, -13],
  [131, -12],
  [130, -12],
  [130, -13],
];
const across: Place[] = [
  [179, -20],
  [-179, -20],
  [-179, -18],
  [179, -18],
  [179, -20],
];
const hole: Place[] = [
  [130.2, -12.8],
  [130.2, -12.6],
  [130.4, -12.6],
  [130.4, -12.8],
  [130.2, -12.8],
];
const zoneOf = (shape: ZoneShape): Zone => ({
  id: "a",
  name: "A",
  shape,
  floorM: 300,
  isEnabled: false,
  color: "#ff8800",
  alert: { on: ["entered"], severity: "warning" },
  applies: { kinds: ["aircraft"] },
  version: 3,
  validFrom: 1_800_000_000_000,
});
const shapes: readonly ZoneShape[] = [
  { type: "circle", center: [130.9, -12.4], radiusM: 5_000 },
  {
    type: "corridor",
    line: [
      [130, -12],
      [131, -12],
    ] as Place[],
    widthM: 900,
  },
  { type: "polygon", polygons: [[ring, hole]] },
  { type: "polygon", polygons: [[ring], [across]] },
];

test("a zone comes back from GeoJSON as it went, whatever its shape", () => {
  for (const shape of shapes) {
    const { version: _version, validFrom: _from, id, ...input } = zoneOf(shape);
    const feature: unknown = JSON.parse(JSON.stringify(zoneFeature(zoneOf(shape))));
    assert.deepEqual(readZoneFeature(feature), { kind: "zone", id, input });
  }
  const types = zoneCollection(shapes.map(zoneOf)).features.map(({ geometry }) => geometry.type);
  assert.deepEqual(types, ["Point", "LineString", "Polygon", "MultiPolygon"]);
});

const feature = (geometry: unknown, properties: object | null = { name: "A" }) => ({
  type: "Feature",
  geometry,
  properties,
});
const read = (geometry: unknown, properties?: object | null) =>
  readZoneFeature(feature(geometry, properties));

test("a foreign file is read: other ways round, counting past 180°, heights, names", () => {
  const counted = across.map(([lon, lat]) => [lon < 0 ? lon + 360 : lon, lat, 12]).toReversed();
  const properties = { NAME: " Taveuni ", stroke: "#00ff00", population: 12, schedule: null };
  const result = read({ type: "Polygon", coordinates: [counted] }, properties);
  assert.deepEqual(result, {
    kind: "zone",
    id: undefined,
    input: {
      name: "Taveuni",
      color: "#00ff00",
      isEnabled: true,
      shape: { type: "polygon", polygons: [[across]] },
    },
  });
});

test("a ring round a pole keeps its order", () => {
  const polar = [0, 120, -120, 0].map((lon): Place => [lon, -80]);
  for (const one of [polar, polar.toReversed()]) {
    const result = read({ type: "Polygon", coordinates: [one] });
    assert.ok(result.kind === "zone");
    assert.deepEqual(result.input.shape, { type: "polygon", polygons: [[one]] });
  }
});

test("each mistake is told with its place in the file", () => {
  const faulty = ring.with(2, [131, 95]);
  const table: readonly (readonly [unknown, string, RegExp])[] = [
    [{ type: "Polygon", coordinates: [ring.slice(0, 4)] }, "geometry.coordinates[0]", /closed/],
    [{ type: "Polygon", coordinates: [faulty] }, "geometry.coordinates[0][2]", /\[lon, lat\]/],
    [{ type: "Polygon", coordinates: ring }, "geometry.coordinates[0][0]", /position/],
    [{ type: "MultiPolygon", coordinates: [[ring], 5] }, "geometry.coordinates[1]", /array/],
    [{ type: "Point", coordinates: [1, 2] }, "properties.radiusM", /Point needs radiusM, metres/],
    [{ type: "LineString", coordinates: [[1, 2]] }, "geometry.coordinates", />=2/],
    [{ type: "MultiPoint", coordinates: [] }, "geometry.type", /MultiPoint is no zone/],
    [{ type: "Polygon", coordinates: [] }, "geometry.coordinates", />=1/],
    [null, "geometry", /expected a geometry/],
  ];
  for (const [geometry, field, detail] of table) {
    const result = read(geometry);
    assert.ok(result.kind === "faults", JSON.stringify(geometry));
    const found = result.faults.find((fault) => fault.field === field);
    assert.match(found?.detail ?? JSON.stringify(result.faults), detail);
  }
  const open = read({ type: "Polygon", coordinates: [ring.slice(0, 4)] });
  assert.deepEqual(open.kind === "faults" && open.faults[0]?.place, [130, -12]);
  const both = read({ type: "Point", coordinates: [1, 2] }, { name: "A", radiusM: 5, floorM: 1e9 });
  assert.deepEqual(both.kind === "faults" && both.faults[0]?.field, "properties.floorM");
});

test("a collection tells good and bad apart by index", () => {
  const good = feature({ type: "Point", coordinates: [1, 2] }, { radiusM: 10 });
  const bad = feature({ type: "Point", coordinates: [1, 200] }, { radiusM: 10 });
  const { zones, faults } = readZoneCollection({
    type: "FeatureCollection",
    features: [bad, good, 7],
  });
  assert.deepEqual(
    zones.map(({ index, input }) => [index, input.name]),
    [[1, "Zone 2"]],
  );
  assert.deepEqual(
    faults.map(({ index, field }) => [index, field]),
    [
      [0, "geometry.coordinates"],
      [2, ""],
    ],
  );
  const named = readZoneCollection(good, { nameProperty: "CODE" });
  assert.deepEqual(named.faults[0]?.field, "properties.name");
});

test("what is no collection of WGS 84 is refused as a whole", () => {
  const crs = { type: "name", properties: { name: "urn:ogc:def:crs:EPSG::28352" } };
  const mercator = { type: "FeatureCollection", features: [], crs };
  assert.match(readZoneCollection(mercator).faults[0]?.detail ?? "", /WGS 84/);
  assert.match(readZoneCollection({ type: "Topology" }).faults[0]?.detail ?? "", /RFC 7946/);
  const many = { type: "FeatureCollection", features: Array(10_001).fill(0) };
  assert.match(readZoneCollection(many).faults[0]?.detail ?? "", /limit is 10000/);
});
