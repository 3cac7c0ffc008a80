import assert from "node:assert/strict";
import { test } from "node:test";
import { formatLine } from "./log-line.ts";
import { readPort, readReplicas, readSource } from "./options.ts";
import { sumOf } from "./running.ts";
import { formatBytes, formatDuration, formatTable } from "./table.ts";

test("a log line is told in words and anything else stays as it is", () => {
  const line = {
    level: "warn",
    time: "2026-01-02T03:04:05.678Z",
    service: "api",
    msg: "slow",
    ms: 12,
    err: { type: "Error", message: "refused" },
  };
  assert.equal(formatLine(JSON.stringify(line)), "03:04:05.678 WARN  slow ms=12 refused");
  assert.equal(formatLine("    at stack (file.ts:1)"), "    at stack (file.ts:1)");
  assert.equal(formatLine("{not json"), "{not json");
});

test("a metric is summed over its series and not mixed with its neighbours", () => {
  const text = 'a_total{x="1"} 2\na_total{x="2"} 3\na_total_more 9\n# HELP a_total x\nb 1.5\n';
  assert.equal(sumOf(text, "a_total"), 5);
  assert.equal(sumOf(text, "b"), 1.5);
  assert.equal(sumOf(text, "c"), undefined);
});

test("option values are read or refused with what was expected", () => {
  assert.equal(readPort("0"), 0);
  assert.throws(() => readPort("65536"), /from 0 to 65535/);
  assert.throws(() => readPort("1e3"), /from 0 to 65535/);
  assert.deepEqual(readReplicas("api=2", readReplicas("ingest=16")), [
    { service: "ingest", count: 16 },
    { service: "api", count: 2 },
  ]);
  assert.throws(() => readReplicas("ingest=0"), /SERVICE=N/);
  assert.deepEqual(readSource("sbs=127.0.0.1:30003", ["sim"]), ["sim", "sbs=127.0.0.1:30003"]);
  assert.throws(() => readSource("=x"), /KIND=/);
});

test("sizes, times and tables are told for people", () => {
  assert.equal(formatBytes(999), "999 B");
  assert.equal(formatBytes(1_540_000), "1.5 MB");
  assert.equal(formatDuration(90_000), "90 s");
  assert.equal(formatDuration(3 * 3_600_000 + 60_000), "3 h 1 min");
  assert.equal(formatDuration(50 * 3_600_000), "2 d 2 h");
  assert.equal(
    formatTable([
      ["a", "bb"],
      ["ccc", "d"],
    ]),
    "a    bb\nccc  d",
  );
});
