import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createShapes } from "../fleet/shapes.ts";
import type { Report } from "../model/report.ts";
import { createRowEncoder } from "../model/row-encoder.ts";
import { rowEnds } from "../model/row.ts";
import { createRandom } from "../service/clock.ts";
import type { History } from "./client.ts";
import { insertBatch } from "./insert.ts";
import { freezeBatch } from "./manifest.ts";
import { migrateHistory } from "./migrations.ts";
import { announceWhole, finishRepair, insertMissing, repairStatus } from "./repair.ts";
import { latestAsset, latestAssets, latestReports } from "./queries/assets.ts";
import { heatCells, mapPoints } from "./queries/heatmap.ts";
import { assetMeasurements, assetMetrics } from "./queries/measurements.ts";
import { getQuarantined, listQuarantine, markReadmitted } from "./queries/quarantine.ts";
import { historyStats } from "./queries/stats.ts";
import { assetTrack } from "./queries/track.ts";
import { DeduplicationOffError, testDeduplication } from "./self-test.ts";
import { startClickhouse } from "./temporary-clickhouse.ts";
import type { TemporaryClickhouse } from "./temporary-clickhouse.ts";

let clickhouse: TemporaryClickhouse;
let history: History;
/** Recent, so that no retention forgets it; fixed within the run. */
const day = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 3 * 86_400_000;
const minute = 60_000;
let lastSeq = 0;

before(async () => {
  clickhouse = await startClickhouse(process.env["DROVER_TEST_CLICKHOUSE_URL"]);
  history = clickhouse.connect();
  const options = { retentionDays: 365, isFsynced: !clickhouse.isEmbedded };
  // Two starters at once.
  await Promise.all([migrateHistory(history, options), migrateHistory(history, options)]);
});
after(async () => {
  await history[Symbol.asyncDispose]();
  await clickhouse[Symbol.asyncDispose]();
});

function encode(reports: readonly Report[], suspect = false): Buffer {
  const encoder = createRowEncoder();
  for (const report of reports) {
    const times = { sentAt: report.at + 100, receivedAt: report.at + 150 };
    encoder.encode(report, { edge: "edge-1", epoch: 1, seq: ++lastSeq, ...times, suspect });
  }
  return Buffer.from(encoder.bytes());
}

/** What the inserter and then the feeder do with the same rows. */
async function store(bytes: Uint8Array): Promise<void> {
  const count = rowEnds(bytes).length;
  for (const target of ["reports", "feed"] as const) {
    await insertBatch(history, freezeBatch(target, [[0, lastSeq, lastSeq + count]], [bytes]));
  }
}

const aircraft = (id: string, at: number, more: Partial<Report> = {}): Report => ({
  asset: `aircraft:${id}`,
  kind: "aircraft",
  at,
  source: "test",
  ...more,
});

/** Every table in full, so that two states can be compared. */
async function everything(): Promise<Record<string, readonly unknown[]>> {
  const of = (table: string, columns: string, order: string) =>
    history.rows<unknown>(`SELECT ${columns} FROM ${table} ORDER BY ${order}`);
  return {
    reports: await of("reports", "asset, at, seq", "asset, at, seq"),
    latest: await of("latest FINAL", "asset, sections, at, seq", "asset, sections"),
    motion: await of(
      "motion FINAL",
      "* REPLACE toString(place_last) AS place_last",
      "step, asset, bucket",
    ),
    measurements: await of(
      "measurements FINAL",
      // Sums of other orders differ in their last bits.
      "* REPLACE (round(sum, 6) AS sum, toString(first) AS first, toString(last) AS last)",
      "step, asset, metric, bucket",
    ),
    heat: await of("heat FINAL", "*", "resolution, bucket, cell"),
    map: await of("map_points", "*", "level, place, at, asset"),
  };
}

/** Rows that only one side has. */
function different(left: readonly unknown[], right: readonly unknown[]): string[] {
  const texts = (rows: readonly unknown[]) => new Set(rows.map((row) => JSON.stringify(row)));
  return [...texts(left).symmetricDifference(texts(right))].slice(0, 6);
}

test("migrations run once, and again change nothing", async () => {
  const options = { retentionDays: 365, isFsynced: !clickhouse.isEmbedded };
  assert.deepEqual(await migrateHistory(history, options), []);
});

test("a database with a newer shape is refused", async () => {
  await history.command("INSERT INTO migrations (number, name) VALUES (99, 'of the future')");
  const options = { retentionDays: 365, isFsynced: false };
  await assert.rejects(migrateHistory(history, options), { name: "HistoryTooNewError" });
  await history.command(
    "ALTER TABLE migrations DELETE WHERE number = 99 SETTINGS mutations_sync = 2",
  );
});

