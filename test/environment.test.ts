// The contract between the halves: what the definition gives a process is what the process takes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { clickhouseEnv } from "@drover/control/engines/clickhouse/config";
import { fleetEnv } from "@drover/control/engines/fleet/config";
import { brokerEnv } from "@drover/control/engines/mqtt/config";
import { gatewayEnv } from "@drover/control/gateway/config";
import { parseEnv } from "@drover/core/service/env";
import type { EnvDeclaration } from "@drover/core/service/env";
import { checkPlatform } from "@drover/platform/check";
import { planProcesses } from "@drover/platform/plan";
import { apiEnv } from "@drover/api/config";
import { edgeEnv } from "@drover/edge/config";
import { ingestEnv } from "@drover/ingest/config";
import { processorEnv } from "@drover/processor/config";
import definition from "../drover.config.ts";

const declarations: Readonly<Record<string, EnvDeclaration>> = {
  "control/engines/clickhouse/main.ts": clickhouseEnv,
  "control/engines/fleet/main.ts": fleetEnv,
  "control/engines/mqtt/main.ts": brokerEnv,
  "control/gateway/main.ts": gatewayEnv,
  "services/api/main.ts": apiEnv,
  "services/edge/main.ts": edgeEnv,
  "services/ingest/main.ts": ingestEnv,
  "services/processor/main.ts": processorEnv,
};

const platform = checkPlatform(definition);
const names: string[] = [];
const processes = planProcesses(platform, {
  dataDir: "/data",
  gatewayHost: "127.0.0.1",
  gatewayPort: 8080,
  portOf(name) {
    if (!names.includes(name)) names.push(name);
    return 20_000 + names.indexOf(name);
  },
  passwordOf: () => "a password of an engine",
  edgeTokenOf: () => "a token of an edge",
  routesFile: "/data/run/routes.json",
  logLevel: "info",
  probeMs: 500,
  gitSha: "0123456789abcdef",
  buildDate: "2026-01-01T00:00:00Z",
  parentPid: process.pid,
});

for (const plan of processes) {
  test(`the environment of ${plan.instance} parses with its own schema`, () => {
    const declaration = declarations[plan.entry];
    assert.ok(declaration, `${plan.entry} has no declaration in this test`);
    assert.doesNotThrow(() => parseEnv(declaration, plan.env));
  });

  test(`${plan.instance} is given nothing that it does not read`, () => {
    const known = new Set(Object.values(declarations[plan.entry] ?? {}).map(({ name }) => name));
    // The engine's threads are the runtime's to read, not its own.
    known.add("UV_THREADPOOL_SIZE").add("DROVER_HTTP_PORT");
    const unread = Object.keys(plan.env).filter((name) => !known.has(name));
    assert.deepEqual(unread, []);
  });
}

test("every process of the definition has its program", () => {
  for (const plan of processes) {
    assert.ok(readFileSync(join(import.meta.dirname, "..", plan.entry)).length > 0, plan.entry);
  }
});
