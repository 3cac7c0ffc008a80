import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { geoJsonType, readZoneCollection } from "@drover/core/model/zone-geojson";
import { appendReports, reportOf } from "../live/testing.ts";
import { serveApi, type ServedApi } from "../serve-test.ts";

const timeout = 10_000;
let api: ServedApi;
before(async () => {
  api = await serveApi();
});
after(() => api[Symbol.asyncDispose]());

const circle = (name: string, radiusM = 5_000) => ({
  name,
  shape: { type: "circle", center: [130.88, -12.41], radiusM },
});
const feature = (properties: object, coordinates: unknown = square) => ({
  type: "Feature",
  properties,
  geometry: { type: "Polygon", coordinates },
});
const square = [
  [
    [130, -13],
    [131, -13],
    [131, -12],
    [130, -12],
    [130, -13],
  ],
];
const collection = (...features: object[]) => ({ type: "FeatureCollection", features });

test("a zone is made, changed against its version, seen as it was, and removed", async () => {
  const made = await api.post("/v1/zones", circle("Darwin Airport"));
  assert.equal(made.status, 201, made.text);
  assert.equal(made.headers.get("location"), "/v1/zones/darwin-airport");
  assert.equal(made.headers.get("etag"), '"1"');
  const before1 = made.json.validFrom;
  const put = (radiusM: number, tag: string) =>
    api.send("PUT", "/v1/zones/darwin-airport", {
      body: circle("Darwin Airport", radiusM),
      headers: { "if-match": tag },
    });
  const changed = await put(7_000, '"1"');
  assert.deepEqual([changed.status, changed.json.version], [200, 2]);
  const stale = await put(9_000, '"1"');
  assert.deepEqual([stale.status, stale.headers.get("etag")], [412, '"2"']);
  assert.equal(stale.json.type, "urn:drover:problem:version-differs");
  assert.equal((await put(9_000, "one")).json.errors[0].field, "if-match");
  const versions = await api.get("/v1/zones/darwin-airport/versions");
  assert.deepEqual(
    versions.json.items.map((one: { version: number; shape: { radiusM: number } }) => [
      one.version,
      one.shape.radiusM,
    ]),
    [
      [2, 7_000],
      [1, 5_000],
    ],
  );
  assert.match(versions.json.items[0].changedBy, /^tok_/);
  const removed = await api.send("DELETE", "/v1/zones/darwin-airport");
  assert.ok(removed.json.validUntil >= removed.json.validFrom);
  assert.equal((await api.get("/v1/zones/darwin-airport")).status, 404);
  assert.equal((await api.send("DELETE", "/v1/zones/darwin-airport")).status, 404);
  const was = await api.get(`/v1/zones?at=${before1}`);
  const validUntil = versions.json.items[1].validUntil;
  // Both versions may lie within one millisecond.
  if (validUntil > before1) assert.equal(was.json.items[0].shape.radiusM, 5_000);
});

test("a key makes one zone, however often it is sent", { timeout }, async () => {
  const send = (name: string) =>
    api.send("POST", "/v1/zones", { body: circle(name), headers: { "idempotency-key": "k1" } });
  const [first, second] = [await send("Twice"), await send("Twice")];
  assert.deepEqual([first.status, second.status], [201, 201]);
  assert.deepEqual(first.json, second.json);
  const other = await send("Other");
  assert.deepEqual([other.status, other.json.type], [422, "urn:drover:problem:key-taken"]);
  assert.equal((await api.post("/v1/zones", { ...circle("x"), id: "twice" })).status, 409);
});

test("GeoJSON goes in and comes out, by type and by address", { timeout }, async () => {
  const headers = { "content-type": geoJsonType };
  const body = feature({ name: "Cox Peninsula", floorM: 100, unknown: true });
  const made = await api.send("POST", "/v1/zones", { body, headers });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.json.shape.type, "polygon");
  const one = await api.get("/v1/zones/cox-peninsula?format=geojson");
  assert.ok(one.headers.get("content-type")?.startsWith(geoJsonType));
  assert.deepEqual(one.json.geometry, body.geometry);
  assert.equal(one.json.properties.floorM, 100);
  const all = await api.send("GET", "/v1/zones", { headers: { accept: geoJsonType } });
  assert.ok(all.headers.get("content-type")?.startsWith(geoJsonType));
  assert.deepEqual(readZoneCollection(all.json).faults, []);
  assert.ok(all.json.features.length >= 1);
  const again = await api.send("PUT", "/v1/zones/cox-peninsula", { body: one.json, headers });
  assert.deepEqual([again.status, again.json.version], [200, 1]);
});

