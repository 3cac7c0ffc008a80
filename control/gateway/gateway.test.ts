import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as openRequest } from "node:http";
import type { IncomingMessage, RequestListener, Server } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { systemClock } from "@drover/core/service/clock";
import { createHealth } from "@drover/core/service/health";
import { createHttp } from "@drover/core/service/http";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { createCopies } from "./copies.ts";
import { createCourier } from "./courier.ts";
import { createGatewayEvents } from "./events.ts";
import { createGateway } from "./gateway.ts";
import { createRouter } from "./router.ts";
import type { Copy } from "./table.ts";

const version = { service: "gateway", version: "0", gitSha: "x", buildDate: "x" };

async function listen(
  t: TestContext,
  listener: RequestListener,
): Promise<Server & { port: number }> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return Object.assign(server, { port: address.port });
}

/** A copy that answers its name and what it got; ready unless told otherwise. */
async function startCopy(t: TestContext, name: string, listener?: RequestListener) {
  const seen: IncomingMessage[] = [];
  let isReady = true;
  const server = await listen(t, (request, response) => {
    if (request.url === "/readyz") {
      response.statusCode = isReady ? 200 : 503;
      response.end("{}");
      return;
    }
    seen.push(request);
    if (listener) {
      listener(request, response);
      return;
    }
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => response.end(`${name} ${request.method} ${request.url} ${body}`));
  });
  return {
    server,
    seen,
    copy: { instance: name, host: "127.0.0.1", port: server.port },
    setReady: (value: boolean) => {
      isReady = value;
    },
  };
}

async function startGateway(t: TestContext, services: Record<string, readonly Copy[]>) {
  const clock = systemClock;
  const log = silentLog;
  const metrics = createMetrics({ service: "gateway" });
  const health = createHealth({ clock });
  const copies = createCopies({ everyMs: 50, timeoutMs: 500 }, { clock, log });
  const events = createGatewayEvents({ log, metrics });
  const router = createRouter({ copies });
  const courier = createCourier({ answerMsMax: 500 }, { clock, copies, router, events });
  const own = createHttp({ version }, { clock, log, metrics, health });
  const config = { host: "127.0.0.1", port: 0, connectionsMax: 100 };
  const gateway = createGateway(config, { clock, courier, own });
  router.setTable({
    routes: [
      { path: "/v1/reports", methods: ["POST"], service: "ingest" },
      { path: "/*", service: "api" },
    ],
    upstreams: Object.entries(services).map(([service, list]) => ({ service, copies: [...list] })),
  });
  await copies.probeAll();
  const port = await gateway.listen();
  t.after(async () => {
    gateway.stopAccepting();
    await gateway.close();
  });
  return { gateway, copies, port, url: `http://127.0.0.1:${port}`, metrics };
}

test("requests go where the table says, with bodies, and the gateway answers for itself", async (t) => {
  const api = await startCopy(t, "api");
  const ingest = await startCopy(t, "ingest");
  const { url } = await startGateway(t, { api: [api.copy], ingest: [ingest.copy] });
  const posted = await fetch(`${url}/v1/reports?dryRun=true`, { method: "POST", body: "a report" });
  assert.equal(await posted.text(), "ingest POST /v1/reports?dryRun=true a report");
  assert.equal(await (await fetch(`${url}/v1/reports`)).text(), "api GET /v1/reports ");
  assert.equal((await fetch(`${url}/version`)).status, 200);
  const forwarded = ingest.seen[0]?.headers;
  assert.equal(forwarded?.["x-forwarded-for"], "127.0.0.1");
  assert.equal(forwarded?.["x-request-id"]?.length, 36);
});

