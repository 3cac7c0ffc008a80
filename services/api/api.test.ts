import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createEdgeLinks } from "@drover/core/records/edge-links";
import type { Role } from "@drover/core/service/auth";
import { systemClock } from "@drover/core/service/clock";
import { partitionOf } from "@drover/core/stream/partition";
import { appendReports, reportOf } from "./live/testing.ts";
import { accessOf } from "./serve-test-access.ts";
import { serveApi, type ServedApi } from "./serve-test.ts";

// Everything here holds while ClickHouse is away.

const timeout = 10_000;
let api: ServedApi;
before(async () => {
  api = await serveApi();
  const names = Array.from({ length: 25 }, (_, index) => String(index).padStart(2, "0"));
  await appendReports(
    api.stream,
    names.map((name, index) =>
      reportOf({
        asset: `ship:${name}`,
        kind: "ship",
        at: 1_000 + index,
        position: { lat: 10, lon: index % 2 === 0 ? 179 : -179 },
        attributes: { name: `Vessel ${name}` },
      }),
    ),
  );
  await untilLive(api, (items) => items.some(({ asset }) => asset === "ship:24"));
});
after(() => api[Symbol.asyncDispose]());

type Item = { readonly asset: string; readonly at: number; readonly position?: { lat: number } };

/** Reads the live feed as its clients do, until an event holds what is waited for. */
async function untilLive(
  served: ServedApi,
  isEnough: (items: readonly Item[], event: string) => boolean,
  path = "/v1/live?everyMs=100",
): Promise<readonly Item[]> {
  const headers = { authorization: `Bearer ${served.tokens.viewer}` };
  const response = await fetch(`${served.url}${path}`, { headers });
  assert.equal(response.status, 200);
  assert.ok(response.body);
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const [, name = "", data = ""] = /^event: (\w+)\nid: \d+\ndata: (.*)$/.exec(event) ?? [];
      if (data === "") continue;
      const { items }: { items: readonly Item[] } = JSON.parse(data);
      if (isEnough(items, name)) return items;
    }
  }
  return assert.fail("the feed ended");
}

/** Who may do what. Everything else must be allowed to nobody. */

const addressOf = (path: string) =>
  path.replace("{asset}", "ship:00").replace("{id}", "0".repeat(32));

