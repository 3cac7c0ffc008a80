import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, request as forward } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { connectHistory } from "@drover/core/history/client";
import type { History, HistoryConfig } from "@drover/core/history/client";
import { derivedSelect } from "@drover/core/history/derived";
import { insertRows } from "@drover/core/history/insert";
import { migrateHistory } from "@drover/core/history/migrations";
import { startClickhouse } from "@drover/core/history/temporary-clickhouse";
import type { TemporaryClickhouse } from "@drover/core/history/temporary-clickhouse";
import { systemClock } from "@drover/core/service/clock";
import type { Entry, StreamLog } from "@drover/core/stream/log";
import { all, countOf, countStored, createTestStream, startPipeline } from "./testing.ts";

let clickhouse: TemporaryClickhouse;
let history: History;

before(async () => {
  clickhouse = await startClickhouse(process.env["DROVER_TEST_CLICKHOUSE_URL"]);
  history = clickhouse.connect();
  await migrateHistory(history, { retentionDays: 365, isFsynced: !clickhouse.isEmbedded });
});
after(async () => {
  await history[Symbol.asyncDispose]();
  await clickhouse[Symbol.asyncDispose]();
});
beforeEach(async () => {
  for (const table of [
    "reports",
    "latest",
    "motion",
    "measurements",
    "heat",
    "map_points",
    "repairs",
    "quarantine",
  ]) {
    await history.command(`TRUNCATE TABLE ${table}`);
  }
});

test("what is in the stream is stored, derived, synced and trimmed, also when it came before", async () => {
  await using source = await createTestStream();
  await source.append(3_000);
  await source.appendRefused();
  const pipeline = await startPipeline("one", { stream: await source.open(), history });
  for (let batch = 0; batch < 5; batch++) await source.append(100);
  await source.drained();
  await pipeline.stop();
  assert.deepEqual(await countStored(history), all(3_500));
  assert.deepEqual(await history.rows("SELECT reason, text FROM quarantine"), [
    { reason: "bad-json", text: "{" },
  ]);
  await source.stream.trim();
  const bounds = await source.stream.bounds();
  assert.ok(
    bounds.every(({ start, end }) => start === end),
    "nothing is left in the log",
  );
});

