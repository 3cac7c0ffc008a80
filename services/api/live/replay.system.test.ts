import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import type { History } from "@drover/core/history/client";
import { insertBatch } from "@drover/core/history/insert";
import { freezeBatch } from "@drover/core/history/manifest";
import { migrateHistory } from "@drover/core/history/migrations";
import {
  startClickhouse,
  type TemporaryClickhouse,
} from "@drover/core/history/temporary-clickhouse";
import type { LiveFrame } from "@drover/core/model/live-wire";
import { decodeFrame } from "@drover/core/model/live-wire-reader";
import { createMoverTable, type MoverTable } from "@drover/core/model/mover-table";
import type { StampedReport } from "@drover/core/model/report";
import { systemClock } from "@drover/core/service/clock";
import { createHistoryReader } from "../history-reader.ts";
import { serveApi, type ServedApi } from "../serve-test.ts";
import { createReplay, replayDefaults, type ReplayConfig } from "./replay.ts";
import { encodeReports, reportOf } from "./testing.ts";

const timeout = 20_000;
const minute = 60_000;
/** Fixed within the run, recent enough for every retention. */
const start = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 6 * 3_600_000;

/** East over ±180° at 1 Hz for ten minutes; a station that spoke before; a bird that falls silent. */
const flight = Array.from({ length: 600 }, (_, second) =>
  reportOf({
    asset: "aircraft:7c6b2d",
    at: start + second * 1_000,
    seq: second + 1,
    position: { lat: -20, lon: ((179 + second / 300 + 180) % 360) - 180, altitudeM: 9_000 },
    motion: { speedMps: 230, headingDeg: 90, climbMps: -1.5 },
    ...(second === 100 && { attributes: { callsign: "QFA12" } }),
  }),
);
const station = reportOf({
  asset: "station:a",
  kind: "station",
  at: start - 5 * minute,
  seq: 10_001,
  position: { lat: -12.4, lon: 130.9 },
  attributes: { name: "Wave Hill" },
});
const suspect = reportOf({
  asset: "aircraft:7c6b2d",
  at: start + 300_500,
  seq: 10_002,
  suspect: true,
  position: { lat: 80, lon: 0 },
});
const herd = Array.from({ length: 40 }, (_, index) =>
  reportOf({
    asset: `bird:${index}`,
    kind: "bird",
    at: start + 30 * minute,
    seq: 20_000 + index,
    position: { lat: 1, lon: index },
  }),
);

let clickhouse: TemporaryClickhouse;
let history: History;
let api: ServedApi;