test("what cannot be watched is refused with the field and its place", { timeout }, async () => {
  const open = feature({ name: "A" }, [square[0]?.slice(0, 4)]);
  const table: readonly (readonly [object, string, RegExp])[] = [
    [{ ...circle("A"), floorM: 10, ceilingM: 5 }, "floorM", /below ceilingM/],
    [circle("A", 0), "shape.radiusM", />=1/],
    [{ ...circle("A"), colour: "red" }, "", /colour/],
    [open, "geometry.coordinates[0]", /not closed.*130, -12/],
    [{ ...circle("A"), schedule }, "schedule.timeZone", /Mars\/Olympus is no time zone/],
    [feature({ name: "A" }, [bowTie]), "shape.polygons.0.0", /edges 0 and 2 meet/],
  ];
  for (const [body, field, detail] of table) {
    const { status, json } = await api.post("/v1/zones", body);
    assert.equal(status, 400);
    assert.equal(json.errors[0].field, field);
    assert.match(json.errors[0].detail, detail);
  }
});
const bowTie = [
  [130, -13],
  [131, -12],
  [131, -13],
  [130, -12],
  [130, -13],
];
test("a shape that crosses itself is refused with the place of it", { timeout }, async () => {
  const { json } = await api.post("/v1/zones", feature({ name: "A" }, [bowTie]));
  const [lon, lat] = json.errors[0].place;
  assert.ok(Math.abs(lon - 130.5) < 1e-6 && Math.abs(lat + 12.5) < 1e-6);
  const imported = await api.post("/v1/zones/import", collection(feature({}, [bowTie])));
  assert.deepEqual([imported.status, imported.json.errors[0].index], [400, 0]);
  assert.equal(imported.json.errors[0].place.length, 2);
});
const schedule = {
  timeZone: "Mars/Olympus",
  windows: [{ days: [1], from: "08:00", to: "17:00" }],
};

test("a file is imported as a whole or not at all, and once", { timeout }, async () => {
  const good = [feature({ name: "Pine Creek" }), feature({ name: "Pine Creek" })];
  const bad = [feature({ name: "B" }, [[[0, 95]]]), feature({ name: "C", dwellMs: -1 })];
  const ids = async () =>
    (await api.get("/v1/zones")).json.items.map(({ id }: { id: string }) => id);
  const before1 = await ids();
  const refused = await api.post("/v1/zones/import", collection(...good, ...bad));
  assert.equal(refused.status, 400);
  assert.deepEqual(
    refused.json.errors.map((one: { index: number; field: string }) => [one.index, one.field]),
    [
      [2, "geometry.coordinates[0][0]"],
      [3, "properties.dwellMs"],
    ],
  );
  assert.deepEqual(await ids(), before1);
  const dry = await api.post("/v1/zones/import?dryRun=true", collection(...good));
  assert.deepEqual([dry.json.created, await ids()], [2, before1]);
  const some = await api.post("/v1/zones/import?partial=true", collection(...good, ...bad));
  assert.equal(some.status, 200, some.text);
  assert.deepEqual([some.json.created, some.json.faults.length], [2, 2]);
  assert.deepEqual(
    some.json.zones.map(({ id }: { id: string }) => id),
    ["pine-creek", "pine-creek-2"],
  );
  const out = await api.get("/v1/zones?format=geojson");
  const again = await api.post("/v1/zones/import", out.json);
  assert.equal(again.status, 200, again.text);
  assert.deepEqual([again.json.created, again.json.changed], [0, 0]);
  assert.equal(again.json.unchanged, before1.length + 2);
  const nothing = await api.post("/v1/zones/import", { type: "Topology" });
  assert.match(nothing.json.errors[0].detail, /FeatureCollection/);
});

test("who is inside is told by the board, for zones that are saved and that are not", async () => {
  const place = (asset: string, lat: number, altitudeM?: number) => {
    const position = { lat, lon: 130.88, ...(altitudeM !== undefined && { altitudeM }) };
    return reportOf({ asset, kind: asset.slice(0, asset.indexOf(":")), at: 5_000, position });
  };
  await appendReports(api.stream, [
    place("ship:in", -12.41),
    place("ship:out", -13.5),
    place("aircraft:low", -12.42, 100),
    place("aircraft:high", -12.42, 9_000),
    place("bird:last", -12.41, 50),
  ]);
  while ((await api.get("/v1/assets/bird:last")).status !== 200);
  const inside = async (zone: object, query = "") => {
    const { status, json, text } = await api.post(`/v1/zones/inside${query}`, zone, "viewer");
    assert.equal(status, 200, text);
    assert.equal(json.count >= json.items.length, true);
    return json.items.map(({ asset }: { asset: string }) => asset);
  };
  const all = ["aircraft:high", "aircraft:low", "bird:last", "ship:in"];
  assert.deepEqual(await inside(circle("A")), all);
  assert.deepEqual(await inside(circle("A"), "?limit=2"), all.slice(0, 2));
  assert.deepEqual(await inside(circle("A"), "?since=5001"), []);
  assert.deepEqual(await inside({ ...circle("A"), ceilingM: 500 }), ["aircraft:low", "bird:last"]);
  const applies = { kinds: ["ship"], assets: ["bird:last"] };
  assert.deepEqual(await inside({ ...circle("A"), applies }), ["bird:last", "ship:in"]);
  await api.post("/v1/zones", { ...circle("Port"), id: "port", isEnabled: false });
  const { json } = await api.get("/v1/zones/port/inside");
  assert.equal(json.count, 4);
  assert.deepEqual(json.items[3], {
    asset: "ship:in",
    kind: "ship",
    at: 5_000,
    position: { lat: -12.41, lon: 130.88 },
  });
  assert.equal((await api.get("/v1/zones/none/inside")).status, 404);
});

test("pages of zones end by count and by size, and go on", { timeout }, async () => {
  const seen: string[] = [];
  let cursor = "";
  do {
    const { json } = await api.get(`/v1/zones?limit=2${cursor}`);
    seen.push(...json.items.map(({ id }: { id: string }) => id));
    cursor = json.next === undefined ? "" : `&cursor=${json.next}`;
  } while (cursor !== "");
  assert.deepEqual(seen, [...new Set(seen)].toSorted());
  assert.ok(seen.length >= 4);
});
