import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startProcess, temporaryFolder } from "./process.fixture.ts";
import type { ClickhouseProcess } from "./process.fixture.ts";

type Options = {
  readonly body?: string | Uint8Array;
  readonly params?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly signal?: AbortSignal;
};

const passwords: Readonly<Record<string, string>> = { writer: "secret", reader: "look" };

async function post(engine: ClickhouseProcess, query: string, options: Options = {}) {
  const { body = "", params = {}, user = "writer", signal } = options;
  const search = new URLSearchParams({ query, ...params });
  const headers = { "x-clickhouse-user": user, "x-clickhouse-key": passwords[user] ?? "" };
  const init = { method: "POST", body, headers, signal: signal ?? AbortSignal.timeout(30_000) };
  const response = await fetch(`${engine.target.url}/?${search.toString()}`, init);
  return { status: response.status, text: await response.text(), response };
}

async function must(engine: ClickhouseProcess, query: string, options: Options = {}) {
  const { status, text } = await post(engine, query, options);
  assert.equal(status, 200, text);
  return text;
}

const table = `CREATE TABLE IF NOT EXISTS t (id UInt64, name String) ENGINE = MergeTree ORDER BY id
  SETTINGS non_replicated_deduplication_window = 1000`;

function rowsFrom(first: number, count: number): Buffer {
  const body = Buffer.alloc(count * 10);
  for (let i = 0; i < count; i += 1) {
    body.writeBigUInt64LE(BigInt(first + i), i * 10);
    body.write("\u0001x", i * 10 + 8, "latin1");
  }
  return body;
}

test("loses no acknowledged row to kill -9 in the midst of inserts, and opens again", async () => {
  await using folder = await temporaryFolder();
  const batch = 2_000;
  let acknowledged = 0;
  for (let kills = 0; kills < 2; kills += 1) {
    await using engine = await startProcess(folder.path);
    await must(engine, table);
    const insert = async (): Promise<void> => {
      for (;;) {
        const params = { insert_deduplication_token: `b${acknowledged}` };
        const body = rowsFrom(acknowledged * batch, batch);
        // A batch that was cut off is sent again with its token: stored once, whatever happened.
        await must(engine, "INSERT INTO t FORMAT RowBinary", { body, params });
        acknowledged += 1;
        if (acknowledged % 8 === 5) setTimeout(() => engine.child.kill("SIGKILL"), kills);
      }
    };
    await assert.rejects(insert());
    await engine.end("SIGKILL");
  }
  await using engine = await startProcess(folder.path);
  const counts = (await must(engine, "SELECT count(), uniqExact(id) FROM t")).trim().split("\t");
  const [stored = 0, distinct = 0] = counts.map(Number);
  assert.ok(acknowledged >= 10, `${acknowledged} batches`);
  assert.equal(stored, distinct);
  // The last batch may be there although its answer was lost.
  assert.ok(stored === acknowledged * batch || stored === (acknowledged + 1) * batch, `${stored}`);
  assert.deepEqual(await readdir(join(folder.path, "spool")), []);
});

test("refuses a folder that another process has, and says so", async () => {
  await using folder = await temporaryFolder();
  await using first = await startProcess(folder.path);
  await assert.rejects(startProcess(folder.path), /another process/);
  assert.equal(await must(first, "SELECT 1"), "1\n");
});

