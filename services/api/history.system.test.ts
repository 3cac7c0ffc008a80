import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import type { History } from "@drover/core/history/client";
import { insertBatch } from "@drover/core/history/insert";
import { freezeBatch } from "@drover/core/history/manifest";
import { migrateHistory } from "@drover/core/history/migrations";
import {
  startClickhouse,
  type TemporaryClickhouse,
} from "@drover/core/history/temporary-clickhouse";
import type { StampedReport } from "@drover/core/model/report";
import { Problem } from "@drover/core/service/problem";
import { createHistoryReader } from "./history-reader.ts";
import { appendReports, encodeReports, reportOf } from "./live/testing.ts";
import { startIngest } from "./serve-test-ingest.ts";
import { serveApi, type Answer, type ServedApi } from "./serve-test.ts";

const timeout = 20_000;
const second = 1_000;
const hour = 3_600 * second;
/** Two hours of a flight that ended an hour ago, on whole hours; fixed within the run. */
const start = Math.floor(Date.now() / hour) * hour - 3 * hour;
const plane = "aircraft:7c6b2d";
const peak = 500;
const flight = Array.from({ length: 720 }, (_, index) =>
  reportOf({
    asset: plane,
    at: start + index * 10 * second,
    seq: index + 1,
    // Over ±180° on its way, and highest at one place only.
    position: {
      lat: -20 + index / 1_000,
      lon: ((179.8 + index / 1_000 + 180) % 360) - 180,
      altitudeM: index === peak ? 12_000 : 9_000,
    },
    motion: { speedMps: 230, headingDeg: 90 },
    measurements: { oilC: 80 + (index % 10), fuelKg: 9_000 - index },
  }),
);
const hermit = reportOf({
  asset: "bird:hermit",
  kind: "bird",
  at: start,
  seq: 10_001,
  position: { lat: -12.4, lon: 130.9 },
});

/** Quarantine ids and what `ingest` is to think of them. */
const lines = ["good", "bad", "cut"].map((name, index) => ({
  id: `edge-a:1:${index + 1}`,
  edge: name === "good" ? "edge-a" : "edge-b",
  epoch: 1,
  seq: index + 1,
  line: index + 1,
  reason: name === "good" ? "unknown-field" : "bad-json",
  detail: "line: of a test",
  receivedAt: start + index,
  text: name,
  ...(name === "cut" && { truncated: true }),
}));

let clickhouse: TemporaryClickhouse;
let history: History;
let ingest: Awaited<ReturnType<typeof startIngest>>;
let api: ServedApi;

before(async () => {
  [clickhouse, ingest] = await Promise.all([startClickhouse(undefined), startIngest()]);
  history = clickhouse.connect();
  await migrateHistory(history, { retentionDays: 365, isFsynced: false });
  await store([...flight, hermit]);
  const entries = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  await insertBatch(history, freezeBatch("quarantine", [[2, 0, lines.length]], [entries]));
  api = await serveApi({
    DROVER_CLICKHOUSE_URL: clickhouse.config.url,
    DROVER_CLICKHOUSE_USER: clickhouse.config.user,
    DROVER_CLICKHOUSE_PASSWORD: clickhouse.config.password,
    DROVER_INGEST_URL: ingest.url,
    DROVER_BOARD_ASSETS: "100",
    DROVER_BOARD_WAIT_MS: "5000",
  });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await ingest[Symbol.asyncDispose]();
  await history[Symbol.asyncDispose]();
  await clickhouse[Symbol.asyncDispose]();
});

async function store(reports: readonly StampedReport[]): Promise<void> {
  const bytes = encodeReports(reports);
  for (const target of ["reports", "feed"] as const) {
    await insertBatch(history, freezeBatch(target, [[0, 0, reports.length]], [bytes]));
  }
}

const range = `from=${start}&to=${start + 2 * hour}`;
const ok = async (path: string): Promise<Answer["json"]> => {
  const { status, json, text } = await api.get(path);
  assert.equal(status, 200, `${path}: ${text}`);
  return json;
};

