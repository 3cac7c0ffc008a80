import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "./log.ts";

test("a line is one JSON object with service, instance, level word and ISO time", () => {
  const lines: string[] = [];
  const log = createLog(
    { service: "ingest", instance: "ingest-2" },
    { write: (l) => lines.push(l) },
  );
  log.child({ component: "dedupe" }).warn({ partition: 3 }, "slow");
  log.debug("not written");
  assert.equal(lines.length, 1);
  const line = JSON.parse(lines[0] ?? "");
  const { time, ...rest } = line;
  assert.deepEqual(rest, {
    level: "warn",
    service: "ingest",
    instance: "ingest-2",
    component: "dedupe",
    partition: 3,
    msg: "slow",
  });
  assert.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test("secrets do not reach the log, at the top, one level down or in headers", () => {
  const lines: string[] = [];
  const log = createLog({ service: "api" }, { write: (l) => lines.push(l) });
  const headers = { authorization: "Bearer hunter2" };
  log.info(
    { token: "hunter2", source: { clientSecret: "hunter2" }, headers, req: { headers } },
    "x",
  );
  assert.doesNotMatch(lines[0] ?? "", /hunter2/);
  assert.match(lines[0] ?? "", /\[redacted\]/);
});