suite("one process", async () => {
  const folder = await temporaryFolder();
  const engine = await startProcess(folder.path, {
    DROVER_CLICKHOUSE_BACKUPS: join(folder.path, "backups"),
  });
  await must(engine, table);

  test("keeps inserts going while slow readers take every reader's place", async () => {
    const slow = "SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3";
    const params = { max_execution_time: "0.5" };
    const readers = Array.from({ length: 5 }, () => post(engine, slow, { params, user: "reader" }));
    await sleep(100);
    let slowestMs = 0;
    for (let i = 0; i < 10; i += 1) {
      const startedMs = performance.now();
      await must(engine, "INSERT INTO t FORMAT RowBinary", { body: rowsFrom(i * 1_000, 1_000) });
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    }
    for (const { status, text } of await Promise.all(readers)) {
      assert.equal(status, 408, text);
    }
    assert.ok(slowestMs < 1_000, `an insert took ${slowestMs} ms`);
  });

  test("sends readers away when too many wait", async () => {
    const slow = "SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3";
    const leaving = new AbortController();
    const readers = Array.from({ length: 80 }, () =>
      post(engine, slow, { user: "reader", signal: leaving.signal }),
    );
    const first = await Promise.any(readers);
    assert.equal(first.status, 503);
    assert.equal(first.response.headers.get("x-clickhouse-exception-code"), "202");
    leaving.abort();
    await Promise.allSettled(readers);
    assert.equal(await must(engine, "SELECT 1", { user: "reader" }), "1\n");
  });

  test("does not let a query take more memory than its limit", async () => {
    const { status, text } = await post(
      engine,
      "SELECT groupArray(number) FROM numbers(1000000000)",
    );
    assert.equal(status, 500);
    assert.match(text, /^Code: 241\./);
    assert.equal(await must(engine, "SELECT 1"), "1\n");
  });

  test("refuses a document beyond its limit and streams rows in bounded memory", async () => {
    const query = "SELECT number, repeat('x', 100) FROM numbers(2000000)";
    const document = await post(engine, `${query} FORMAT JSON`);
    assert.match(document.text, /^Code: 396\./);
    const before = await rssBytes(engine);
    let peak = before;
    const search = new URLSearchParams({ query });
    const headers = { authorization: `Basic ${btoa("reader:look")}` };
    const response = await fetch(`${engine.target.url}/?${search.toString()}`, { headers });
    let bytes = 0;
    let pieces = 0;
    for await (const piece of response.body ?? []) {
      bytes += piece.length;
      if (pieces++ % 200 === 0) peak = Math.max(peak, await rssBytes(engine));
    }
    assert.ok(bytes > 200_000_000, `${bytes}`);
    assert.ok(peak - before < 180 * 1024 * 1024, `grew by ${peak - before} bytes`);
  });

  test("rejects a body beyond its limit and goes on", async () => {
    const { status, text } = await post(engine, "INSERT INTO t FORMAT RowBinary", {
      body: Buffer.alloc(65 * 1024 * 1024),
    });
    assert.equal(status, 413, text);
    assert.equal(await must(engine, "SELECT 1"), "1\n");
  });

  test("keeps files, programs and other databases of the engine out of reach", async () => {
    const secret = join(folder.path, "secret.csv");
    await writeFile(secret, "1,hidden\n");
    const tries = [
      `SELECT * FROM '${secret}'`,
      `SELECT * FROM \`${secret}\``,
      `SELECT * FROM default.\`secret.csv\``,
      `SELECT file('${secret}')`,
      `SELECT * FROM file('${secret}')`,
      `INSERT INTO t FROM INFILE '${secret}' FORMAT CSV`,
      `SELECT * FROM (SELECT 1) AS a, '${secret}'`,
      `SELECT 1 IN '${secret}'`,
      `SELECT joinGet('default.${secret}', 'x', 1)`,
      `CREATE TABLE leak AS \`${secret}\``,
    ];
    for (const query of tries) {
      const { status, text } = await post(engine, query);
      assert.ok(!text.includes("hidden"), query);
      assert.notEqual(status, 200, query);
    }
    const values = await post(engine, "INSERT INTO t VALUES", { body: `(1, file('${secret}'))` });
    assert.notEqual(values.status, 200);
    assert.ok(!(await must(engine, "SELECT name FROM t")).includes("hidden"));
  });

  test("lets the reader read, and nothing more", async () => {
    assert.equal(await must(engine, "SELECT 1", { user: "reader" }), "1\n");
    for (const query of ["DROP TABLE t", "INSERT INTO t VALUES (1, 'a')", "OPTIMIZE TABLE t"]) {
      assert.equal((await post(engine, query, { user: "reader" })).status, 403, query);
    }
    assert.equal((await post(engine, "SELECT 1", { user: "nobody" })).status, 403);
  });

  test("makes a checkpoint for the full user", async () => {
    const make = (user: string) =>
      fetch(`${engine.target.url}/drover/checkpoint`, {
        method: "POST",
        headers: { "x-clickhouse-user": user, "x-clickhouse-key": passwords[user] ?? "" },
      });
    const [first, second] = await Promise.all([make("writer"), make("writer")]);
    const answer: unknown = await first.json();
    assert.deepEqual(Object.keys(answer ?? {}), ["bootId", "at"]);
    assert.equal(second.status, 200);
    assert.equal((await make("reader")).status, 403);
  });

  test("backs up into the allowed folder only", async () => {
    await mkdir(join(folder.path, "backups"), { recursive: true });
    await must(engine, "BACKUP TABLE t TO File('one')");
    assert.ok(existsSync(join(folder.path, "backups", "one")));
    const outside = await post(
      engine,
      `BACKUP TABLE t TO File('${join(folder.path, "elsewhere")}')`,
    );
    assert.notEqual(outside.status, 200);
    const elsewhere = await post(engine, "BACKUP TABLE t TO Disk('default', 'x')");
    assert.equal(elsewhere.status, 403);
  });

  test("ends with its process", async () => {
    assert.equal(await engine.end("SIGTERM"), 0);
    await folder[Symbol.asyncDispose]();
  });
});

async function rssBytes(engine: ClickhouseProcess): Promise<number> {
  const status = await readFile(`/proc/${engine.pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}