/** Stands between and breaks what a network breaks; `fault` decides request by request. */
async function startProxy(config: HistoryConfig, fault: () => "none" | "refuse" | "drop-answer") {
  const target = new URL(config.url);
  const server = createServer((incoming, outgoing) => {
    const isInsert = incoming.url?.includes("INSERT") === true;
    const kind = isInsert ? fault() : "none";
    if (kind === "refuse") {
      incoming.destroy();
      return;
    }
    const { method, headers, url } = incoming;
    const onward = forward({
      host: target.hostname,
      port: target.port,
      method,
      headers,
      path: url,
    });
    onward.on("response", (answer) => {
      if (kind === "drop-answer") {
        // It is in by now, but nobody will know.
        answer.resume().on("end", () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => incoming.destroy());
    incoming.pipe(onward);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return {
    config: { ...config, url: `http://127.0.0.1:${address.port}` },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test("an insert whose answer is lost, or that is refused, is made again and counts once", async () => {
  await using source = await createTestStream();
  let requests = 0;
  await using proxy = await startProxy(clickhouse.config, () => {
    requests += 1;
    return requests % 3 === 0 ? "refuse" : requests % 3 === 1 ? "drop-answer" : "none";
  });
  await using through = connectHistory(proxy.config);
  const pipeline = await startPipeline("one", { stream: await source.open(), history: through });
  for (let batch = 0; batch < 10; batch++) await source.append(200);
  await source.drained();
  await pipeline.stop();
  assert.ok((await countOf(pipeline.metrics, "history_insert_failures_total")) >= 2);
  assert.deepEqual(await countStored(history), all(2_000));
});

test("members that come and go share the work; nothing is lost and nothing counts twice", async () => {
  await using source = await createTestStream();
  const first = await startPipeline("first", { stream: await source.open(), history });
  const appending = (async () => {
    for (let batch = 0; batch < 60; batch++) {
      await source.append(50);
      await systemClock.sleep(10);
    }
  })();
  await systemClock.sleep(100);
  const second = await startPipeline("second", { stream: await source.open(), history });
  const shared = Promise.withResolvers<void>();
  const look = setInterval(() => {
    void source.stream.lag("history").then(({ perPartition }) => {
      const owners = new Set(perPartition.map(({ owner }) => owner));
      if (owners.size === 2 && !owners.has(undefined)) shared.resolve();
    });
  }, 20);
  await shared.promise;
  clearInterval(look);
  await appending;
  await first.stop();
  await source.append(50);
  await source.drained();
  await second.stop();
  assert.deepEqual(await countStored(history), all(source.appended()));
});

/** Answers of the real thing, but as if the machine had started at another time. */
function booted(bootId: string, at: History): History {
  return { ...at, checkpoint: async () => ({ bootId, at: Date.now() }) };
}

test("after a power cut lost rows are put back and what is derived agrees with them", async () => {
  await using source = await createTestStream();
  const before = await startPipeline("one", {
    stream: await source.open(),
    history: booted("a", history),
    // Nothing is synced in this life.
    config: { syncMs: 600_000 },
  });
  await source.append(3_000);
  await source.appendRefused();
  const isStored = async () => (await source.stream.lag("history")).reports === 0;
  while (!(await isStored())) await systemClock.sleep(20);
  await before.stop();
  const [first] = (await source.stream.lag("history")).perPartition;
  assert.equal(first?.committed, first?.end);
  // `stop` syncs at the end, as a power cut does not: the log is told to hold on by its own notes.
  const lose = async (table: string, where: string) =>
    history.command(`ALTER TABLE ${table} DELETE WHERE ${where} SETTINGS mutations_sync = 2`);
  await source.append(1_000);
  const cut = await startPipeline("one", {
    stream: await source.open(),
    history: { ...booted("a", history), checkpoint: failAfterFirst("a") },
  });
  while (!(await isStored())) await systemClock.sleep(20);
  await systemClock.sleep(200);
  await cut.stop();
  await lose("reports", "seq > 3001 AND seq % 3 = 0");
  // Only the days of those rows: what was synced before is on the disk.
  await lose("motion", "bucket >= toStartOfDay(now('UTC')) AND cityHash64(asset) % 2 = 0");
  await lose("heat", "bucket >= toStartOfDay(now('UTC')) AND resolution = 7 AND cell % 2 = 0");
  const again = await startPipeline("one", {
    stream: await source.open(),
    history: booted("b", history),
  });
  await source.append(500);
  await source.drained();
  await again.stop();
  assert.ok((await countOf(again.metrics, "history_rows_repaired_total")) > 300);
  assert.deepEqual(await countStored(history), all(4_500));
  assert.equal((await history.rows("SELECT id FROM quarantine FINAL")).length, 1);
});

/** The machine's start is told once; after that no checkpoint is made any more. */
function failAfterFirst(bootId: string): History["checkpoint"] {
  let asked = 0;
  return async () => {
    if (asked++ === 0) return { bootId, at: 0 };
    throw new Error("the disk is away");
  };
}

test("kill -9 of the database in the midst of inserts loses nothing and counts nothing twice", async (t) => {
  if (!clickhouse.isEmbedded) {
    t.skip("a server by URL is not ours to kill");
    return;
  }
  await using source = await createTestStream();
  const pipeline = await startPipeline("one", { stream: await source.open(), history });
  const over = new AbortController();
  const appending = (async () => {
    while (!over.signal.aborted) {
      await source.append(40);
      await systemClock.sleep(3);
    }
  })();
  const failures = () => countOf(pipeline.metrics, "history_insert_failures_total");
  while ((await countOf(pipeline.metrics, "history_rows_inserted_total")) < 500)
    await systemClock.sleep(5);
  await clickhouse.restart();
  assert.ok((await failures()) > 0);
  over.abort();
  await appending;
  await source.drained();
  await pipeline.stop();
  assert.deepEqual(await countStored(history), all(source.appended()));
});

/** What the views made, beside the same derived at once from `reports`; each line says what differs. */
async function differences(): Promise<readonly string[]> {
  const columns = {
    motion:
      "step, asset, bucket, sum(reports), sum(altitude_count), sum(altitude_sum), min(altitude_min), " +
      "max(altitude_max), min(altitude_first), max(altitude_last), sum(speed_count), max(place_last)",
    // Sums of floating point depend on the order of adding.
    measurements:
      "step, asset, metric, bucket, sum(count), min(min), max(max), min(first), max(last)",
    heat: "resolution, bucket, cell, sum(reports)",
    map_points: "level, place, at, asset, count()",
  };
  const keys = { motion: 3, measurements: 4, heat: 3, map_points: 4 };
  const found: string[] = [];
  for (const table of ["motion", "measurements", "heat", "map_points"] as const) {
    const by = columns[table].split(", ").slice(0, keys[table]).join(", ");
    const of = (source: string) => `SELECT ${columns[table]} FROM ${source} GROUP BY ${by}`;
    const derived = of(`(${derivedSelect(table, { table: "reports" })})`);
    const [counts] = await history.rows<{ missing: number; surplus: number; all: number }>(
      `SELECT (SELECT count() FROM (${derived} EXCEPT ${of(table)})) AS missing,
         (SELECT count() FROM (${of(table)} EXCEPT ${derived})) AS surplus,
         (SELECT count() FROM (${derived})) AS all`,
    );
    assert.ok((counts?.all ?? 0) > 0 || table === "measurements", `${table} has rows to compare`);
    if (counts?.missing !== 0 || counts.surplus !== 0) {
      found.push(`${table}: ${JSON.stringify(counts)}`);
    }
  }
  return found;
}

test("the database killed again and again while views are fed: they agree with the reports", async (t) => {
  if (!clickhouse.isEmbedded) {
    t.skip("a server by URL is not ours to kill");
    return;
  }
  await using source = await createTestStream();
  const config = { feedLingerMs: 5 };
  const pipeline = await startPipeline("one", { stream: await source.open(), history, config });
  const over = new AbortController();
  const appending = (async () => {
    while (!over.signal.aborted) {
      await source.append(40);
      await systemClock.sleep(3);
    }
  })();
  for (let kill = 0; kill < 4; kill++) {
    const before = source.appended();
    while (source.appended() < before + 1_000) await systemClock.sleep(5);
    await clickhouse.restart();
  }
  over.abort();
  await appending;
  await source.drained();
  await pipeline.stop();
  assert.deepEqual(await countStored(history), all(source.appended()));
  assert.deepEqual(await differences(), []);
});

test("a block whose token was noted and whose part was not put in place goes in after all", async (t) => {
  if (!clickhouse.isEmbedded) {
    t.skip("a server by URL is not ours to kill");
    return;
  }
  const stored = async () => (await countStored(history))["minutes"];
  await using source = await createTestStream();
  await source.append(300);
  const entries = await readAll(source.stream);
  const chunks = entries.map(({ bytes }) => bytes);
  const insert = async (table: string) =>
    insertRows(history, { table, token: `cut-${table}`, chunks });
  await insert("reports");
  await insert("feed");
  assert.equal(await stored(), 300);
  const folders = await history.rows<{ path: string }>(
    "SELECT path FROM system.parts WHERE table = 'motion' AND active AND name LIKE '60-%'",
  );
  await clickhouse.restart(async () => {
    for (const { path } of folders) await rm(path, { recursive: true });
  });
  assert.equal(await stored(), 0);
  await insert("feed");
  await insert("feed");
  assert.deepEqual(await countStored(history), all(300));
  assert.deepEqual(await differences(), []);
});

async function readAll(stream: StreamLog): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (let partition = 0; partition < stream.partitions; partition++) {
    entries.push(...(await stream.read(partition, 0, { maxBytes: 2 ** 24, maxCount: 10_000 })));
  }
  return entries;
}

const main = fileURLToPath(new URL("main.ts", import.meta.url));

test("kill -9 in the midst of inserts loses nothing and counts nothing twice", async () => {
  await using source = await createTestStream();
  const { url, user, password, database = "drover" } = clickhouse.config;
  const start = (): ChildProcess =>
    spawn(process.execPath, [main], {
      env: {
        DROVER_STREAM_URL: source.url,
        DROVER_CLICKHOUSE_URL: url,
        DROVER_CLICKHOUSE_USER: user,
        DROVER_CLICKHOUSE_PASSWORD: password,
        DROVER_CLICKHOUSE_DATABASE: database,
        DROVER_INSTANCE: "victim",
        DROVER_LINGER_MS: "1",
        DROVER_IDLE_LINGER_MS: "1",
        DROVER_FEED_LINGER_MS: "20",
        DROVER_SYNC_MS: "50",
        DROVER_LOG_LEVEL: "error",
        DROVER_PARENT_PID: String(process.pid),
      },
      stdio: ["ignore", "inherit", "inherit"],
    });
  const committed = async () =>
    (await source.stream.lag("history")).perPartition.reduce((sum, one) => sum + one.committed, 0);
  const over = new AbortController();
  const appending = (async () => {
    while (!over.signal.aborted) {
      await source.append(40);
      await systemClock.sleep(3);
    }
  })();
  const victim = start();
  const died = once(victim, "exit");
  while ((await committed()) < 400) await systemClock.sleep(2);
  victim.kill("SIGKILL");
  await died;
  over.abort();
  await appending;
  const survivor = start();
  const exited = once(survivor, "exit");
  await source.drained();
  survivor.kill("SIGTERM");
  const [code] = await exited;
  assert.equal(code, 0);
  assert.deepEqual(await countStored(history), all(source.appended()));
});
