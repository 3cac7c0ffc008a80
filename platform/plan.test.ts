import assert from "node:assert/strict";
import { test } from "node:test";
import { checkPlatform } from "./check.ts";
import { gatewayTable, planProcesses } from "./plan.ts";
import type { Placement } from "./plan.ts";

const platform = checkPlatform({
  name: "farm",
  stream: { url: "sqlite:stream/stream.db" },
  records: { url: "postgres://db/drover" },
  engines: {
    clickhouse: {
      kind: "embedded",
      provides: "history",
      entry: "control/engines/clickhouse/main.ts",
    },
    broker: { kind: "remote", provides: "mqtt", url: "mqtt://broker:1883" },
  },
  services: {
    ingest: { entry: "services/ingest/main.ts", uses: ["stream", "records"], replicas: 2 },
    api: { entry: "services/api/main.ts", uses: ["history"], env: { DROVER_EXTRA: "1" } },
  },
  edge: { entry: "services/edge/main.ts" },
  edges: {
    barn: {
      sources: [
        { kind: "sim", flights: 3 },
        { kind: "mqtt", url: "engine:broker" },
        "mqtt=engine:broker?org=a",
      ],
      uses: ["state"],
    },
  },
  gateway: {
    entry: "control/gateway/main.ts",
    routes: [
      { path: "/v1/reports", methods: ["POST"], service: "ingest" },
      { path: "/*", service: "api" },
    ],
  },
});

const ports = new Map<string, number>();
const placement: Placement = {
  dataDir: "/data",
  gatewayHost: "0.0.0.0",
  gatewayPort: 8080,
  portOf(instance) {
    const port = ports.get(instance) ?? 20_000 + ports.size;
    ports.set(instance, port);
    return port;
  },
  passwordOf: (engine) => `password-of-${engine}`,
  edgeTokenOf: (edge) => `token-of-${edge}`,
  routesFile: "/data/run/routes.json",
  logLevel: "info",
  probeMs: 250,
  gitSha: "abc",
  buildDate: "2026-01-01",
  parentPid: 42,
};

const processes = planProcesses(platform, placement);
const find = (instance: string) => {
  const process = processes.find((plan) => plan.instance === instance);
  assert.ok(process, instance);
  return process;
};

test("replicas are numbered and have ports of their own", () => {
  const instances = processes.map(({ instance }) => instance);
  assert.deepEqual(instances, ["clickhouse", "ingest-1", "ingest-2", "api", "barn", "gateway"]);
  assert.notEqual(find("ingest-1").port, find("ingest-2").port);
});

test("a process gets the addresses of what it uses and no other secret", () => {
  const { env } = find("ingest-1");
  assert.equal(env["DROVER_STREAM_URL"], "sqlite:/data/stream/stream.db");
  assert.equal(env["DROVER_RECORDS_URL"], "postgres://db/drover");
  assert.equal(env["DROVER_CLICKHOUSE_PASSWORD"], undefined);
  assert.equal(env["DROVER_TOKEN"], undefined);
  const api = find("api");
  assert.equal(api.env["DROVER_CLICKHOUSE_URL"], `http://127.0.0.1:${find("clickhouse").port}`);
  assert.equal(api.env["DROVER_CLICKHOUSE_PASSWORD"], "password-of-clickhouse");
  assert.equal(api.env["DROVER_EXTRA"], "1");
});

test("an edge ends before the gateway and reports through it on loopback", () => {
  const barn = find("barn");
  assert.deepEqual([barn.after, barn.endsBefore], [[], ["gateway"]]);
  assert.equal(barn.env["DROVER_REGIONS"], "local=http://127.0.0.1:8080");
  assert.equal(barn.env["DROVER_TOKEN"], "token-of-barn");
  assert.equal(barn.env["DROVER_STATE_DIR"], "/data/state/barn");
  assert.deepEqual(JSON.parse(barn.env["DROVER_SOURCES"] ?? ""), [
    { kind: "sim", flights: 3 },
    { kind: "mqtt", url: "mqtt://broker:1883" },
    "mqtt=mqtt://broker:1883?org=a",
  ]);
});

test("the gateway's table has each routed service's copies", () => {
  const { upstreams } = gatewayTable(platform, processes);
  assert.deepEqual(
    upstreams.map(({ service, copies }) => [service, copies.map((copy) => copy.instance)]),
    [
      ["ingest", ["ingest-1", "ingest-2"]],
      ["api", ["api"]],
    ],
  );
});