test("every path of the document lets in those it says, and nobody else", { timeout }, async () => {
  const { json: document } = await api.get("/openapi.json", "none");
  const operations = Object.entries<object>(document.paths)
    .flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`))
    .filter((operation) => operation !== "POST /v1/reports");
  assert.deepEqual(operations.toSorted(), Object.keys(accessOf).toSorted());
  for (const [operation, access] of Object.entries(accessOf)) {
    const [method = "", path = ""] = operation.split(" ");
    const ask = async (role: Role | "none") =>
      (await api.send(method, addressOf(path), { role })).status;
    assert.equal(await ask("none"), 401, `${operation} without a token`);
    assert.equal(await ask("edge"), 403, `${operation} as edge`);
    if (access !== "viewer") assert.equal(await ask("viewer"), 403, `${operation} as viewer`);
    if (access === "admin") assert.equal(await ask("operator"), 403, `${operation} as operator`);
    if (path === "/v1/live") continue;
    for (const role of access === "admin" ? ["admin" as const] : (["operator", "admin"] as const)) {
      // Let in; whether there is such a thing and what it lacks is another question.
      assert.ok([200, 400, 404, 503].includes(await ask(role)), `${operation} as ${role}`);
    }
  }
});

test("a session says whose token it is", { timeout }, async () => {
  for (const role of ["viewer", "operator", "admin"] as const) {
    const { status, json } = await api.get("/v1/session", role);
    assert.equal(status, 200);
    assert.deepEqual(json, { role, label: role });
  }
});

test("edges are told with their backlog and how long they were silent", { timeout }, async () => {
  assert.deepEqual((await api.get("/v1/edges")).json, { items: [] });
  const receivedAt = Date.now();
  const backlog = { reports: 3, bytes: 400, oldestAt: receivedAt - 60_000, drainMs: 2_000 };
  const told = { at: receivedAt, backlog };
  await createEdgeLinks({ records: api.records, clock: systemClock }).note([
    { edge: "yard", receivedAt, epoch: 7, through: 12, told },
    { edge: "shed", receivedAt: receivedAt - 3_600_000, epoch: 1, through: 0 },
  ]);
  assert.deepEqual((await api.get("/v1/edges")).json.items, [
    {
      edge: "yard",
      lastReceivedAt: receivedAt,
      epoch: 7,
      through: 12,
      state: "up",
      backlog: { ...backlog, toldAt: receivedAt },
    },
    { edge: "shed", lastReceivedAt: receivedAt - 3_600_000, epoch: 1, through: 0, state: "silent" },
  ]);
});

test("a page, a document and health need no token", { timeout }, async () => {
  for (const path of ["/", "/page/page.js", "/openapi.json", "/healthz", "/livez", "/version"]) {
    assert.equal((await api.get(path, "none")).status, 200, path);
  }
});

test("the feed takes its token from the address, the lists do not", { timeout }, async () => {
  const query = `access_token=${api.tokens.viewer}`;
  const leaving = new AbortController();
  const live = await fetch(`${api.url}/v1/live?${query}`, { signal: leaving.signal });
  assert.equal(live.status, 200);
  leaving.abort();
  assert.equal((await api.get(`/v1/assets?${query}`, "none")).status, 401);
});

test("pages by cursor to the end, each asset once", { timeout }, async () => {
  const seen: string[] = [];
  let cursor = "";
  do {
    const { json } = await api.get(`/v1/assets?limit=10${cursor}`);
    seen.push(...json.items.map(({ asset }: Item) => asset));
    cursor = json.next === undefined ? "" : `&cursor=${json.next}`;
  } while (cursor !== "");
  assert.equal(seen.length, 25);
  assert.deepEqual(seen, [...new Set(seen)].toSorted());
});

test("filters by box over ±180°, text, kind, id and time", { timeout }, async () => {
  const table = [
    ["bbox=170,0,-170,20", 25],
    ["bbox=170,0,180,20", 13],
    ["bbox=-180,0,-170,20", 12],
    ["bbox=170,11,-170,20", 0],
    ["q=vessel%2007", 1],
    ["q=SHIP:07", 1],
    ["kind=ship,aircraft", 25],
    ["kind=aircraft", 0],
    ["asset=ship:03,ship:04,ship:99", 2],
    ["since=1020", 5],
    ["since=1970-01-01T00:00:01.020Z", 5],
    ["since=1970-01-01T09:30:01.020%2B09:30", 5],
    ["since=1970-01-01T09:30:01.020+09:30", 5],
    ["since=1970-01-01", 25],
  ] as const;
  for (const [query, count] of table) {
    const { json, text } = await api.get(`/v1/assets?${query}`);
    assert.equal(json.items?.length, count, `${query}: ${text.slice(0, 300)}`);
  }
});

test("assets are drawn as GeoJSON, page by page", { timeout }, async () => {
  const { json, headers } = await api.get("/v1/assets?format=geojson&limit=2");
  assert.match(headers.get("content-type") ?? "", /^application\/geo\+json/);
  assert.equal(json.features.length, 2);
  assert.deepEqual(json.features[1].geometry, { type: "Point", coordinates: [-179, 10] });
  assert.equal(json.features[1].properties.attributes.name, "Vessel 01");
  const next = await api.get(`/v1/assets?format=geojson&limit=2&cursor=${json.next}`);
  assert.equal(next.json.features[0].id, "ship:02");
});

test("a wrong parameter is named with its limit", { timeout }, async () => {
  const track = "/v1/assets/ship:00/track";
  const table = [
    ["/v1/assets?limit=0", "limit", />=1/],
    ["/v1/assets?limit=10001", "limit", /<=10000/],
    ["/v1/assets?limit=ten", "limit", /whole number/],
    ["/v1/assets?cursor=%25%25", "cursor", /`next` of the page before/],
    ["/v1/assets?bbox=1,2,3", "bbox", /west,south,east,north/],
    ["/v1/assets?bbox=0,20,1,10", "bbox", /south not above north/],
    ["/v1/assets?bbox=-181,0,1,1", "bbox", /degrees/],
    ["/v1/assets?kind=Ship", "kind", /up to 32 kinds/],
    ["/v1/assets?since=yesterday", "since", /ISO 8601/],
    ["/v1/assets?since=2026-07-01T09:30", "since", /with a zone/],
    ["/v1/assets?since=9999999999999", "since", /1970 to 2100/],
    ["/v1/assets?colour=red", "", /colour/],
    ["/v1/assets/Ship", "asset", /kind:id/],
    [`${track}?points=0`, "points", />=1/],
    [`${track}?points=10001`, "points", /<=10000/],
    ["/v1/assets/ship:00/measurements?points=2001", "points", /<=2000/],
    ["/v1/assets/ship:00/measurements?metric=1st", "metric", /up to 64 metrics/],
    ["/v1/heatmap?resolution=4", "resolution", /"3"\|"5"\|"7"/],
    ["/v1/heatmap?limit=50001", "limit", /<=50000/],
    ["/v1/quarantine?reason=ugly", "reason", /"bad-json"/],
    ["/v1/quarantine?edge=UPPER", "edge", /id of an edge/],
    ["/v1/quarantine?limit=501", "limit", /<=500/],
    ["/v1/quarantine?cursor=W10", "cursor", /`next` of the page before/],
    ["/v1/quarantine?cursor=e30x", "cursor", /`next` of the page before/],
    ["/v1/live?everyMs=99", "everyMs", />=100/],
  ] as const;
  for (const [path, field, limit] of table) {
    const { status, headers, json, text } = await api.get(path);
    assert.equal(status, 400, `${path}: ${text}`);
    assert.match(headers.get("content-type") ?? "", /^application\/problem\+json/, path);
    assert.equal(json.errors[0].field, field, `${path}: ${text}`);
    assert.match(json.errors[0].detail, limit, path);
  }
});

test("a range that ends before it starts names both ends", { timeout }, async () => {
  const table = [
    "/v1/assets/ship:00/track?from=2000&to=2000",
    "/v1/assets/ship:00/measurements?from=2026-07-02&to=2026-07-01",
    "/v1/heatmap?from=2099-01-01",
  ];
  for (const path of table) {
    const { status, json } = await api.get(path);
    assert.equal(status, 400, path);
    const fields = json.errors.map(({ field }: { field: string }) => field);
    assert.deepEqual(fields, ["from", "to"], path);
  }
});

test("what a mending says wrong is named", { timeout }, async () => {
  const path = "/v1/quarantine/a:1:1/readmit";
  const table = [
    [{ at: 1, offsetMs: 1 }, "at"],
    [{ text: "" }, "text"],
    [{ unknownFields: "keep" }, "unknownFields"],
    [{ at: -1 }, "at"],
    [{ seq: 1 }, ""],
  ] as const;
  for (const [body, field] of table) {
    const { status, json, text } = await api.post(path, body);
    assert.equal(status, 400, text);
    assert.equal(json.errors[0].field, field, text);
  }
});

test(
  "while ClickHouse is away history answers 503, the board answers, and health tells",
  { timeout },
  async () => {
    const away = [
      "/v1/assets/ship:00/track",
      "/v1/assets/ship:00/measurements",
      "/v1/heatmap",
      "/v1/quarantine",
      "/v1/quarantine/a:1:1",
      "/v1/assets/ship:unheard",
    ];
    for (const path of away) {
      const { status, headers, json } = await api.get(path);
      assert.equal(status, 503, path);
      assert.match(headers.get("content-type") ?? "", /^application\/problem\+json/);
      assert.ok(Number(headers.get("retry-after")) >= 1);
      assert.equal(json.detail, "history is away; it is tried again with each request");
    }
    assert.equal((await api.get("/v1/assets/ship:00")).status, 200);
    const { json: stats } = await api.get("/v1/stats");
    assert.equal(stats.stored, null);
    assert.equal(stats.accepted, stats.lag);
    assert.equal((await api.get("/readyz", "none")).status, 200);
    const { status, json: health } = await api.get("/health", "none");
    assert.equal(status, 503);
    const told = health.checks.find(({ name }: { name: string }) => name === "history");
    assert.deepEqual([told.kind, told.isOk], ["note", false]);
  },
);

test(
  "a report that is appended comes out of the feed, only to those who asked",
  { timeout },
  async () => {
    const asked = untilLive(
      api,
      (items, event) => event === "assets" && items.length > 0,
      "/v1/live?kind=bird&everyMs=100",
    );
    const empty = await untilLive(
      api,
      (_items, event) => event === "snapshot",
      "/v1/live?kind=bird",
    );
    assert.deepEqual(empty, []);
    const at = systemClock.now();
    await appendReports(api.stream, [
      reportOf({ asset: "ship:00", kind: "ship", at, position: { lat: 11, lon: 179 } }),
      reportOf({ asset: "bird:gull", kind: "bird", at, position: { lat: -12.4, lon: 130.9 } }),
    ]);
    const items = await asked;
    assert.deepEqual(
      items.map(({ asset }) => asset),
      ["bird:gull"],
    );
    assert.equal(items[0]?.at, at);
  },
);

test("late data never overwrites the latest on the wire", { timeout }, async () => {
  const partition = partitionOf("drone:a", 2);
  // In the same partition, so that it is heard after everything of the other.
  const after = ["b", "c", "d", "e"]
    .map((name) => `drone:${name}`)
    .find((asset) => partitionOf(asset, 2) === partition);
  assert.ok(after);
  const late = (asset: string, at: number, lat: number) =>
    reportOf({ asset, kind: "drone", at, position: { lat, lon: 1 } });
  await appendReports(api.stream, [late("drone:a", 9_000, 9)]);
  await appendReports(api.stream, [late("drone:a", 5_000, 5)], "backfill");
  await appendReports(api.stream, [late("drone:a", 8_999, 8), late(after, 1, 1)]);
  const both = ["drone:a", after];
  await untilLive(
    api,
    (items) => {
      for (const item of items) {
        if (item.asset === "drone:a") assert.equal(item.position?.lat, 9);
        if (both.includes(item.asset)) both.splice(both.indexOf(item.asset), 1);
      }
      return both.length === 0;
    },
    "/v1/live?kind=drone&everyMs=100",
  );
  const { json } = await api.get("/v1/assets/drone:a");
  assert.deepEqual([json.at, json.position.at, json.position.lat], [9_000, 9_000, 9]);
});

test("the document is OpenAPI 3.1 with nothing dangling", { timeout }, async () => {
  const { json: document, text } = await api.get("/openapi.json", "none");
  assert.match(document.openapi, /^3\.1\./);
  assert.ok(document.info.title && document.info.version);
  for (const [, reference = ""] of text.matchAll(/"\$ref":"([^"]+)"/g)) {
    const found = reference
      .replace(/^#\//, "")
      .split("/")
      .reduce((at: Record<string, unknown>, key) => Object(at[key]), document);
    assert.notDeepEqual(found, {}, reference);
  }
  const ids = new Set<string>();
  for (const [path, item] of Object.entries<Record<string, Operation>>(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const what = `${method} ${path}`;
      assert.ok(!ids.has(operation.operationId), `${what}: operationId is not its own`);
      ids.add(operation.operationId);
      const parameters = operation.parameters ?? [];
      const inPath = parameters.filter((one) => one.in === "path");
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      assert.deepEqual(
        inPath.map(({ name }) => name),
        named,
        what,
      );
      assert.ok(
        inPath.every(({ required }) => required === true),
        what,
      );
      assert.ok(
        parameters.every(({ schema }) => typeof schema === "object"),
        what,
      );
      const good = operation.responses["200"] ?? operation.responses["201"];
      assert.ok(good && operation.responses["default"], what);
    }
  }
  const readmit = document.paths["/v1/quarantine/{id}/readmit"].post;
  assert.equal(readmit.requestBody.required, false);
});

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: unknown;
  }[];
  readonly responses: Readonly<Record<string, unknown>>;
}
