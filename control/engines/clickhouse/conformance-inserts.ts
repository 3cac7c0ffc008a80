import assert from "node:assert/strict";
import { columns, isOk, rowBinary } from "./conformance-context.ts";
import type { ConformanceContext, ConformanceFact } from "./conformance-context.ts";

const windowed = `${columns} SETTINGS non_replicated_deduplication_window = 100`;

/** The same two rows in every format that carries data; the second one is hostile. */
const hostileName = "a\n\nDROP TABLE t;\n\"'x";
const bodies: readonly (readonly [string, string | Uint8Array])[] = [
  ["JSONEachRow", `{"id":1,"name":"plain"}\n${JSON.stringify({ id: 2, name: hostileName })}\n`],
  ["JSONCompactEachRow", `[1,"plain"]\n${JSON.stringify([2, hostileName])}\n`],
  ["CSV", `1,"plain"\n2,"${hostileName.replaceAll('"', '""')}"\n`],
  ["CSVWithNames", `name,id\n"plain",1\n"${hostileName.replaceAll('"', '""')}",2\n`],
  ["TabSeparated", `1\tplain\n2\t${hostileName.replaceAll("\n", "\\n")}\n`],
  ["TSVWithNames", `name\tid\nplain\t1\n${hostileName.replaceAll("\n", "\\n")}\t2\n`],
  ["Values", `(1,'plain'),(2,'${hostileName.replaceAll("'", "\\'")}')`],
  [
    "RowBinary",
    rowBinary([
      [1n, "plain"],
      [2n, hostileName],
    ]),
  ],
];

async function twoRows(context: ConformanceContext): Promise<void> {
  const { text } = await context.sql(
    "SELECT id, name FROM t ORDER BY id FORMAT JSONCompactEachRow",
  );
  const rows = text
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line.replace(/^\["?(\d+)"?/, "[$1")));
  assert.deepEqual(rows, [
    [1, "plain"],
    [2, hostileName],
  ]);
}

/** Data on their way in. */
export const insertFacts: readonly ConformanceFact[] = [
  ...bodies.map(([format, body]): ConformanceFact => ({
    name: `inserts ${format}, and a hostile row ends as a row`,
    async check(context) {
      isOk(await context.sql(`CREATE TABLE t ${columns}`));
      isOk(await context.insert(`INSERT INTO t FORMAT ${format}`, body));
      await twoRows(context);
    },
  })),
  ...bodies.slice(0, 5).map(([format, body]): ConformanceFact => ({
    name: `inserts ${format} that stands in the body behind its statement`,
    async check(context) {
      isOk(await context.sql(`CREATE TABLE t ${columns}`));
      isOk(await context.sql(`INSERT INTO t FORMAT ${format}\n${String(body)}`));
      await twoRows(context);
    },
  })),
  {
    name: "inserts Native that another query gave",
    async check(context) {
      const { sql, insert, database } = context;
      isOk(await sql(`CREATE TABLE t ${columns}`));
      isOk(await sql(`CREATE TABLE s ${columns}`));
      isOk(await insert("INSERT INTO s FORMAT JSONEachRow", bodies[0]?.[1] ?? ""));
      const exported = await context.client.exec({
        query: `SELECT * FROM ${database}.s FORMAT Native`,
      });
      const pieces: Buffer[] = [];
      for await (const piece of exported.stream) pieces.push(Buffer.from(piece));
      isOk(await insert("INSERT INTO t FORMAT Native", Buffer.concat(pieces)));
      await twoRows(context);
    },
  },
  {
    name: "inserts through input(), with columns and defaults of the table",
    async check({ sql, insert }) {
      isOk(
        await sql(
          "CREATE TABLE t (id UInt64, name String DEFAULT concat('n', toString(id))) ENGINE = MergeTree ORDER BY id",
        ),
      );
      const statement =
        "INSERT INTO t (id) SELECT a + 1 FROM input('a UInt64, b String') FORMAT RowBinary";
      isOk(await insert(statement, rowBinary([[6n, "unused"]])));
      isOk(await insert("INSERT INTO t FORMAT JSONEachRow", '{"id":8}\n'));
      isOk(await insert("INSERT INTO t (id) FORMAT TSV", "9\n"));
      assert.equal((await sql("SELECT * FROM t ORDER BY id")).text, "7\tn7\n8\tn8\n9\tn9\n");
    },
  },
  {
    name: "takes no row of a body with a mistake, and says where it is",
    async check({ sql, insert }) {
      isOk(await sql(`CREATE TABLE t ${columns}`));
      const answer = await insert("INSERT INTO t FORMAT JSONEachRow", '{"id":1}\n{"id":"x"}\n');
      assert.ok(answer.status >= 400, `${answer.status}`);
      assert.match(answer.text, /^Code: \d+\. DB::Exception: /);
      assert.equal((await sql("SELECT count() FROM t")).text, "0\n");
    },
  },
  {
    name: "counts the written rows in the summary",
    async check({ sql, insert }) {
      isOk(await sql(`CREATE TABLE t ${columns}`));
      const answer = await insert("INSERT INTO t FORMAT CSV", "1,a\n2,b\n3,c\n");
      const summary = JSON.parse(answer.headers.get("x-clickhouse-summary") ?? "{}");
      assert.equal(summary.written_rows, "3");
      assert.notEqual(answer.headers.get("x-clickhouse-query-id"), null);
    },
  },
  {
    name: "stores a deduplication token once, in the table and behind its view",
    async check({ sql, insert }) {
      isOk(await sql(`CREATE TABLE t ${windowed}`));
      isOk(
        await sql(
          "CREATE TABLE sums (total UInt64) ENGINE = SummingMergeTree ORDER BY tuple() SETTINGS non_replicated_deduplication_window = 100",
        ),
      );
      isOk(await sql("CREATE MATERIALIZED VIEW v TO sums AS SELECT count() AS total FROM t"));
      const body = rowBinary([
        [1n, "a"],
        [2n, "b"],
      ]);
      const token = {
        insert_deduplication_token: "m-1",
        deduplicate_blocks_in_dependent_materialized_views: "1",
      };
      for (let times = 0; times < 3; times += 1) {
        isOk(await insert("INSERT INTO t FORMAT RowBinary", body, token));
      }
      assert.equal((await sql("SELECT count() FROM t")).text, "2\n");
      assert.equal((await sql("SELECT sum(total) FROM sums")).text, "2\n");
      isOk(
        await insert("INSERT INTO t FORMAT RowBinary", body, {
          ...token,
          insert_deduplication_token: "m-2",
        }),
      );
      assert.equal((await sql("SELECT count() FROM t")).text, "4\n");
    },
  },
];