test("every answer fits the schema that the document declares for it", { timeout }, async () => {
  const samples: Readonly<Record<string, readonly string[]>> = {
    "/v1/assets": ["/v1/assets", "/v1/assets?limit=1"],
    "/v1/assets/{asset}": [`/v1/assets/${plane}`],
    "/v1/assets/{asset}/track": [`/v1/assets/${plane}/track?${range}`, "/v1/assets/a:b/track"],
    "/v1/assets/{asset}/measurements": [`/v1/assets/${plane}/measurements?${range}`],
    "/v1/heatmap": [`/v1/heatmap?${range}`],
    "/v1/quarantine": ["/v1/quarantine", "/v1/quarantine?limit=1"],
    "/v1/quarantine/{id}": ["/v1/quarantine/edge-a:1:3"],
    "/v1/stats": ["/v1/stats"],
  };
  const document = await ok("/openapi.json");
  for (const [path, addresses] of Object.entries(samples)) {
    const { schema } = document.paths[path].get.responses["200"].content["application/json"];
    const declared = z.fromJSONSchema(schema);
    for (const address of addresses) {
      const checked = declared.safeParse(await ok(address));
      assert.ok(checked.success, `${address}: ${checked.error?.message ?? ""}`);
    }
  }
});

test(
  "a track is thinned to its points, with its ends and its highest place",
  { timeout },
  async () => {
    const whole = await ok(`/v1/assets/${plane}/track?${range}`);
    assert.deepEqual(Object.keys(whole), ["asset", "points", "thinned"]);
    assert.equal(whole.points.length, 720);
    assert.equal(whole.thinned, false);
    assert.deepEqual(whole.points[0], {
      at: start,
      lat: -20,
      lon: 179.8,
      altitudeM: 9_000,
      speedMps: 230,
      headingDeg: 90,
    });
    const few = await ok(`/v1/assets/${plane}/track?${range}&points=20`);
    assert.equal(few.thinned, true);
    assert.ok(few.points.length <= 20 && few.points.length >= 4);
    assert.equal(few.points[0].at, start);
    assert.equal(few.points.at(-1).at, flight.at(-1)?.at);
    assert.ok(few.points.some(({ altitudeM }: { altitudeM: number }) => altitudeM === 12_000));
    const one = await ok(`/v1/assets/${plane}/track?${range}&points=1`);
    assert.deepEqual(one.points, [few.points.at(-1)]);
  },
);

test("a track is drawn as lines that end at ±180°", { timeout }, async () => {
  const drawn = await ok(`/v1/assets/${plane}/track?${range}&format=geojson`);
  assert.equal(drawn.geometry.type, "MultiLineString");
  const [east, west] = drawn.geometry.coordinates;
  assert.equal(east.at(-1)[0], 180);
  assert.equal(west[0][0], -180);
  // Each place once, and the border on both sides.
  assert.equal(east.length + west.length, 720 + 2);
  assert.deepEqual(drawn.properties.coordTimes[0].length, east.length);
});

test("without a range a track is that of the last day", { timeout }, async () => {
  assert.equal((await ok(`/v1/assets/${plane}/track`)).points.length, 720);
  const before = await ok(`/v1/assets/${plane}/track?to=${start}`);
  assert.equal(before.points.length, 1);
  assert.deepEqual(await ok(`/v1/assets/${plane}/track?to=${start - 1}`), {
    asset: plane,
    points: [],
    thinned: false,
  });
});

test(
  "measurements come in the steps that the range asks for, with every count kept",
  { timeout },
  async () => {
    const table = [
      [`${range}&points=2`, 3_600],
      [`${range}&points=120`, 60],
      [`${range}&points=2000`, 4],
    ] as const;
    for (const [query, stepS] of table) {
      const found = await ok(`/v1/assets/${plane}/measurements?${query}`);
      assert.equal(found.stepS, stepS, query);
      assert.deepEqual([found.from, found.to], [start, start + 2 * hour]);
      assert.deepEqual(
        found.series.map(({ metric }: { metric: string }) => metric),
        ["fuelKg", "oilC"],
      );
      for (const { metric, points } of found.series) {
        const sum = (pick: (point: { count: number; mean: number }) => number) =>
          points.map(pick).reduce((left: number, right: number) => left + right, 0);
        const values = flight.map(({ measurements }) => measurements?.[metric] ?? 0);
        assert.equal(
          sum(({ count }) => count),
          720,
          `${query} ${metric}`,
        );
        const total = values.reduce((left, right) => left + right, 0);
        assert.ok(Math.abs(sum(({ count, mean }) => count * mean) - total) < 1e-3);
        assert.equal(points[0].first, values[0]);
        assert.equal(points.at(-1).last, values.at(-1));
      }
    }
    const one = await ok(`/v1/assets/${plane}/measurements?${range}&metric=oilC&points=2`);
    assert.equal(one.series.length, 1);
    assert.deepEqual([one.series[0].points[0].min, one.series[0].points[0].max], [80, 89]);
  },
);