before(async () => {
  clickhouse = await startClickhouse(undefined);
  history = clickhouse.connect();
  await migrateHistory(history, { retentionDays: 365, isFsynced: false });
  const reports: StampedReport[] = [...flight, station, suspect, ...herd];
  await insertBatch(
    history,
    freezeBatch("reports", [[0, 0, reports.length]], [encodeReports(reports)]),
  );
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

async function framesOf(query: string, url = `${api.url}/v1/replay`): Promise<LiveFrame[]> {
  const headers = { authorization: `Bearer ${api.tokens.viewer}` };
  const response = await fetch(`${url}?${query}`, { headers });
  assert.equal(response.status, 200, query);
  assert.equal(response.headers.get("content-type"), "application/vnd.drover.frames");
  const bytes = Buffer.from(await response.arrayBuffer());
  const frames: LiveFrame[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32LE(at);
    frames.push(decodeFrame(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return frames;
}

const range = (minutes: number) => `from=${start}&to=${start + minutes * minute}`;

/** What each frame of movers leaves on the table. */
function played(frames: readonly LiveFrame[], look: (table: MoverTable, sentAt: number) => void) {
  const table = createMoverTable();
  for (const frame of frames) {
    table.apply(frame);
    if (frame.type !== "hello") look(table, frame.sentAt);
  }
  return table;
}

test(
  "each step tells the last believed fix, and the last frame says that all came",
  { timeout },
  async () => {
    const frames = await framesOf(`${range(10)}&stepMs=10000`);
    assert.equal(frames[0]?.type, "hello");
    const seen: number[] = [];
    const table = played(frames, (now, sentAt) => {
      const slot = now.slotOf("aircraft:7c6b2d") ?? -1;
      if (sentAt < start + 10 * minute) assert.equal(now.at[slot], sentAt - 1_000);
      seen.push(sentAt);
    });
    assert.equal(frames.length, 1 + 60 + 1);
    assert.equal(new Set(seen).size, 60);
    assert.equal(seen.at(-1), start + 10 * minute);
    const slot = table.slotOf("aircraft:7c6b2d") ?? -1;
    assert.equal(table.label(slot), "QFA12");
    assert.equal(table.lat[slot], -20);
    assert.deepEqual(
      [table.altitudeM[slot], table.speedMps[slot], table.climbMps[slot]],
      [9_000, 230, -1.5],
    );
    assert.equal(table.label(table.slotOf("station:a") ?? -1), "Wave Hill");
  },
);

test(
  "in a box over ±180° an asset comes when it enters and goes when it leaves",
  { timeout },
  async () => {
    // Inside from second 150 (179.5°) to second 450 (-179.5°); a step shows its last second.
    const frames = await framesOf(`${range(10)}&stepMs=5000&box=179.5,-30,-179.5,-10`);
    const shown: number[] = [];
    played(frames, (table, sentAt) => {
      if (table.slotOf("aircraft:7c6b2d") !== undefined) shown.push((sentAt - start) / 1_000);
    });
    assert.equal(shown[0], 155);
    assert.equal(shown.at(-1), 450);
    assert.equal(shown.length, 60);
  },
);

test("who is silent for a quarter of an hour is no longer shown", { timeout }, async () => {
  const frames = await framesOf(`${range(60)}&stepMs=60000`);
  const at = new Map<number, number>();
  const table = played(frames, ({ count }, sentAt) => at.set((sentAt - start) / minute, count));
  assert.equal(at.get(10), 2);
  assert.equal(at.get(31), 40);
  assert.equal(table.count, 40);
});

/** The flight by seconds, under other bounds than the API's. */
async function servePlayer(config: Partial<ReplayConfig>) {
  const reader = createHistoryReader(
    { runningMax: 2, waitingMax: 2, answerMsMax: 10_000 },
    { history },
  );
  const replay = createReplay({ ...replayDefaults, ...config }, { reader, clock: systemClock });
  const request = {
    from: start,
    to: start + 10 * minute,
    stepMs: 1_000,
    box: undefined,
    kinds: undefined,
  };
  const ended: Promise<void>[] = [];
  const server = createServer((_asking, response) => {
    const leaving = new AbortController();
    response.once("close", () => leaving.abort());
    ended.push(replay.play(response, request, leaving.signal));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}/`,
    ended,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const withoutSession = (frames: readonly LiveFrame[]) =>
  frames.filter(({ type }) => type !== "hello");

test(
  "windows that are cut give the same, and a bound ends the body before its last frame",
  { timeout },
  async () => {
    await using whole = await servePlayer({});
    await using cut = await servePlayer({ windowFixesMax: 37, windowFixes: 1_000 });
    const expected = withoutSession(await framesOf("", whole.url));
    assert.equal(expected.length, 601);
    assert.deepEqual(withoutSession(await framesOf("", cut.url)), expected);
    await using short = await servePlayer({ fixesMax: 100 });
    assert.deepEqual(withoutSession(await framesOf("", short.url)), expected.slice(0, 99));
  },
);

test("a caller that leaves ends its replay", { timeout }, async () => {
  await using served = await servePlayer({ windowFixesMax: 3 });
  const client = connect(served.port, "127.0.0.1");
  client.on("error", () => {});
  client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(client, "data");
  client.destroy();
  await served.ended[0];
});

test("kinds choose", { timeout }, async () => {
  const whole = await framesOf(`${range(60)}&stepMs=250&kinds=aircraft,bird`);
  const table = played(whole, () => {});
  assert.equal(table.slotOf("station:a"), undefined);
  const updates = whole.reduce(
    (sum, frame) => sum + (frame.type === "hello" ? 0 : frame.updates.count),
    0,
  );
  assert.equal(updates, 600 + 40);
});

test("what is out of bounds is refused with the limit", { timeout }, async () => {
  const steps = await api.get(`/v1/replay?${range(600)}&stepMs=250`);
  assert.equal(steps.status, 400);
  assert.match(steps.json.detail, /20000 steps/);
  assert.equal((await api.get(`/v1/replay?${range(1)}`, "none")).status, 401);
  assert.equal((await api.get(`/v1/replay?from=5&to=5`)).status, 400);
});
