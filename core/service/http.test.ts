import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { z } from "zod";
import { systemClock } from "./clock.ts";
import { createHealth } from "./health.ts";
import { createHttp } from "./http.ts";
import { createLog, silentLog } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { tooManyRequests } from "./problem.ts";

const version = { service: "t", version: "1.2.3", gitSha: "abc", buildDate: "2026-01-01" };

function createApp(log = silentLog) {
  const health = createHealth({ clock: systemClock });
  const metrics = createMetrics({ service: "t" });
  const verifier = {
    verify: async (token: string) =>
      token === "t-viewer" ? { tokenId: "7", role: "viewer" as const } : undefined,
  };
  const app = createHttp(
    { version, bodyBytesMax: 100 },
    { clock: systemClock, log, health, metrics, verifier },
  );
  app.get("/assets/:asset", { config: { access: "viewer" } }, (request) => ({
    asset: request.params,
    by: request.principal?.tokenId,
  }));
  const Query = z.strictObject({ points: z.coerce.number().int().max(1000) });
  app.get(
    "/tracks",
    { config: { access: "public" }, schema: { querystring: Query } },
    (request) => ({ points: request.query.points + 0 }),
  );
  app.post("/tasks", { config: { access: "public" } }, (request) => ({ got: request.body }));
  app.get("/busy", { config: { access: "public" } }, () => {
    throw tooManyRequests("over 5 a second", 1500);
  });
  app.get("/bug", { config: { access: "public" } }, () => {
    throw new Error("secret detail");
  });
  app.get("/live", { config: { access: "viewer", allowsQueryToken: true } }, () => "ok");
  return { app, health, metrics };
}

test("every error is a problem with a status, a code and the request's id", async () => {
  await using app = createApp().app;
  const json = { "content-type": "application/json" };
  const table = [
    ["GET", "/nowhere", {}, undefined, 404, "not-found"],
    ["DELETE", "/tasks", {}, undefined, 405, "method-not-allowed"],
    ["PUT", "/assets/a:1", {}, undefined, 405, "method-not-allowed"],
    ["POST", "/tasks", json, "{nope", 400, "bad-request"],
    ["POST", "/tasks", json, JSON.stringify("x".repeat(200)), 413, "body-too-large"],
    ["POST", "/tasks", { "content-type": "text/csv" }, "a,b", 415, "unsupported-media-type"],
    ["GET", "/assets/a:1", {}, undefined, 401, "unauthorized"],
    ["GET", "/bug", {}, undefined, 500, "internal"],
    ["GET", "/busy", {}, undefined, 429, "too-many-requests"],
    ["GET", "/%zz", {}, undefined, 400, "bad-request"],
    ["GET", "/live?access_token=wrong", {}, undefined, 401, "unauthorized"],
  ] as const;
  for (const [method, url, headers, payload, status, code] of table) {
    const answer = await app.inject({ method, url, headers, ...(payload ? { payload } : {}) });
    const what = `${method} ${url}: ${answer.body}`;
    assert.equal(answer.statusCode, status, what);
    assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/, what);
    const problem = answer.json();
    assert.equal(problem.type, `urn:drover:problem:${code}`, what);
    assert.equal(problem.status, status);
    assert.equal(problem.instance, `urn:drover:request:${String(answer.headers["x-request-id"])}`);
    assert.equal(answer.headers["x-content-type-options"], "nosniff", what);
    assert.doesNotMatch(answer.body, /secret detail/);
  }
});

test("a refused method names the allowed ones and a busy answer says when to return", async () => {
  await using app = createApp().app;
  assert.equal((await app.inject({ method: "DELETE", url: "/tasks" })).headers.allow, "POST");
  assert.equal((await app.inject("/busy")).headers["retry-after"], "2");
});

test("a wrong field is named with its limit, and handlers get parsed values", async () => {
  await using app = createApp().app;
  const wrong = await app.inject("/tracks?points=5000");
  assert.equal(wrong.statusCode, 400);
  assert.deepEqual(wrong.json().errors, [
    { field: "points", detail: "Too big: expected number to be <=1000" },
  ]);
  assert.deepEqual((await app.inject("/tracks?points=50")).json(), { points: 50 });
});