test("a heat-map counts every report once, in the cells of its box", { timeout }, async () => {
  const total = (found: { cells: { reports: number }[] }) =>
    found.cells.reduce((sum, { reports }) => sum + reports, 0);
  const world = await ok(`/v1/heatmap?${range}`);
  assert.equal(world.resolution, 3);
  assert.equal(total(world), 721);
  const oil = await ok(`/v1/heatmap?${range}&metric=oilC&resolution=3`);
  const readings = oil.cells.map(({ reports }: { reports: number }) => reports);
  assert.equal(
    readings.reduce((sum: number, count: number) => sum + count, 0),
    flight.length,
  );
  for (const { value } of oil.cells) assert.ok(value >= 80 && value <= 89, `${value} °C`);
  const mean = oil.cells.reduce(
    (sum: number, cell: { reports: number; value: number }) => sum + cell.reports * cell.value,
    0,
  );
  assert.ok(Math.abs(mean / flight.length - 84.5) < 1e-6);
  assert.deepEqual((await ok(`/v1/heatmap?${range}&metric=oilC&bbox=0,40,10,50`)).cells, []);
  const around = await ok(`/v1/heatmap?${range}&bbox=178,-22,-178,-18`);
  assert.equal(around.resolution, 5);
  assert.equal(total(around), 720);
  const east = await ok(`/v1/heatmap?${range}&bbox=170,-22,180,-18&resolution=7`);
  const west = await ok(`/v1/heatmap?${range}&bbox=-180,-22,-170,-18&resolution=7`);
  assert.equal(total(east) + total(west), 720);
  assert.ok(total(east) > 0 && total(west) > 0);
  assert.equal(around.truncated, false);
  assert.equal((await ok(`/v1/heatmap?${range}&bbox=179,-21,180,-20`)).resolution, 7);
  const cut = await ok(`/v1/heatmap?${range}&limit=2`);
  assert.deepEqual([cut.cells.length, cut.truncated], [2, true]);
  assert.ok(cut.cells[0].reports >= cut.cells[1].reports);
});

test("quarantine is paged newest first and filtered", { timeout }, async () => {
  const ids: string[] = [];
  let cursor = "";
  do {
    const { items, next } = await ok(`/v1/quarantine?limit=2${cursor}`);
    ids.push(...items.map(({ id }: { id: string }) => id));
    cursor = next === undefined ? "" : `&cursor=${next}`;
  } while (cursor !== "");
  assert.deepEqual(ids, ["edge-a:1:3", "edge-a:1:2", "edge-a:1:1"]);
  assert.equal((await ok("/v1/quarantine?reason=bad-json")).items.length, 2);
  assert.equal((await ok("/v1/quarantine?edge=edge-a")).items.length, 1);
  assert.equal((await ok("/v1/quarantine/edge-a:1:3")).truncated, true);
  assert.equal((await api.get("/v1/quarantine/edge-a:1:99")).status, 404);
});

test(
  "a line is let in once, under the caller's own token, and is marked",
  { timeout },
  async () => {
    const path = "/v1/quarantine/edge-a:1:1";
    const first = await api.post(`${path}/readmit`, { unknownFields: "ignore", offsetMs: 5 });
    assert.equal(first.status, 200, first.text);
    assert.equal(first.json.outcome, "admitted");
    const again = await api.post(`${path}/readmit`);
    assert.deepEqual(again.json, { ...first.json, outcome: "already-admitted" });
    assert.equal((await ok(path)).readmittedAt, first.json.readmittedAt);
    assert.equal((await ok("/v1/quarantine?waiting=true")).items.length, 2);
    assert.deepEqual(ingest.seen.slice(0, 2), [
      { lines: [{ id: "edge-a:1:1", text: "good", offsetMs: 5 }], unknownFields: "ignore" },
      { lines: [{ id: "edge-a:1:1", text: "good" }] },
    ]);
    assert.deepEqual([...ingest.tokens], [`Bearer ${api.tokens.operator}`]);
  },
);

