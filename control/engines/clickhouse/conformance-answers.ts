import assert from "node:assert/strict";
import { columns, isOk } from "./conformance-context.ts";
import type { ConformanceFact } from "./conformance-context.ts";

/** Statements and what comes back. */
export const answerFacts: readonly ConformanceFact[] = [
  {
    name: "answers a ping",
    async check({ send, client }) {
      assert.equal((await send("/ping")).text, "Ok.\n");
      assert.deepEqual(await client.ping(), { success: true });
    },
  },
  {
    name: "gives results in the format that the statement, the parameter or the header names",
    async check({ send, sql }) {
      const byStatement = await sql("SELECT 1 AS a, 'x' AS b FORMAT JSONEachRow");
      assert.deepEqual(JSON.parse(byStatement.text), { a: 1, b: "x" });
      assert.equal(byStatement.headers.get("x-clickhouse-format"), "JSONEachRow");
      assert.equal((await sql("SELECT 1, 'x'")).text, "1\tx\n");
      assert.equal((await sql("SELECT 1, 'x'", { default_format: "CSV" })).text, '1,"x"\n');
      const headers = { "x-clickhouse-format": "JSONCompactEachRow" };
      const byHeader = await send("/?query=SELECT+1%2C2", { headers });
      assert.equal(byHeader.text, "[1, 2]\n".replace(" ", byHeader.text.includes(", ") ? " " : ""));
      const document = await sql("SELECT number FROM numbers(3) FORMAT JSON");
      assert.equal(JSON.parse(document.text).rows, 3);
      assert.match(document.headers.get("content-type") ?? "", /^application\/json/);
    },
  },
  {
    name: "takes the statement from address, body or both",
    async check({ send }) {
      assert.equal((await send("/?query=SELECT+7")).text, "7\n");
      assert.equal((await send("/", { method: "POST", body: "SELECT 8;" })).text, "8\n");
      assert.equal((await send("/?query=SELECT+", { method: "POST", body: "9" })).text, "9\n");
    },
  },
  {
    name: "answers errors with status, code and text",
    async check({ sql, send }) {
      const table: readonly (readonly [string, number, number])[] = [
        ["SELEC 1", 400, 62],
        ["SELECT * FROM nothing_here", 404, 60],
        ["SELECT nothing_here", 404, 47],
        ["SELECT nothingHere()", 404, 46],
        ["SELECT 1 FORMAT NothingHere", 404, 73],
        ["SELECT {nothing:String}", 400, 456],
      ];
      for (const [statement, status, code] of table) {
        const answer = await sql(statement);
        assert.equal(answer.headers.get("x-clickhouse-exception-code"), String(code), answer.text);
        assert.equal(answer.status, status, answer.text);
        assert.match(answer.text, new RegExp(`^Code: ${code}\\. DB::Exception: `));
      }
      const wrong = await send("/?query=SELECT+1", {
        headers: { authorization: "Basic bm86bm8=" },
      });
      assert.equal(wrong.headers.get("x-clickhouse-exception-code"), "516");
      assert.equal(wrong.status, 403);
    },
  },
  {
    name: "refuses a second statement",
    async check({ sql }) {
      isOk(await sql(`CREATE TABLE t ${columns}`));
      const answer = await sql("SELECT 1; DROP TABLE t");
      assert.equal(answer.headers.get("x-clickhouse-exception-code"), "62");
      assert.equal((await sql("EXISTS TABLE t")).text, "1\n");
    },
  },
  {
    name: "does not change anything over GET",
    async check({ send, database }) {
      const statement = `CREATE TABLE ${database}.t ${columns}`;
      const answer = await send(`/?query=${encodeURIComponent(statement)}`);
      assert.equal(answer.headers.get("x-clickhouse-exception-code"), "164");
      const exists = await send(`/?query=${encodeURIComponent(`EXISTS TABLE ${database}.t`)}`);
      assert.equal(exists.text, "0\n");
    },
  },
  {
    name: "binds parameters of every type as values",
    async check({ sql, client }) {
      const hostile = `'); DROP TABLE t; -- \\ ' \n\n {x:String} "\` ü`;
      const result = await client.query({
        query: `SELECT {text:String} AS text, {count:UInt64} AS count, {at:DateTime64(3)} AS at,
          {list:Array(String)} AS list, {none:Nullable(String)} AS none, {ratio:Float64} AS ratio,
          toTypeName({count:UInt64}) AS type`,
        query_params: {
          text: hostile,
          count: 42,
          at: new Date("2024-03-01T12:00:00.250Z"),
          list: ["a'b", "c\\d", "tab\there"],
          none: null,
          ratio: -0.5,
        },
        format: "JSONEachRow",
        clickhouse_settings: {
          session_timezone: "UTC",
          output_format_json_quote_64bit_integers: 0,
        },
      });
      assert.deepEqual(await result.json(), [
        {
          text: hostile,
          count: 42,
          at: "2024-03-01 12:00:00.250",
          list: ["a'b", "c\\d", "tab\there"],
          none: null,
          ratio: -0.5,
          type: "UInt64",
        },
      ]);
      isOk(await sql(`CREATE TABLE \`odd name\` ${columns}`));
      const params = { param_name: "odd name" };
      assert.equal((await sql("SELECT count() FROM {name:Identifier}", params)).text, "0\n");
      const bad = await sql("SELECT {n:UInt8}", { param_n: "1 OR 1" });
      assert.notEqual(bad.status, 200);
    },
  },
];
