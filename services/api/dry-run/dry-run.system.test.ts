import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { History } from "@drover/core/history/client";
import { insertBatch } from "@drover/core/history/insert";
import { freezeBatch } from "@drover/core/history/manifest";
import { migrateHistory } from "@drover/core/history/migrations";
import {
  startClickhouse,
  type TemporaryClickhouse,
} from "@drover/core/history/temporary-clickhouse";
import { RuleInput } from "@drover/core/model/rule";
import { systemClock } from "@drover/core/service/clock";
import { createHistoryReader } from "../history-reader.ts";
import { encodeReports, reportOf } from "../live/testing.ts";
import { serveApi, type ServedApi } from "../serve-test.ts";
import { createDryRun, dryRunDefaults } from "./dry-run.ts";

const timeout = 30_000;
const hour = 3_600_000;
const minute = 60_000;
/** Two days up to now, on whole hours. */
const end = Math.floor(Date.now() / hour) * hour;
const start = end - 48 * hour;

/** Each station is above 45 °C for the two hours after noon of each of its days, by its own clock. */
const stations = ["a", "b", "c"].flatMap((name, index) =>
  Array.from({ length: 48 * 6 }, (_none, step) =>
    reportOf({
      asset: `station:${name}`,
      kind: "station",
      at: start + step * 10 * minute,
      seq: index * 1_000 + step + 1,
      position: { lat: -12 - index, lon: 131 },
      measurements: { temperatureC: [12, 13].includes(Math.floor(step / 6) % 24) ? 47 : 30 },
    }),
  ),
);
/** Through a circle around Darwin and on: one visit of ten minutes. */
const plane = Array.from({ length: 120 }, (_none, step) =>
  reportOf({
    asset: "aircraft:7c6b2d",
    at: end - 4 * hour + step * 30_000,
    seq: 90_000 + step,
    position: { lat: -12.4, lon: 129.9 + step / 60, altitudeM: 9_000 },
  }),
);
const reports = [...stations, ...plane];
const hot = {
  name: "Too hot",
  condition: { type: "threshold", metric: "temperatureC", above: 45 },
  severity: "warning",
};

let clickhouse: TemporaryClickhouse;
let history: History;
let api: ServedApi;

before(async () => {
  clickhouse = await startClickhouse(undefined);
  history = clickhouse.connect();
  await migrateHistory(history, { retentionDays: 365, isFsynced: false });
  // Two edges saw the plane at the same moments.
  const twice = plane.map((report) => ({ ...report, edge: "edge-b" }));
  const bytes = encodeReports([...reports, ...twice]);
  const count = reports.length + twice.length;
  await insertBatch(history, freezeBatch("reports", [[0, 0, count]], [bytes]));
  api = await serveApi({
    DROVER_CLICKHOUSE_URL: clickhouse.config.url,
    DROVER_CLICKHOUSE_USER: clickhouse.config.user,
    DROVER_CLICKHOUSE_PASSWORD: clickhouse.config.password,
  });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await history[Symbol.asyncDispose]();
  await clickhouse[Symbol.asyncDispose]();
});

test("a rule tells how often it would have fired, by asset and by day", { timeout }, async () => {
  const body = { rule: hot, from: start, to: new Date(end).toISOString() };
  const { status, json, text } = await api.post("/v1/rules/dry-run", body);
  assert.equal(status, 200, text);
  assert.deepEqual(
    [json.from, json.to, json.cut, json.rows, json.assets],
    [start, end, [], reports.length + plane.length, 4],
  );
  assert.deepEqual([json.fired.count, json.cleared, json.stillFiring], [6, 6, 0]);
  assert.deepEqual(json.fired.perAsset, [
    { asset: "station:a", count: 2 },
    { asset: "station:b", count: 2 },
    { asset: "station:c", count: 2 },
  ]);
  const days = json.fired.perDay.map(({ count }: { count: number }) => count);
  assert.equal(
    days.reduce((sum: number, count: number) => sum + count, 0),
    6,
  );
  assert.equal(json.fired.first[0].at, start + 12 * hour);
  assert.match(json.fired.first[0].explanation.text, /47/);
  const long = await api.post("/v1/rules/dry-run", { ...body, rule: { ...hot, forMs: 3 * hour } });
  assert.equal(long.json.fired.count, 0);
});