test("an insert made again counts once, in the tables and through every view", async () => {
  const at = day + 10 * minute;
  const bytes = encode([
    aircraft("aa0001", at, {
      position: { lat: -12.4, lon: 130.9, altitudeM: 1_000 },
      motion: { speedMps: 200 },
      measurements: { oilC: 80 },
    }),
  ]);
  for (const target of ["reports", "feed"] as const) {
    const batch = freezeBatch(target, [[3, 0, 1]], [bytes]);
    await insertBatch(history, batch);
    await insertBatch(history, batch);
  }
  const [counts] = await history.rows(
    `SELECT (SELECT count() FROM reports WHERE asset = 'aircraft:aa0001') AS reports,
       (SELECT sum(reports) FROM motion WHERE step = 3600 AND asset = 'aircraft:aa0001') AS motion,
       (SELECT sum(count) FROM measurements WHERE step = 86400 AND asset = 'aircraft:aa0001') AS measured,
       (SELECT sum(reports) FROM heat WHERE resolution = 7) AS heat`,
  );
  assert.deepEqual(counts, { reports: 1, motion: 1, measured: 1, heat: 1 });
});

test("a row that carries a blank line and a statement ends as a row", async () => {
  const hostile = "x\n\nDROP TABLE reports;\n\n";
  const report = aircraft("bad001", day, { attributes: { note: hostile } });
  await store(encode([report]));
  const latest = await latestAsset(history, "aircraft:bad001");
  assert.equal(latest?.attributes?.["note"], hostile);
  const [found] = await history.rows<{ note: string }>(
    "SELECT attributes['note'] AS note FROM reports WHERE asset = {asset:String}",
    { params: { asset: "aircraft:bad001" } },
  );
  assert.equal(found?.note, hostile);
});

test("a hostile value in a query finds nothing and harms nothing", async () => {
  const hostile = "' OR 1=1; DROP TABLE reports; --";
  const { items } = await latestAssets(history, { text: hostile }, { limit: 10 });
  assert.deepEqual(items, []);
  assert.equal(await latestAsset(history, hostile), undefined);
});

test("latest is the maximum event time, section by section, whatever comes late", async () => {
  const at = day + 60 * minute;
  const place = (lat: number) => ({ position: { lat, lon: 10, onGround: false } });
  await store(encode([aircraft("fade01", at, { ...place(50), attributes: { callsign: "NEW" } })]));
  await store(encode([aircraft("fade01", at + 5, { measurements: { oilC: 90 } })]));
  // A day late, and an impossible jump that is newest of all.
  await store(
    encode([aircraft("fade01", at - 1_000, place(1)), aircraft("fade01", at, place(51))]),
  );
  await store(encode([aircraft("fade01", at + 9, place(-80))], true));
  const latest = await latestAsset(history, "aircraft:fade01");
  assert.equal(latest?.at, at + 9);
  assert.deepEqual(latest?.position, { lat: 51, lon: 10, onGround: false, at });
  assert.deepEqual(latest?.measurements, { oilC: 90 });
  assert.deepEqual(latest?.attributes, { callsign: "NEW" });
});

test("late data lands in the buckets of its events", async () => {
  const station = (at: number, temperatureC: number): Report => ({
    asset: "station:late",
    kind: "station",
    at,
    measurements: { temperatureC },
    source: "test",
  });
  const late = day - 86_400_000 + 30 * minute;
  await store(encode([station(day + 1_000, 20), station(day + 2_000, 22)]));
  await store(encode([station(late + 1_000, 5), station(late, 4)]));
  await store(encode([station(day + 1_500, 30)]));
  const query = { asset: "station:late", metrics: ["temperatureC"], points: 48 };
  const found = await assetMeasurements(history, {
    ...query,
    from: late - 30 * minute,
    to: day + 86_400_000,
  });
  assert.equal(found.stepMs, 3_600_000);
  assert.deepEqual(found.series[0]?.buckets, [
    { at: late - 30 * minute, count: 2, mean: 4.5, min: 4, max: 5, first: 4, last: 5 },
    { at: day, count: 3, mean: 24, min: 20, max: 30, first: 20, last: 22 },
  ]);
  const raw = await assetMeasurements(history, { ...query, from: day, to: day + 4_000, points: 4 });
  assert.equal(raw.stepMs, 1_000);
  assert.deepEqual(
    raw.series[0]?.buckets.map(({ at, count }) => [at - day, count]),
    [
      [1_000, 2],
      [2_000, 1],
    ],
  );
  assert.deepEqual(
    (await assetMetrics(history, "station:late")).map(({ metric, count }) => ({ metric, count })),
    [{ metric: "temperatureC", count: 5 }],
  );
});