test("a token opens what its role allows, in the header or where allowed in the query", async () => {
  await using app = createApp().app;
  const headers = { authorization: "Bearer t-viewer" };
  const answer = await app.inject({ url: "/assets/a:1", headers });
  assert.deepEqual(answer.json(), { asset: { asset: "a:1" }, by: "7" });
  assert.equal((await app.inject("/live?access_token=t-viewer")).statusCode, 200);
  assert.equal((await app.inject("/assets/a:1?access_token=t-viewer")).statusCode, 401);
});

test("a route that does not say who may call is refused at start", () => {
  const { app } = createApp();
  assert.throws(() => app.get("/open", () => "oops"), /config.access is missing/);
});

test("metrics and health want a token from elsewhere, liveness and readiness none", async () => {
  const { app, health } = createApp();
  health.setReady(true, "serving");
  const ask = async (url: string, token?: string) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { "x-forwarded-for": "203.0.113.9", ...authorization };
    return (await app.inject({ url, headers })).statusCode;
  };
  for (const url of ["/healthz", "/livez", "/readyz", "/version"])
    assert.equal(await ask(url), 200);
  for (const url of ["/metrics", "/health"]) {
    assert.equal(await ask(url), 401, url);
    assert.equal(await ask(url, "nobody"), 401, url);
    assert.equal(await ask(url, "t-viewer"), 200, url);
    assert.equal((await app.inject(url)).statusCode, 200, `${url} on this machine`);
  }
});

test("health routes answer by kind and the version is told", async () => {
  const { app, health } = createApp();
  await using _ = app;
  assert.equal((await app.inject("/livez")).statusCode, 200);
  assert.equal((await app.inject("/healthz")).statusCode, 200);
  assert.equal((await app.inject("/readyz")).statusCode, 503);
  health.setReady(true, "serving");
  assert.equal((await app.inject("/readyz")).json().status, "pass");
  assert.equal((await app.inject("/health")).statusCode, 200);
  assert.deepEqual((await app.inject("/version")).json(), { ...version, node: process.version });
});

test("requests are counted by route pattern, never by address", async () => {
  await using app = createApp().app;
  const headers = { authorization: "Bearer t-viewer" };
  for (const asset of ["a:1", "a:2"]) await app.inject({ url: `/assets/${asset}`, headers });
  await app.inject("/nowhere/else");
  const text = (await app.inject("/metrics")).body;
  assert.match(
    text,
    /drover_http_requests_total{method="GET",route="\/assets\/:asset",status="200",service="t"} 2/,
  );
  assert.match(text, /route="none",status="404"/);
  assert.match(text, /drover_http_request_seconds_bucket{le="0.5"/);
  assert.doesNotMatch(text, /a:1/);
});

test("the access log is at debug and shows no query", async () => {
  const lines: string[] = [];
  const log = createLog({ service: "t", level: "debug" }, { write: (line) => lines.push(line) });
  await using app = createApp(log).app;
  await app.inject("/live?access_token=t-viewer");
  const line = lines.find((text) => text.includes('"path":"/live"'));
  assert.ok(line);
  assert.doesNotMatch(lines.join(""), /t-viewer/);
});

test("bytes that are not HTTP end the connection, not the process", async () => {
  await using app = createApp().app;
  await app.listen({ port: 0, host: "127.0.0.1" });
  const address = app.server.address();
  assert.ok(address !== null && typeof address === "object");
  const socket = connect(address.port, "127.0.0.1");
  socket.end("\u0016\u0003\u0001 nonsense\r\n\r\n");
  socket.resume();
  await once(socket, "close");
  assert.equal((await fetch(`http://127.0.0.1:${address.port}/livez`)).status, 200);
});

test("a request that is being answered does not keep a closing server open", async () => {
  const { app } = createApp();
  const { promise: answered, resolve: answer } = Promise.withResolvers<string>();
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  app.get("/slow", { config: { access: "public" } }, () => {
    arrive();
    return answered;
  });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const asked = fetch(`${url}/slow`);
  await arrived;
  const closed = app.close();
  // The next turn finds the server closing and the request not answered yet.
  await new Promise((resolve) => setImmediate(resolve));
  answer("done");
  const response = await asked;
  assert.equal(response.headers.get("connection"), "close");
  assert.equal(await response.text(), "done");
  await closed;
});
