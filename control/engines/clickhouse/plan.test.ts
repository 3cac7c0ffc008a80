import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fuzzRuns } from "@drover/core/model/fuzz";
import { ClickHouseError } from "./errors.ts";
import type { Role } from "./guard.ts";
import { planStatement } from "./plan.ts";
import type { Ask, Plan } from "./plan.ts";
import { tokenize } from "./tokens.ts";

const limits = { executionMs: 10_000, memoryBytes: 1_000_000 };
const config = {
  guard: {
    tableFunctions: new Set(["file", "url", "numbers", "newfangled"]),
    backupsFolder: undefined,
  },
  limits: { full: limits, reader: limits },
  pieceBytesMax: 100,
  documentBytesMax: 1_000,
};

function plan(text: string, given: Partial<Ask> = {}): Plan {
  const role: Role = "full";
  const none = new Map<string, string>();
  const ask = { text, role, isReadOnly: false, defaultFormat: "TSV", params: none, settings: none };
  return planStatement({ ...ask, ...given }, config);
}

function refusal(text: string, given: Partial<Ask> = {}): string {
  try {
    plan(text, given);
  } catch (error) {
    if (error instanceof ClickHouseError) return error.codeName;
    throw error;
  }
  return "allowed";
}

function readSql(text: string, given: Partial<Ask> = {}): string {
  const read = plan(text, given);
  assert.ok(read.kind === "read");
  return read.sql;
}

test("what could leave the sandbox is refused", () => {
  const denied = [
    "SELECT * FROM file('/etc/passwd')",
    "SELECT * FROM File /* x */ ('/etc/passwd')",
    "SELECT `file`('/etc/passwd')",
    "SELECT * FROM \"url\"('http://x')",
    "SELECT * FROM newFangled('x')",
    "SELECT * FROM s3Cluster('x')",
    "SELECT * FROM remoteSecure('x')",
    "SELECT aiGenerate('x')",
    "SELECT * FROM executable('sh', 'TSV', 'a String')",
    "SELECT * FROM python('x')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM t JOIN '/etc/passwd' USING a",
    "SELECT * FROM `/etc/passwd`",
    "SELECT 1 INTO OUTFILE '/tmp/x'",
    "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV",
    "INSERT INTO FUNCTION file('/tmp/x') SELECT 1",
    "INSERT INTO TABLE FUNCTION url('x') VALUES (1)",
    "CREATE TABLE t (a UInt8) ENGINE = File(CSV)",
    "CREATE TABLE t (a UInt8) ENGINE URL('http://x')",
    "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = '/')",
    "CREATE DATABASE d ENGINE = Filesystem('/')",
    "CREATE FUNCTION f AS x -> x",
    "CREATE USER u",
    "CREATE DICTIONARY d (a UInt8)",
    "ALTER TABLE t ADD COLUMN b String DEFAULT file('/etc/passwd')",
    "ALTER TABLE t FREEZE",
    "ATTACH TABLE t FROM '/x'",
    "DETACH TABLE t",
    "SET max_threads = 1",
    "USE system",
    "SYSTEM SHUTDOWN",
    "SYSTEM RELOAD CONFIG",
    "BACKUP TABLE t TO File('x')",
    "GRANT ALL ON *.* TO u",
    "SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)",
  ];
  for (const sql of denied) assert.equal(refusal(sql), "ACCESS_DENIED", sql);
  assert.equal(refusal("SELECT * FROM default.`passwd`"), "UNKNOWN_DATABASE");
  assert.equal(refusal("SELECT 1; SELECT 2"), "SYNTAX_ERROR");
  assert.equal(refusal("INSERT INTO t SELECT 1; DROP TABLE t"), "SYNTAX_ERROR");
  assert.equal(
    refusal("SELECT 1 SETTINGS storage_file_read_method = 'mmap'"),
    "SETTING_CONSTRAINT_VIOLATION",
  );
});

test("what services need is allowed", () => {
  const allowed = [
    "SELECT 1;",
    "WITH 1 AS x SELECT x FROM numbers(10) LIMIT 5 SETTINGS max_threads = 1 FORMAT JSON",
    "SELECT 1 FORMAT JSON SETTINGS max_threads = 1",
    "(SELECT 1) UNION ALL (SELECT 2)",
    "SELECT 'file(x); DROP TABLE t' AS \"a.b\" -- ; file(",
    "CREATE TABLE IF NOT EXISTS d.t (a UInt64 DEFAULT 1) ENGINE = ReplacingMergeTree(a) ORDER BY a SETTINGS non_replicated_deduplication_window = 10",
    "CREATE MATERIALIZED VIEW v TO d.t AS SELECT 1 AS a",
    "ALTER TABLE t MODIFY TTL at + INTERVAL 1 DAY SETTINGS mutations_sync = 1",
    "ALTER TABLE t MODIFY SETTING parts_to_delay_insert = 10",
    "OPTIMIZE TABLE t FINAL",
    "SYSTEM STOP MERGES d.t",
    "KILL MUTATION WHERE 1",
    "INSERT INTO t SELECT * FROM s",
    "DESCRIBE TABLE t",
    "SHOW TABLES FROM default",
    "DELETE FROM t WHERE 1",
  ];
  for (const sql of allowed) assert.equal(refusal(sql), "allowed", sql);
});

