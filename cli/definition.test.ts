import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { Context } from "./context.ts";
import { LOCAL_EDGE, loadPlatform } from "./definition.ts";

const rootDir = dirname(import.meta.dirname);
const context: Context = {
  rootDir,
  cwd: rootDir,
  env: {},
  print: () => {},
  note: () => {},
};
const nothing = { isDemo: true, port: undefined, sources: [], replicas: [] };

test("the root's own definition is right and brings a demo", async () => {
  const platform = await loadPlatform(context, undefined, nothing);
  assert.equal(platform.gateway.port, 8080);
  assert.ok(Object.keys(platform.demo?.edges ?? {}).length > 0);
});

test("the command line takes the demo away, moves the port, adds sources and copies", async () => {
  const platform = await loadPlatform(context, undefined, {
    isDemo: false,
    port: 9000,
    sources: ["sbs=127.0.0.1:30003"],
    replicas: [{ service: "ingest", count: 2 }],
  });
  assert.equal(platform.demo, undefined);
  assert.equal(platform.gateway.port, 9000);
  assert.deepEqual(platform.edges[LOCAL_EDGE]?.sources, ["sbs=127.0.0.1:30003"]);
  assert.equal(platform.services["ingest"]?.replicas, 2);
});

test("copies of a service that does not exist are a usage mistake that names the others", async () => {
  const replicas = [{ service: "ingst", count: 2 }];
  await assert.rejects(loadPlatform(context, undefined, { ...nothing, replicas }), {
    exitCode: 2,
    message: /ingst is none of ingest, /,
  });
});

test("a definition of one's own may be JSON, and its mistakes come with their paths", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "drover-cli-"));
  t.after(() => rm(dir, { recursive: true }));
  const file = join(dir, "farm.json");
  await writeFile(file, JSON.stringify({ name: "Farm", services: {} }));
  await assert.rejects(loadPlatform(context, file, nothing), {
    exitCode: 2,
    message: /farm\.json: the platform has \d+ mistake\(s\):\n {2}name: expected a-z/,
  });
  await assert.rejects(loadPlatform(context, join(dir, "none.json"), nothing), {
    exitCode: 2,
    message: /none\.json cannot be read/,
  });
});
