import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { matchRoute, watchTable } from "./table.ts";
import type { GatewayTable } from "./table.ts";

const table: GatewayTable = {
  routes: [
    { path: "/v1/reports", methods: ["POST"], service: "ingest" },
    { path: "/v1/quarantine/*", methods: ["POST"], service: "ingest" },
    { path: "/*", service: "api" },
  ],
  upstreams: [],
};

test("the first route that takes the method and the path is taken", () => {
  const cases: [string, string, string | undefined][] = [
    ["POST", "/v1/reports", "ingest"],
    ["GET", "/v1/reports", "api"],
    ["POST", "/v1/reports/x", "api"],
    ["POST", "/v1/quarantine/5/readmit", "ingest"],
    ["GET", "/v1/quarantine/5", "api"],
    ["GET", "/", "api"],
  ];
  for (const [method, path, service] of cases) {
    assert.equal(matchRoute(table, { method, path })?.service, service, `${method} ${path}`);
  }
  assert.equal(matchRoute({ ...table, routes: [] }, { method: "GET", path: "/" }), undefined);
});

test("a table that changes is read again and a broken one is left out", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "drover-table-"));
  t.after(() => rm(dir, { recursive: true }));
  const file = join(dir, "routes.json");
  await writeFile(file, JSON.stringify(table));
  const stopping = new AbortController();
  const changes: number[] = [];
  const changed = Promise.withResolvers<void>();
  const deps = {
    clock: systemClock,
    log: silentLog,
    onChange(next: GatewayTable) {
      changes.push(next.routes.length);
      changed.resolve();
    },
  };
  const watching = watchTable({ file, everyMs: 5 }, deps, stopping.signal);
  await systemClock.sleep(20);
  await writeFile(file, "{broken");
  await systemClock.sleep(20);
  await writeFile(file, JSON.stringify({ ...table, routes: table.routes.slice(2) }));
  await changed.promise;
  stopping.abort();
  await watching;
  assert.deepEqual(changes, [1]);
});