test("the reader only reads, and GET changes nothing", () => {
  for (const sql of [
    "DROP TABLE t",
    "INSERT INTO t VALUES (1)",
    "KILL QUERY WHERE 1",
    "OPTIMIZE TABLE t",
  ]) {
    assert.equal(refusal(sql, { role: "reader" }), "READONLY", sql);
    assert.equal(refusal(sql, { isReadOnly: true }), "READONLY", sql);
  }
  assert.equal(refusal("SHOW TABLES", { role: "reader", isReadOnly: true }), "allowed");
});

test("settings go into the statement, its own weigh more, and limits have a cap", () => {
  const settings = new Map([
    ["max_threads", "4"],
    ["wait_end_of_query", "1"],
    ["max_execution_time", "0"],
  ]);
  const read = plan("SELECT 1 SETTINGS max_threads = 2, max_memory_usage = 5 FORMAT CSV", {
    settings,
  });
  assert.ok(read.kind === "read");
  assert.equal(read.format, "CSV");
  assert.equal(
    read.sql,
    "SELECT 1 SETTINGS max_threads = 2, max_execution_time = 10, max_memory_usage = 5, max_result_bytes = 100, max_result_rows = 2",
  );
  assert.doesNotMatch(read.streamSql ?? "", /max_result_bytes/);
  const hostile = new Map([["log_comment", "x', readonly = 0; DROP TABLE t; --"]]);
  const sql = readSql("SELECT 1", { settings: hostile });
  assert.equal([...tokenize(sql)].filter((token) => token.text === ";").length, 0);
});

test("an insert names a file, never data", () => {
  const insert = plan(
    "INSERT INTO d.t (a, b) SETTINGS insert_deduplication_token = 'x' FORMAT CSV\r\n1,2\n\nDROP TABLE d.t",
  );
  assert.ok(insert.kind === "insert");
  assert.equal(
    insert.sqlFor("/spool/1"),
    "INSERT INTO d.t (a, b) FROM INFILE '/spool/1' COMPRESSION 'none' SETTINGS insert_deduplication_token = 'x', max_execution_time = 10, max_memory_usage = 1000000 FORMAT CSV",
  );
  const streamed = plan("INSERT INTO t SELECT a + 1 FROM input('a UInt8') FORMAT RowBinary \n");
  assert.ok(streamed.kind === "insert");
  assert.match(
    streamed.sqlFor("/s"),
    /^INSERT INTO t SELECT a \+ 1 FROM file\('\/s', RowBinary, 'a UInt8', 'none'\) SETTINGS /,
  );
  const table = plan("INSERT INTO values FORMAT Values (1)");
  assert.ok(table.kind === "insert" && table.format === "Values");
  assert.match(table.sqlFor("/s"), /interpret_expressions = 0/);
});

test("a parameter stays a value whatever it holds, in every type", () => {
  const value = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", ""));
  const type = fc.constantFrom(
    "String",
    "UInt64",
    "Array(String)",
    "Identifier",
    "Nullable(String)",
  );
  fc.assert(
    fc.property(value, type, (text, typeName) => {
      fc.pre(!(typeName === "Identifier" && /[/\\]/.test(text)));
      const params = new Map([["x", text]]);
      const bound = plan(`SELECT {x:${typeName}} AS y`, { params });
      assert.ok(bound.kind === "read");
      const bytes = Buffer.from(bound.sql).toString("latin1");
      const shape = [...tokenize(bytes)].map((token) =>
        token.kind === "word" ? token.text : token.kind,
      );
      const plainParams = new Map([["x", "plain"]]);
      const plainSql = readSql(`SELECT {x:${typeName}} AS y`, { params: plainParams });
      const isNull = text === String.raw`\N` && typeName !== "String";
      if (isNull) return;
      const plainShape = [...tokenize(plainSql)].map((t) => (t.kind === "word" ? t.text : t.kind));
      assert.deepEqual(shape, plainShape);
    }),
    { seed: 11, numRuns: fuzzRuns(150) },
  );
});

test("a parameter that is a name is guarded like any other name", () => {
  const params = new Map([
    ["d", "default"],
    ["t", "/etc/passwd"],
    ["f", "file"],
  ]);
  assert.equal(refusal("SELECT * FROM {d:Identifier}.x", { params }), "UNKNOWN_DATABASE");
  assert.equal(refusal("SELECT * FROM {t:Identifier}", { params }), "ACCESS_DENIED");
  assert.equal(refusal("SELECT * FROM {f:Identifier}('x')", { params }), "ACCESS_DENIED");
});