test("what is the gateway's own reaches no copy, however it is spelt", async (t) => {
  const api = await startCopy(t, "api");
  const { port } = await startGateway(t, { api: [api.copy] });
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const asking = openRequest({ host: "127.0.0.1", port, path, headers, agent: false }).end();
    const [answer]: (IncomingMessage | undefined)[] = await once(asking, "response");
    answer?.resume();
    return answer?.statusCode;
  };
  for (const path of ["/metrics", "/metrics/", "/%6Detrics", "/metrics#x", "/health/?x=1"]) {
    await ask(path);
    assert.equal(api.seen.length, 0, path);
  }
  await assert.rejects(ask("/metrics", { connection: "upgrade", upgrade: "websocket" }));
  assert.equal(api.seen.length, 0);
  assert.equal(await ask("/%"), 200);
  assert.equal(api.seen.length, 1);
});

test("a request without a body goes on without one", async (t) => {
  const api = await startCopy(t, "api");
  const { port } = await startGateway(t, { api: [api.copy] });
  const asking = connect(port, "127.0.0.1");
  asking.write("POST /v1/x HTTP/1.1\r\nhost: drover\r\nconnection: close\r\n\r\n");
  for await (const _part of asking);
  assert.equal(api.seen[0]?.headers["content-length"], "0");
  assert.equal(api.seen[0]?.headers["transfer-encoding"], undefined);
});

test("headers about the connection and claims about the caller do not pass", async (t) => {
  const api = await startCopy(t, "api");
  const { port } = await startGateway(t, { api: [api.copy] });
  const headers = {
    connection: "close, x-secret",
    "x-secret": "1",
    "x-forwarded-for": "6.6.6.6",
    authorization: "Bearer t",
  };
  const asking = openRequest({ port, host: "127.0.0.1", headers }).end();
  await once(asking, "response");
  const seen = api.seen[0]?.headers;
  assert.equal(seen?.["x-secret"], undefined);
  assert.equal(seen?.["x-forwarded-for"], "127.0.0.1");
  assert.equal(seen?.authorization, "Bearer t");
});

test("a copy that is gone is passed over at once, for every method, and no request is lost", async (t) => {
  const alive = await startCopy(t, "alive");
  const gone = await startCopy(t, "gone");
  const { url, copies } = await startGateway(t, { api: [gone.copy, alive.copy] });
  gone.server.closeAllConnections();
  gone.server.close();
  await once(gone.server, "close");
  for (const method of ["GET", "POST", "GET", "PUT"]) {
    const answer = await fetch(url, { method, ...(method === "GET" ? {} : { body: "x" }) });
    assert.equal(answer.status, 200, method);
    assert.match(await answer.text(), /^alive/);
  }
  assert.equal(copies.healthOf("gone"), "unready");
});

test("a copy that wants no work gets none", async (t) => {
  const one = await startCopy(t, "one");
  const two = await startCopy(t, "two");
  const { url, copies } = await startGateway(t, { api: [one.copy, two.copy] });
  one.setReady(false);
  await copies.probeAll();
  for (let count = 0; count < 4; count += 1) {
    assert.match(await (await fetch(url)).text(), /^two/);
  }
  two.setReady(false);
  await copies.probeAll();
  const refused = await fetch(url);
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.equal(refused.headers.get("content-type"), "application/problem+json");
});

test("a broken answer is tried once more for GET and told as 502 for POST", async (t) => {
  const breaking = await startCopy(t, "breaking", (request) => request.socket.destroy());
  const good = await startCopy(t, "good");
  const { url } = await startGateway(t, { api: [breaking.copy, good.copy] });
  const answers = [await fetch(url), await fetch(url)];
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [200, 200],
  );
  const posts = await Promise.all(
    [1, 2].map(() => fetch(url, { method: "POST", body: "x" }).then((answer) => answer.status)),
  );
  assert.deepEqual(
    posts.toSorted((a, b) => a - b),
    [200, 502],
  );
});

test("a copy that takes too long is told as 504", async (t) => {
  const slow = await startCopy(t, "slow", () => {});
  const { url } = await startGateway(t, { api: [slow.copy] });
  const answer = await fetch(url);
  assert.equal(answer.status, 504);
  assert.match(JSON.stringify(await answer.json()), /urn:drover:problem:upstream-timeout/);
});