test("assets are filtered by kind, text, box across ±180° and time, and come in pages", async () => {
  const at = day + 2 * 86_400_000;
  const fiji = (id: string, lon: number, callsign: string) =>
    aircraft(id, at, { position: { lat: -17, lon }, attributes: { callsign } });
  await store(
    encode([fiji("f1", 179.5, "FJI1"), fiji("f2", -179.5, "FJI2"), fiji("f3", 170, "FJI3")]),
  );
  const box = { west: 179, east: -179, south: -20, north: -10 };
  const names = async (filter: Parameters<typeof latestAssets>[1]) =>
    (await latestAssets(history, filter, { limit: 100 })).items.map(({ asset }) => asset);
  assert.deepEqual(await names({ box }), ["aircraft:f1", "aircraft:f2"]);
  assert.deepEqual(await names({ text: "fji3" }), ["aircraft:f3"]);
  assert.deepEqual(await names({ since: at }), ["aircraft:f1", "aircraft:f2", "aircraft:f3"]);
  assert.deepEqual(await names({ kinds: ["station"] }), ["station:late"]);
  const all = await names({});
  const paged: string[] = [];
  let after: string | undefined;
  do {
    const page = await latestAssets(history, {}, { after, limit: 2 });
    paged.push(...page.items.map(({ asset }) => asset));
    after = page.next;
  } while (after !== undefined);
  assert.deepEqual(paged, all);
  const seeded = new Set<string>();
  for await (const rows of latestReports(history, 2)) for (const row of rows) seeded.add(row.asset);
  assert.deepEqual([...seeded], all);
});

test("a thinned track keeps its ends, its extremes, its landing and its take-off", async () => {
  const start = day + 4 * 3_600_000;
  const reports = Array.from({ length: 2_000 }, (_, index) =>
    aircraft("7rac4", start + index * 1_000, {
      position: {
        lat: -20 + index / 1_000,
        lon: 120 + Math.sin(index / 50),
        altitudeM: index === 777 ? 12_345.67 : 1_000 + (index % 7),
        onGround: index >= 1_200 && index < 1_300,
      },
    }),
  );
  await store(encode(reports));
  const query = { asset: "aircraft:7rac4", from: day, to: day + 86_400_000 };
  const whole = await assetTrack(history, { ...query, points: 5_000 });
  assert.equal(whole.thinned, false);
  assert.equal(whole.points.length, 2_000);
  const thin = await assetTrack(history, { ...query, points: 100 });
  assert.equal(thin.thinned, true);
  assert.ok(thin.points.length <= 100 && thin.points.length > 40, `${thin.points.length}`);
  const seconds = new Set(thin.points.map((point) => (point.at - start) / 1_000));
  for (const kept of [0, 777, 1_200, 1_300, 1_999]) assert.ok(seconds.has(kept), `second ${kept}`);
  assert.equal(thin.points.find((point) => point.at === start + 777_000)?.altitudeM, 12_345.67);
  assert.deepEqual(
    thin.points.map(({ at }) => at),
    thin.points.map(({ at }) => at).toSorted((a, b) => a - b),
  );
  const two = await assetTrack(history, { ...query, points: 2 });
  assert.deepEqual(
    two.points.map(({ at }) => at),
    [start, start + 1_999_000],
  );
});

test("the heat-map and the map count the places of a box", async () => {
  const at = day + 20 * 3_600_000;
  const many = Array.from({ length: 400 }, (_, index) =>
    aircraft("4ea7", at + index, { position: { lat: 47 + index / 1e5, lon: 8 } }),
  );
  await store(encode(many));
  const box = { west: 7.5, south: 46.5, east: 8.5, north: 47.5 };
  for (const resolution of [3, 5, 7] as const) {
    const range = { from: at, to: at + 3_600_000, resolution, cellsMax: 100 };
    const { cells, isCut } = await heatCells(history, resolution === 3 ? range : { ...range, box });
    assert.equal(
      cells.reduce((sum, cell) => sum + cell.reports, 0),
      400,
    );
    assert.ok(!isCut && cells.every(({ cell }) => /^8[0-9a-f]{14}$/.test(cell)));
  }
  const { points, share } = await mapPoints(history, {
    box,
    from: at,
    to: at + 400,
    pointsMax: 200,
  });
  assert.ok(points.length > 10 && points.length < 90, `${points.length}`);
  assert.equal(share, 0.1);
  assert.ok(points.every(({ lat, lon }) => Math.abs(lon - 8) < 1e-6 && lat > 46.9 && lat < 47.1));
});

