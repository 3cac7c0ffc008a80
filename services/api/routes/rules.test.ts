import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createWatchEvents } from "@drover/core/records/watch-events";
import { systemClock } from "@drover/core/service/clock";
import { serveApi, type ServedApi } from "../serve-test.ts";

const timeout = 10_000;
let api: ServedApi;
before(async () => {
  api = await serveApi();
});
after(() => api[Symbol.asyncDispose]());

const hot = {
  name: "Too hot",
  condition: { type: "threshold", metric: "temperatureC", above: 45, clearAt: 42 },
  severity: "warning",
};

test("a rule is made, changed, listed and removed", { timeout }, async () => {
  const made = await api.post("/v1/rules", hot);
  assert.deepEqual([made.status, made.json.id, made.json.version], [201, "too-hot", 1]);
  const put = await api.send("PUT", "/v1/rules/too-hot", {
    body: { ...hot, severity: "critical" },
    headers: { "if-match": '"1"' },
  });
  assert.deepEqual([put.status, put.json.version], [200, 2]);
  assert.deepEqual((await api.get("/v1/rules")).json.items, [put.json]);
  const versions = (await api.get("/v1/rules/too-hot/versions")).json.items;
  assert.deepEqual(
    versions.map((one: { severity: string }) => one.severity),
    ["critical", "warning"],
  );
  assert.equal((await api.send("DELETE", "/v1/rules/too-hot")).status, 200);
  assert.equal((await api.get("/v1/rules/too-hot")).status, 404);
});

test("a rule that cannot work is refused with every fault", { timeout }, async () => {
  const condition = {
    type: "all",
    of: [
      { type: "threshold", metric: "temperatureC", above: 45, clearAt: 50 },
      { type: "in-zone", zone: "nowhere" },
    ],
  };
  const { status, json } = await api.post("/v1/rules", { ...hot, condition });
  assert.equal(status, 400);
  assert.deepEqual(
    json.errors.map(({ field }: { field: string }) => field),
    ["condition.of.0.clearAt", "condition.of.1.zone"],
  );
});

test("a zone that a rule asks for stays", { timeout }, async () => {
  const shape = { type: "circle", center: [130, -12], radiusM: 500 };
  await api.post("/v1/zones", { id: "yard", name: "Yard", shape });
  const condition = { type: "all", of: [{ type: "in-zone", zone: "yard" }] };
  await api.post("/v1/rules", { ...hot, id: "in-yard", condition });
  const refused = await api.send("DELETE", "/v1/zones/yard");
  assert.equal(refused.status, 409);
  assert.match(refused.json.detail, /rules: in-yard/);
  await api.send("DELETE", "/v1/rules/in-yard");
  assert.equal((await api.send("DELETE", "/v1/zones/yard")).status, 200);
});

test("events are filtered, paged and drawn", { timeout }, async () => {
  const events = createWatchEvents({ records: api.records, clock: systemClock });
  const start = Date.UTC(2026, 5, 1);
  await events.append(
    Array.from({ length: 5 }, (_none, index) => ({
      id: String(index).padStart(32, "0"),
      kind: index % 2 === 0 ? ("entered" as const) : ("left" as const),
      at: start + index * 1_000,
      asset: "ship:1",
      zone: "harbour",
      zoneVersion: 1,
      retro: index === 4,
      ...(index !== 3 && { position: { lat: -12, lon: 130, altitudeM: 5 } }),
      explanation: { text: "two fixes inside" },
    })),
    start + 60_000,
  );
  const ids = async (query: string) =>
    (await api.get(`/v1/events?${query}`)).json.items.map(({ id }: { id: string }) => Number(id));
  assert.deepEqual(await ids("asset=ship:1&zone=harbour"), [4, 3, 2, 1, 0]);
  assert.deepEqual(await ids("kind=left"), [3, 1]);
  assert.deepEqual(await ids("retro=true"), [4]);
  assert.deepEqual(
    await ids("retro=false&from=2026-06-01T00:00:01Z&to=2026-06-01T00:00:03Z"),
    [2, 1],
  );
  const { json: page } = await api.get("/v1/events?limit=2");
  assert.deepEqual(await ids(`limit=2&cursor=${page.next}`), [2, 1]);
  const one = await api.get(`/v1/events/${String(2).padStart(32, "0")}`);
  assert.deepEqual([one.json.number, one.json.recordedAt], [3, start + 60_000]);
  assert.equal((await api.get("/v1/events?kind=exploded")).status, 400);
  assert.equal((await api.get(`/v1/events/${"f".repeat(32)}`)).status, 404);
  const { json: drawn } = await api.get("/v1/events?format=geojson&limit=2");
  assert.deepEqual(drawn.features[0].geometry, { type: "Point", coordinates: [130, -12, 5] });
  assert.equal(drawn.features[0].properties.kind, "entered");
  assert.equal(drawn.features[1].geometry, null);
  assert.equal(typeof drawn.next, "string");
});
