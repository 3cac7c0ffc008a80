import assert from "node:assert/strict";
import { test } from "node:test";
import { PlatformError, checkPlatform } from "./check.ts";
import type { PlatformInput } from "./definition.ts";

const good: PlatformInput = {
  name: "farm",
  stream: { url: "sqlite:stream.db" },
  records: { url: "postgres://db/drover" },
  engines: {
    store: {
      kind: "remote",
      provides: "history",
      url: "http://ch:8123",
      passwordEnv: "CH_PASSWORD",
    },
  },
  services: {
    ingest: { entry: "services/ingest/main.ts", uses: ["stream"] },
    api: { entry: "services/api/main.ts", after: ["ingest"], uses: ["history"] },
  },
  edge: { entry: "services/edge/main.ts" },
  gateway: {
    entry: "control/gateway/main.ts",
    routes: [
      { path: "/v1/reports", methods: ["POST"], service: "ingest" },
      { path: "/*", service: "api" },
    ],
  },
};

function mistakesOf(value: unknown): readonly string[] {
  try {
    checkPlatform(value);
    return [];
  } catch (error) {
    assert.ok(error instanceof PlatformError);
    return error.mistakes.map(({ path, message }) => `${path}: ${message}`);
  }
}

test("a good definition gets its defaults", () => {
  const platform = checkPlatform(good);
  assert.equal(platform.gateway.port, 8080);
  assert.equal(platform.services["ingest"]?.replicas, 1);
  assert.deepEqual(platform.services["ingest"]?.after, []);
});

test("every mistake of shape is reported with its path", () => {
  const mistakes = mistakesOf({
    ...good,
    services: {
      ingest: { entry: "../escape.ts", replicas: 0 },
      Api: { entry: "services/api/main.ts" },
    },
    gateway: { ...good.gateway, prt: 1 },
  });
  assert.equal(mistakes.length, 4);
  assert.match(mistakes.join("\n"), /services\.ingest\.entry: expected a \.ts file by its path/);
  assert.match(mistakes.join("\n"), /services\.ingest\.replicas: Too small/);
  assert.match(mistakes.join("\n"), /services\.Api: /);
  assert.match(mistakes.join("\n"), /gateway: Unrecognized key: "prt"/);
});

test("every reference that leads nowhere is reported with its path", () => {
  const mistakes = mistakesOf({
    ...good,
    services: {
      ingest: { entry: "services/ingest/main.ts", after: ["api", "nobody"], uses: ["mqtt"] },
      api: { entry: "services/api/main.ts", after: ["ingest"] },
    },
    demo: { services: { store: { entry: "services/edge/main.ts" } } },
    gateway: {
      ...good.gateway,
      routes: [
        { path: "/*", service: "api" },
        { path: "/*", service: "console" },
      ],
    },
  });
  assert.deepEqual(mistakes, [
    "demo.services.store: the name store is taken by engines.store",
    "services.ingest.after.1: there is no nobody",
    "services.ingest.uses.0: no engine provides mqtt",
    ": they wait for each other: ingest → api → ingest",
    "gateway.routes.1.service: there is no service console",
    "gateway.routes.1: never reached: an earlier route takes it all",
  ]);
});

test("a source at an engine that does not exist is refused", () => {
  const edges = {
    barn: { sources: [{ kind: "mqtt", url: "engine:broker" }, "sim", "mqtt=engine:x"] },
  };
  assert.deepEqual(mistakesOf({ ...good, edges }), [
    "edges.barn.sources.0: there is no engine broker",
    "edges.barn.sources.2: there is no engine x",
  ]);
});

test("two listeners on one port are refused", () => {
  const engine = {
    kind: "embedded",
    provides: "mqtt",
    entry: "control/engines/mqtt/main.ts",
    port: 8080,
  } as const;
  assert.deepEqual(mistakesOf({ ...good, engines: { ...good.engines, broker: engine } }), [
    "engines.broker.port: 8080 is taken by gateway",
  ]);
});
