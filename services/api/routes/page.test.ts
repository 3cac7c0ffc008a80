import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { systemClock } from "@drover/core/service/clock";
import { createHealth } from "@drover/core/service/health";
import { createHttp } from "@drover/core/service/http";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { registerPage } from "./page.ts";

const version = { service: "api", version: "0", gitSha: "unknown", buildDate: "unknown" };

async function pageOver(files: Readonly<Record<string, string | Buffer>>) {
  const folder = await mkdtemp(join(tmpdir(), "drover-page-"));
  await mkdir(join(folder, "assets"));
  for (const [name, body] of Object.entries(files)) await writeFile(join(folder, name), body);
  const app = createHttp(
    { version },
    {
      clock: systemClock,
      log: silentLog,
      health: createHealth({ clock: systemClock }),
      metrics: createMetrics({ service: "api" }),
    },
  );
  await registerPage(app, { folder, tileOrigins: ["https://tiles.example.org"] });
  return {
    folder,
    get: (url: string, headers: Record<string, string> = {}) =>
      app.inject({ method: "GET", url, headers }),
    async [Symbol.asyncDispose]() {
      await app.close();
      await rm(folder, { recursive: true });
    },
  };
}

const script = "console.log('here')".repeat(100);
const built = {
  "index.html": "<!doctype html><title>Drover</title>",
  "assets/index-A1.js": script,
  "assets/index-A1.js.br": brotliCompressSync(script),
  "secret.txt": "not in assets",
};

test("the page may load and ask here alone, and at the tiles' origins", async () => {
  await using page = await pageOver(built);
  const { headers, statusCode, body } = await page.get("/");
  assert.equal(statusCode, 200);
  assert.match(body, /Drover/);
  assert.equal(headers["cache-control"], "no-cache");
  const policy = String(headers["content-security-policy"]);
  assert.match(policy, /^default-src 'none'; script-src 'self';/);
  assert.match(policy, /connect-src 'self' https:\/\/tiles\.example\.org;/);
  assert.doesNotMatch(policy, /unsafe|blob:|data:|\*/);
});

test("a file is kept for ever under its hash, and compressed for who takes that", async () => {
  await using page = await pageOver(built);
  const plain = await page.get("/assets/index-A1.js");
  assert.equal(plain.body, script);
  assert.equal(plain.headers["content-encoding"], undefined);
  assert.match(String(plain.headers["cache-control"]), /immutable/);
  assert.match(String(plain.headers["content-type"]), /^text\/javascript/);
  const small = await page.get("/assets/index-A1.js", { "accept-encoding": "gzip, br" });
  assert.equal(small.headers["content-encoding"], "br");
  assert.equal(brotliDecompressSync(small.rawPayload).toString(), script);
});

test("nothing but the list is served", async () => {
  await using page = await pageOver(built);
  for (const path of [
    "/assets/other.js",
    "/assets/..%2Fsecret.txt",
    "/assets/..%2Findex.html",
    "/assets/index-A1.js.br",
    "/secret.txt",
  ]) {
    assert.equal((await page.get(path)).statusCode, 404, path);
  }
});

test("what is built again is served without a restart", async () => {
  await using page = await pageOver(built);
  await rm(join(page.folder, "index.html"));
  assert.match((await page.get("/")).body, /Drover/);
  await writeFile(join(page.folder, "assets/index-B2.js"), "console.log('anew')");
  await writeFile(join(page.folder, "index.html"), "<!doctype html><title>Anew</title>");
  assert.match((await page.get("/")).body, /Anew/);
  assert.equal((await page.get("/assets/index-B2.js")).body, "console.log('anew')");
});

test("a file of an older build is gone, not an error", async () => {
  await using page = await pageOver(built);
  await rm(join(page.folder, "assets/index-A1.js"));
  assert.equal((await page.get("/assets/index-A1.js")).statusCode, 404);
});

test("where the console is not built the plain page stands in and says what to do", async () => {
  await using page = await pageOver({});
  const { statusCode, body } = await page.get("/");
  assert.equal(statusCode, 200);
  assert.match(body, /npm run build/);
  assert.equal((await page.get("/page/page.js")).statusCode, 200);
});