test("events of a stream pass one by one, longer than an answer may take to begin", async (t) => {
  const { promise: second, resolve: sendSecond } = Promise.withResolvers<void>();
  const api = await startCopy(t, "api", (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: one\n\n");
    void second.then(() => response.end("data: two\n\n"));
  });
  const { url } = await startGateway(t, { api: [api.copy] });
  const answer = await fetch(`${url}/v1/live`);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader?.read())?.value, "data: one\n\n");
  await systemClock.sleep(600);
  sendSecond();
  assert.equal((await reader?.read())?.value, "data: two\n\n");
});

test("a caller that leaves takes its request with it", async (t) => {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const api = await startCopy(t, "api", (_request, response) => {
    response.write("first");
    response.once("close", resolve);
  });
  const { url } = await startGateway(t, { api: [api.copy] });
  const leaving = new AbortController();
  const answer = await fetch(url, { signal: leaving.signal });
  assert.equal(answer.status, 200);
  leaving.abort();
  await gone;
});

test("a WebSocket handshake and its bytes pass both ways", { timeout: 5000 }, async (t) => {
  const api = await startCopy(t, "api");
  api.server.on("upgrade", (request, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n`,
    );
    socket.write(`for ${request.headers.host} `);
    socket.pipe(socket);
  });
  const { port, metrics } = await startGateway(t, { api: [api.copy] });
  const socket = connect(port, "127.0.0.1");
  socket.write(
    "GET /v1/live HTTP/1.1\r\nhost: drover\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\nhello",
  );
  let text = "";
  for await (const part of socket) {
    text += String(part);
    if (text.endsWith("hello")) break;
  }
  assert.match(text, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  assert.match(text, /for drover hello$/);
  while (!(await metrics.expose()).includes('outcome="switched"')) await systemClock.sleep(5);
});

test(
  "a refused handshake has its answer passed on, and is over when either side breaks off",
  { timeout: 5000 },
  async (t) => {
    let isBroken = false;
    const api = await startCopy(t, "api", (_request, response) => {
      response.writeHead(403, { "content-type": "text/plain" });
      response.write("no");
      // Without a length the answer is chunked; a broken one never ends.
      if (isBroken) response.socket?.destroySoon();
      else response.end();
    });
    const { port, metrics } = await startGateway(t, { api: [api.copy] });
    const ask = async () => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(
        "GET /v1/live HTTP/1.1\r\nhost: drover\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
      );
      let text = "";
      socket.on("data", (part: Buffer) => (text += part.toString()));
      await once(socket, "close");
      return text;
    };
    assert.match(await ask(), /^HTTP\/1\.1 403 Forbidden\r\n(?:.+\r\n)*\r\nno$/);
    isBroken = true;
    await ask();
    const refused = /upgrades_total\{.*outcome="refused".*\} 2/;
    while (!refused.test(await metrics.expose())) await systemClock.sleep(5);
  },
);

test("requests are counted by the copy that answered", async (t) => {
  const api = await startCopy(t, "api-1");
  const { url, metrics } = await startGateway(t, { api: [api.copy] });
  await (await fetch(url)).text();
  const lines = (await metrics.expose()).split("\n");
  const valueOf = (name: string) =>
    lines
      .find((line) => line.startsWith(name) && line.includes('copy="api-1"'))
      ?.split(" ")
      .at(-1);
  assert.equal(valueOf("drover_gateway_requests_total"), "1");
  assert.equal(valueOf("drover_gateway_request_seconds_count"), "1");
});

test("a stopping gateway ends what is under way and takes no more", async (t) => {
  const { promise: finish, resolve } = Promise.withResolvers<void>();
  const api = await startCopy(t, "api", (_request, response) => {
    void finish.then(() => response.end("done"));
  });
  const { url, gateway } = await startGateway(t, { api: [api.copy] });
  const under = fetch(url);
  while (api.seen.length === 0) await systemClock.sleep(5);
  gateway.stopAccepting();
  const drained = gateway.drain(2000);
  await assert.rejects(fetch(url));
  resolve();
  assert.equal(await (await under).text(), "done");
  await drained;
});
