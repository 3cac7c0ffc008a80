import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { columns, isOk, rowBinary } from "./conformance-context.ts";
import type { ConformanceFact } from "./conformance-context.ts";

/** Bounds, compression, isolation. */
export const transportFacts: readonly ConformanceFact[] = [
  {
    name: "keeps the settings of one request from the next",
    async check({ sql }) {
      const narrow = await sql("SELECT getSetting('max_threads')", { max_threads: "1" });
      assert.equal(narrow.text, "1\n");
      await sql("SELECT number FROM numbers(10)", { max_rows_to_read: "1" });
      for (let times = 0; times < 8; times += 1) {
        assert.equal((await sql("SELECT getSetting('max_rows_to_read')")).text, "0\n");
      }
    },
  },
  {
    name: "gives nothing of a failed result to the next request",
    async check({ sql }) {
      for (let times = 0; times < 4; times += 1) {
        const failing =
          "SELECT throwIf(number = 300000, 'now') FROM numbers(400000) FORMAT TSV SETTINGS max_block_size = 1000";
        // A result that had begun to flow can only be broken off.
        const failed = await sql(failing).catch(() => undefined);
        assert.ok(!failed || failed.status >= 400 || /Exception/.test(failed.text));
        assert.equal((await sql("SELECT 'mine'")).text, "mine\n");
      }
    },
  },
  {
    name: "reads gzip and zstd bodies and writes gzip answers",
    async check({ sql, send, database }) {
      isOk(await sql(`CREATE TABLE t ${columns}`));
      const path = `/?database=${database}&query=INSERT+INTO+t+FORMAT+CSV`;
      const post = (body: Uint8Array, encoding: string) =>
        send(path, { method: "POST", body, headers: { "content-encoding": encoding } });
      isOk(await post(gzipSync("1,a\n"), "gzip"));
      isOk(await post(zstdCompressSync("2,b\n"), "zstd"));
      assert.equal((await sql("SELECT count() FROM t")).text, "2\n");
      const large = encodeURIComponent("SELECT number FROM numbers(20000)");
      const headers = { "accept-encoding": "gzip" };
      const answer = await send(`/?enable_http_compression=1&query=${large}`, { headers });
      assert.equal(answer.headers.get("content-encoding"), "gzip");
      assert.equal(answer.text.split("\n").length, 20_001);
      const broken = await post(Buffer.from("no gzip at all"), "gzip");
      assert.ok(broken.status >= 400);
    },
  },
  {
    name: "answers many at once",
    async check({ sql }) {
      const numbers = Array.from({ length: 40 }, (_, index) => index);
      const texts = await Promise.all(
        numbers.map(async (n) => (await sql(`SELECT ${n}, sum(number) FROM numbers(100000)`)).text),
      );
      assert.deepEqual(
        texts,
        numbers.map((n) => `${n}\t4999950000\n`),
      );
    },
  },
  {
    name: "streams a large result",
    async check({ client }) {
      const result = await client.query({
        query: "SELECT number, toString(number) AS text FROM numbers(400000)",
        format: "JSONEachRow",
      });
      let rows = 0;
      for await (const batch of result.stream()) rows += batch.length;
      assert.equal(rows, 400_000);
    },
  },
  {
    name: "ends what runs for a caller who left",
    async check({ send, sql }) {
      const marker = `gone_${randomUUID().slice(0, 8)}`;
      const running = `SELECT count() AS ${marker} FROM numbers(1000000000000) WHERE number % 7 = 3`;
      const count = `SELECT count() FROM system.processes WHERE query LIKE '%AS ${marker}%' AND query NOT LIKE '%processes%'`;
      const isRunning = async (wanted: string) => {
        for (let tries = 0; tries < 200; tries += 1) {
          if ((await sql(count)).text === wanted) return;
          await sleep(20);
        }
        assert.fail(`${wanted.trim()} such statements never ran`);
      };
      const leaving = new AbortController();
      const path = "/?max_execution_time=15&cancel_http_readonly_queries_on_client_close=1";
      const asked = send(path, { method: "POST", body: running, signal: leaving.signal });
      await isRunning("1\n");
      leaving.abort();
      await assert.rejects(asked);
      await isRunning("0\n");
    },
  },
  {
    name: "ends a statement after max_execution_time",
    async check({ sql }) {
      const statement = "SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3";
      const answer = await sql(statement, { max_execution_time: "0.2" });
      assert.equal(answer.headers.get("x-clickhouse-exception-code"), "159", answer.text);
    },
  },
];

/** The client that every service uses. */
export const clientFacts: readonly ConformanceFact[] = [
  {
    name: "serves @clickhouse/client: command, insert of objects and of a stream, query, exec",
    async check({ client }) {
      await client.command({ query: `CREATE TABLE t ${columns}` });
      const inserted = await client.insert({
        table: "t",
        values: [
          { id: 1, name: "a" },
          { id: 2, name: "b" },
        ],
        format: "JSONEachRow",
        clickhouse_settings: { insert_deduplication_token: "one" },
      });
      assert.equal(inserted.summary?.written_rows, "2");
      await client.insert({
        table: "t",
        columns: ["name", "id"],
        values: Readable.from([
          ["c", 3],
          ["d", 4],
        ]),
        format: "JSONCompactEachRow",
      });
      const body = Readable.from([rowBinary([[5n, "e"]]), rowBinary([[6n, "f"]])], {
        objectMode: false,
      });
      await client.exec({ query: "INSERT INTO t FORMAT RowBinary", values: body });
      const result = await client.query({
        query: "SELECT id, name FROM t WHERE id >= {from:UInt64} ORDER BY id",
        query_params: { from: 2 },
        format: "JSONEachRow",
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      });
      const rows = await result.json<{ id: number; name: string }>();
      assert.deepEqual(
        rows.map((row) => `${row.id}${row.name}`),
        ["2b", "3c", "4d", "5e", "6f"],
      );
      await assert.rejects(client.query({ query: "SELECT * FROM absent" }), { code: "60" });
    },
  },
];