test("what cannot be let in says why and stays", { timeout }, async () => {
  const refused = await api.post("/v1/quarantine/edge-a:1:2/readmit");
  assert.equal(refused.status, 422);
  assert.equal(refused.json.type, "urn:drover:problem:still-refused");
  assert.match(refused.json.detail, /bad-json: line: bad/);
  const cut = await api.post("/v1/quarantine/edge-a:1:3/readmit");
  assert.equal(cut.status, 400);
  assert.equal(cut.json.errors[0].field, "text");
  const unknown = await api.post("/v1/quarantine/edge-a:9:9/readmit");
  assert.equal(unknown.status, 404);
  assert.match(unknown.json.detail, /within seconds/);
  ingest.setBusy(true);
  const busy = await api.post("/v1/quarantine/edge-a:1:2/readmit");
  ingest.setBusy(false);
  assert.deepEqual([busy.status, busy.headers.get("retry-after")], [503, "7"]);
  assert.equal((await ok("/v1/quarantine?waiting=true")).items.length, 2);
  const mended = await api.post("/v1/quarantine/edge-a:1:3/readmit", { text: "whole" });
  assert.equal(mended.json.outcome, "admitted");
});

test(
  "an asset that the board has dropped is told from history, in the same words",
  { timeout },
  async () => {
    const onBoard = await ok("/v1/assets/bird:hermit");
    const { asset, kind, at, source, edge, sentAt, receivedAt, position } = hermit;
    const expected = { asset, kind, at, source, edge, sentAt, receivedAt };
    assert.deepEqual(onBoard, { ...expected, position: { ...position, at } });
    const crowd = Array.from({ length: 150 }, (_, index) =>
      reportOf({ asset: `ship:${index}`, kind: "ship", at: start + hour + index }),
    );
    await appendReports(api.stream, crowd);
    while ((await api.get("/v1/assets/ship:149")).status !== 200);
    const { assets } = await ok("/v1/stats");
    assert.equal(assets.bird, undefined);
    assert.ok(assets.ship <= 100);
    assert.deepEqual(await ok("/v1/assets/bird:hermit"), onBoard);
    assert.equal((await api.get("/v1/assets/bird:never")).status, 404);
  },
);

test("stats count what is stored and what it takes", { timeout }, async () => {
  const stats = await ok("/v1/stats");
  assert.equal(stats.stored, 721);
  assert.ok(stats.historyBytes > 0);
});

test(
  "a question beyond a limit of ClickHouse is answered with that limit and no more",
  { timeout },
  async () => {
    const reader = createHistoryReader(
      { runningMax: 2, waitingMax: 2, answerMsMax: 5_000 },
      { history },
    );
    const { signal } = new AbortController();
    const table = [
      ["SELECT number FROM numbers(100)", { resultRows: 10 }, 422, /1000000 rows/],
      [
        "SELECT length(groupArray(number)) FROM numbers(10000000)",
        { memoryBytes: 5_000_000 },
        422,
        /400 MiB/,
      ],
      [
        "SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3",
        { timeMs: 50 },
        503,
        /10000 ms/,
      ],
      ["SELECT * FROM tables_to_come", {}, 503, /not made yet/],
    ] as const;
    for (const [sql, limits, status, detail] of table) {
      const asked = reader.ask(signal, (one) => one.rows(sql, { limits }));
      await assert.rejects(asked, (error) => {
        assert.ok(error instanceof Problem, String(error));
        assert.equal(error.facts.status, status, sql);
        assert.match(error.facts.detail ?? "", detail);
        assert.doesNotMatch(error.facts.detail ?? "", /DB::Exception|SELECT/);
        return true;
      });
    }
  },
);

test("a question ends with its time, and one too many is turned away", { timeout }, async () => {
  const reader = createHistoryReader(
    { runningMax: 1, waitingMax: 0, answerMsMax: 100 },
    { history },
  );
  const { signal } = new AbortController();
  const slow = reader.ask(signal, (one) =>
    one.rows("SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3"),
  );
  await assert.rejects(reader.ping(signal), { name: "Problem", message: /is full \(0\)/ });
  await assert.rejects(slow, { name: "Problem", message: /no answer within 100 ms/ });
});