test("only what the rule applies to is read", { timeout }, async () => {
  const rule = { ...hot, applies: { assets: ["station:b"], kinds: ["ship"] } };
  const { json } = await api.post("/v1/rules/dry-run", { rule, from: start, to: end });
  assert.deepEqual([json.rows, json.assets, json.fired.count], [288, 1, 2]);
});

test("a zone tells the visits it would have seen", { timeout }, async () => {
  const zone = {
    name: "Darwin",
    shape: { type: "circle", center: [130.9, -12.4], radiusM: 9_000 },
    applies: { kinds: ["aircraft"] },
  };
  const { status, json, text } = await api.post("/v1/zones/dry-run", {
    zone,
    from: start,
    to: end,
  });
  assert.equal(status, 200, text);
  const { count, completed, stillInside, meanMs } = json.visits;
  assert.deepEqual([count, completed, stillInside], [1, 1, 0]);
  // 18 km at a sixtieth of a degree of longitude (1.8 km) each half minute.
  assert.ok(meanMs > 4 * minute && meanMs < 6 * minute, String(meanMs));
  assert.equal(json.visits.first[0].kind, "entered");
  const inZone = { ...hot, condition: { type: "in-zone", zone: "darwin" } };
  assert.equal((await api.post("/v1/zones", { ...zone, id: "darwin" })).status, 201);
  const ruled = await api.post("/v1/rules/dry-run", { rule: inZone, from: start, to: end });
  assert.deepEqual([ruled.json.fired.count, ruled.json.cleared], [1, 1]);
  const crowd = { ...hot, condition: { type: "count", zone: "darwin", above: 0 } };
  const counted = await api.post("/v1/rules/dry-run", { rule: crowd, from: start, to: end });
  assert.deepEqual([counted.json.fired.count, counted.json.cleared], [1, 1]);
});

test("pages lose and double nothing, by asset or by time", { timeout }, async () => {
  const reader = createHistoryReader(
    { runningMax: 2, waitingMax: 2, answerMsMax: 10_000 },
    { history },
  );
  const config = { ...dryRunDefaults, pageRows: 100 };
  const { signal } = new AbortController();
  const rule = RuleInput.parse(hot);
  let fired = 0;
  const emit = ({ kind }: { kind: string }) => void (fired += kind === "rule-fired" ? 1 : 0);
  const trial = { rule, zones: [], range: { from: start, to: end }, emit, signal };
  const result = await createDryRun(config, { reader, clock: systemClock }).rule(trial);
  assert.deepEqual([result.rows, result.assets, fired], [reports.length + plane.length, 4, 6]);
  const few = { ...config, rowsMax: 200 };
  const cut = await createDryRun(few, { reader, clock: systemClock }).rule(trial);
  const [by] = cut.cut;
  assert.ok(by?.by === "rows" && by.from !== undefined && by.from > start);
  // The hour of the plane would be too much: three stations for three hours are left.
  assert.equal(cut.rows, 3 * 3 * 6);
  assert.equal(cut.from, by.from);
  let nowMs = 0;
  const clock = { now: () => (nowMs += 10_000) };
  const late = await createDryRun(config, { reader, clock }).rule(trial);
  assert.deepEqual(late.cut.at(-1)?.by, "time");
  assert.ok(late.rows < reports.length);
});

test("a range that is too long or the wrong way round is refused", { timeout }, async () => {
  const ask = (range: object) => api.post("/v1/rules/dry-run", { rule: hot, ...range });
  const far = await ask({ from: start - 40 * 24 * hour, to: end });
  assert.match(far.json.detail, /30 days/);
  assert.equal((await ask({ from: end, to: start })).status, 400);
  assert.equal((await ask({ from: "yesterday" })).json.errors[0].field, "from");
});