test("what a power cut took is put back, row by row, and all that is derived agrees again", async () => {
  const shape = { assets: 40, intervalMs: 7_000, seed: 3 };
  const make = (name: "aircraft" | "sensor", startAt: number) =>
    createShapes({ shape: name, startAt, ...shape }).take(600);
  // Two days, because the window of a power cut does not end at midnight.
  const reports = [...make("aircraft", day - 50_000), ...make("sensor", day - 50_000)];
  const bytes = encode(reports);
  await store(bytes);
  const whole = await everything();
  const random = createRandom(7);
  const some = () => `cityHash64(asset, seq) % 5 = ${Math.floor(random() * 5)}`;
  const lose = (table: string, where: string) =>
    history.command(`ALTER TABLE ${table} DELETE WHERE ${where} SETTINGS mutations_sync = 2`);
  await Promise.all([
    lose("reports", `seq > ${lastSeq - 1_200} AND ${some()}`),
    lose("motion", "step = 60 AND cityHash64(asset) % 3 = 0"),
    lose("measurements", "cityHash64(asset) % 3 = 1"),
    lose("heat", "resolution = 5"),
    lose("map_points", "level = 2"),
    lose("latest", some()),
  ]);
  // A view that got its block although the raw part was lost counts what is put back twice.
  await history.command("INSERT INTO heat SELECT * FROM heat WHERE resolution = 7", {
    settings: { insert_deduplicate: 0 },
  });
  const boot = "boot-2";
  const result = await insertMissing(history, bytes, boot);
  assert.ok(result.inserted > 100 && result.inserted < 500, `${result.inserted} were missing`);
  assert.equal((await insertMissing(history, bytes, boot)).inserted, 0);
  await announceWhole(history, boot, [
    { partition: 0, days: [...result.days] },
    { partition: 1, days: [] },
  ]);
  const status = await repairStatus(history, boot);
  assert.deepEqual([[...status.seen].toSorted((a, b) => a - b), status.isDone], [[0, 1], false]);
  assert.equal(status.days.length, 2);
  const touched = await history.rows<{ d: string }>(
    "SELECT DISTINCT toString(toDate(at)) AS d FROM reports",
  );
  await finishRepair(
    history,
    boot,
    touched.map(({ d }) => d),
  );
  assert.equal((await repairStatus(history, boot)).isDone, true);
  const repaired = await everything();
  for (const [table, rows] of Object.entries(whole)) {
    assert.deepEqual(different(repaired[table] ?? [], rows), [], table);
  }
});

test("lines set aside are listed newest first, in pages, and marked when they are let in", async () => {
  const lines = [1, 2, 3].map((seq) => ({
    id: `edge-1:1:${seq}`,
    edge: "edge-1",
    epoch: 1,
    seq,
    line: seq,
    reason: "out-of-range",
    detail: "position.lat: 95 is above 90",
    receivedAt: day + seq,
    text: '{"a":\n\n"; DROP TABLE reports"}',
    ...(seq === 3 && { truncated: true }),
  }));
  const chunk = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const batch = freezeBatch("quarantine", [[24, 0, 3]], [chunk]);
  await insertBatch(history, batch);
  await insertBatch(history, batch);
  const first = await listQuarantine(history, { reason: "out-of-range" }, { limit: 2 });
  assert.deepEqual(
    first.items.map(({ seq }) => seq),
    [3, 2],
  );
  const second = await listQuarantine(history, {}, { limit: 2, after: first.next });
  assert.deepEqual(
    second.items.map(({ seq }) => seq),
    [1],
  );
  assert.equal(second.next, undefined);
  await markReadmitted(history, ["edge-1:1:2", "nobody"], day + 99);
  const line = await getQuarantined(history, "edge-1:1:2");
  assert.deepEqual(
    [line?.readmittedAt, line?.text, line?.isTruncated],
    [day + 99, lines[1]?.text, false],
  );
  const waiting = await listQuarantine(history, { isWaiting: true }, { limit: 9 });
  assert.deepEqual(
    waiting.items.map(({ seq }) => seq),
    [3, 1],
  );
});

test("counts come from the parts and say what a report takes", async () => {
  const stats = await historyStats(history);
  const [counted] = await history.rows<{ n: number }>("SELECT count(seq) AS n FROM reports");
  assert.equal(stats.stored, counted?.n);
  assert.ok(stats.bytesPerReport > 0 && stats.tables.some(({ table }) => table === "heat"));
});

test("the self-test passes as the tables are, and refuses a table that remembers no insert", async () => {
  await testDeduplication(history, Date.now());
  await history.command("ALTER TABLE heat MODIFY SETTING non_replicated_deduplication_window = 0");
  await assert.rejects(
    testDeduplication(history, Date.now()),
    (error) => error instanceof DeduplicationOffError && error.tables.join() === "heat",
  );
  await history.command(
    "ALTER TABLE heat MODIFY SETTING non_replicated_deduplication_window = 10000",
  );
  const left = await history.rows("SELECT name FROM system.tables WHERE name LIKE 'probe_%'");
  assert.deepEqual(left, []);
});
