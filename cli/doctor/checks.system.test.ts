import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { checkPlatform } from "@drover/platform/check";
import type { PlatformInput } from "@drover/platform/definition";
import { runChecks } from "./checks.ts";

const rootDir = dirname(dirname(import.meta.dirname));
const entry = "control/gateway/main.ts";
const definition: PlatformInput = {
  name: "test",
  stream: { url: "sqlite:stream.db" },
  records: { url: "sqlite:records.db" },
  engines: {},
  services: { api: { entry } },
  edge: { entry },
  gateway: { entry, port: 0, routes: [{ path: "/*", service: "api" }] },
};

async function examine(t: TestContext, change: Partial<PlatformInput> = {}, prepare = mkdirs) {
  const dataDir = await mkdtemp(join(tmpdir(), "drover-doctor-"));
  t.after(() => rm(dataDir, { recursive: true }));
  await prepare(dataDir);
  const platform = checkPlatform({ ...definition, ...change });
  const findings = await runChecks({ platform, dataDir, rootDir });
  return new Map(findings.map((finding) => [finding.name, finding]));
}

async function mkdirs(dataDir: string): Promise<void> {
  await mkdir(join(dataDir, "secrets"), { mode: 0o700 });
}

test("a sound machine passes every check and no advice is given", async (t) => {
  for (const [name, finding] of await examine(t)) {
    assert.equal(finding.verdict, "pass", `${name}: ${finding.detail}`);
    assert.equal(finding.advice, undefined);
  }
});

test("a program that is missing, and a port that is taken, are said with what to do", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const { port } = address;
  const findings = await examine(t, {
    services: { api: { entry: "services/nobody/main.ts" } },
    gateway: { ...definition.gateway, port },
  });
  const entries = findings.get("entries");
  assert.equal(entries?.verdict, "fail");
  assert.match(entries.detail, /missing: services\/nobody\/main\.ts/);
  assert.equal(findings.get("port")?.advice, "choose one with --port N");
});

test(
  "secrets that others can read are a failure",
  { skip: process.platform === "win32" && "no modes here" },
  async (t) => {
    const findings = await examine(t, {}, async (dataDir) => {
      await mkdirs(dataDir);
      await chmod(join(dataDir, "secrets"), 0o755);
    });
    assert.match(findings.get("folder")?.advice ?? "", /^chmod 700 /);
  },
);
