import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { openRecords } from "@drover/core/records/open";
import { createTokens } from "@drover/core/records/tokens";
import { systemClock } from "@drover/core/service/clock";
import { checkPlatform } from "@drover/platform/check";
import { prepareAccess } from "./access.ts";
import { createSecrets } from "./secrets.ts";

const entry = "services/edge/main.ts";
const platform = checkPlatform({
  name: "test",
  stream: { url: "sqlite:stream" },
  records: { url: "sqlite:records.db" },
  engines: {
    clickhouse: { kind: "embedded", provides: "history", entry },
    broker: { kind: "remote", provides: "mqtt", url: "mqtt://b", passwordEnv: "BROKER_PASSWORD" },
  },
  services: { api: { entry } },
  edge: { entry },
  edges: { barn: { sources: ["sim"] } },
  gateway: { entry, routes: [{ path: "/*", service: "api" }] },
});

async function setUp(t: TestContext) {
  const dataDir = await mkdtemp(join(tmpdir(), "drover-access-"));
  t.after(() => rm(dataDir, { recursive: true }));
  const deps = { clock: systemClock, secrets: createSecrets(dataDir) };
  const prepare = () =>
    prepareAccess(platform, { dataDir, hostEnv: { BROKER_PASSWORD: "from outside" } }, deps);
  const withTokens = async <T>(use: (tokens: ReturnType<typeof createTokens>) => Promise<T>) => {
    await using records = await openRecords({ url: `sqlite:${dataDir}/records.db` }, deps);
    return await use(createTokens({ records, ...deps }));
  };
  return { dataDir, prepare, withTokens };
}

test("the first start makes what is needed and later ones keep it", async (t) => {
  const { dataDir, prepare, withTokens } = await setUp(t);
  const first = await prepare();
  assert.equal(first.isNew, true);
  assert.match(first.adminToken ?? "", /^drv_admin_/);
  assert.match(first.edgeTokens.get("barn") ?? "", /^drv_edge_/);
  assert.equal(first.passwords.get("clickhouse")?.length, 32);
  assert.equal(first.passwords.get("broker"), "from outside");
  assert.deepEqual(await prepare(), { ...first, isNew: false });
  assert.equal((await withTokens((tokens) => tokens.list())).length, 2);
  if (process.platform !== "win32") {
    assert.equal((await stat(join(dataDir, "secrets", "admin.token"))).mode & 0o077, 0);
    assert.equal((await stat(join(dataDir, "secrets"))).mode & 0o077, 0);
  }
});

test("an edge's token that was revoked is made anew, for that edge alone", async (t) => {
  const { prepare, withTokens } = await setUp(t);
  const first = await prepare();
  await withTokens(async (tokens) => {
    const edge = (await tokens.list()).find((token) => token.role === "edge");
    assert.equal(edge?.edge, "barn");
    assert.ok(await tokens.revoke(edge.id));
  });
  const second = await prepare();
  assert.notEqual(second.edgeTokens.get("barn"), first.edgeTokens.get("barn"));
});

test("an admin who revokes the first token and has another is not given one more", async (t) => {
  const { prepare, withTokens } = await setUp(t);
  await prepare();
  await withTokens(async (tokens) => {
    const [first] = (await tokens.list()).filter((token) => token.role === "admin");
    await tokens.create({ role: "admin", label: "mine" });
    assert.ok(first && (await tokens.revoke(first.id)));
  });
  assert.equal((await prepare()).adminToken, undefined);
});
