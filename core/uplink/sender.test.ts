import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { test } from "node:test";
import { zstdDecompressSync, gunzipSync } from "node:zlib";
import { systemClock } from "../service/clock.ts";
import { createSender, type SenderConfig } from "./sender.ts";
import { batchOf } from "./testing.ts";

type Handler = (request: IncomingMessage, body: Buffer, response: ServerResponse) => void;

async function serve(handler: Handler) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => handler(request, Buffer.concat(chunks), response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return {
    url: `http://127.0.0.1:${address.port}`,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function senderTo(url: string, config: Partial<SenderConfig> = {}) {
  const base = {
    url,
    token: "secret",
    compression: "none",
    timeoutMs: 2_000,
    connections: 4,
  } as const;
  return createSender({ ...base, ...config }, { clock: systemClock });
}

const answer = (accepted: number) =>
  JSON.stringify({ accepted, duplicates: 0, quarantined: [], through: accepted });

test("a request carries the contract's headers and the lines as they are", async () => {
  const seen: { headers: IncomingMessage["headers"]; url: string | undefined; body: string }[] = [];
  await using region = await serve(({ headers, url }, body, response) => {
    seen.push({ headers, url, body: body.toString("utf8") });
    response.end(answer(2));
  });
  using sender = senderTo(`${region.url}/base/`);
  const result = await sender.send(batchOf([4, 5]));
  assert.equal(result.kind, "acknowledged");
  const [request] = seen;
  assert.equal(request?.url, "/base/v1/reports");
  assert.equal(request.body, '{"seq":4}\n{"seq":5}\n');
  assert.equal(request.headers.authorization, "Bearer secret");
  assert.equal(request.headers["content-type"], "application/x-ndjson");
  assert.equal(request.headers["drover-edge"], "edge-test");
  assert.equal(request.headers["drover-epoch"], "1");
  assert.equal(request.headers["drover-lane"], "live");
  assert.ok(Math.abs(Number(request.headers["drover-sent-at"]) - Date.now()) < 60_000);
});

test("what the edge says of itself goes with a request when there is something to say", async () => {
  const seen: unknown[] = [];
  await using region = await serve(({ headers }, body, response) => {
    seen.push([headers["drover-link"], body.length]);
    response.end(JSON.stringify({ accepted: 0, duplicates: 0, quarantined: [] }));
  });
  const words: (string | undefined)[] = ["backlog=1, bytes=2", undefined];
  const config = { url: region.url, token: "secret", compression: "zstd" } as const;
  const deps = { clock: systemClock, link: () => words.shift() };
  using sender = createSender({ ...config, timeoutMs: 2_000, connections: 1 }, deps);
  const lines = { edge: "edge-test", epoch: 1, lane: "live", reports: 0 } as const;
  assert.equal((await sender.sendBatch("", lines)).kind, "acknowledged");
  assert.equal((await sender.sendBatch("", lines)).kind, "acknowledged");
  assert.deepEqual(seen, [
    ["backlog=1, bytes=2", 0],
    [undefined, 0],
  ]);
});

test("bodies are compressed as configured, but not small ones", async () => {
  const encodings: (string | undefined)[] = [];
  const large = batchOf(Array.from({ length: 10_000 }, (_, index) => index + 1));
  await using region = await serve(({ headers }, body, response) => {
    const encoding = headers["content-encoding"];
    encodings.push(encoding);
    if (encoding === "zstd") assert.deepEqual(zstdDecompressSync(body), Buffer.from(large.body));
    if (encoding === "gzip") assert.deepEqual(gunzipSync(body), Buffer.from(large.body));
    response.end(answer(encoding === undefined ? 1 : 10_000));
  });
  for (const compression of ["zstd", "gzip"] as const) {
    using sender = senderTo(region.url, { compression });
    assert.equal((await sender.send(large)).kind, "acknowledged");
    assert.equal((await sender.send(batchOf([1]))).kind, "acknowledged");
  }
  assert.deepEqual(encodings, ["zstd", undefined, "gzip", undefined]);
});

test("each answer is told apart by what it lets the sender do", async () => {
  const table: [number, Record<string, string>, string, string][] = [
    [200, {}, answer(1), "acknowledged"],
    [200, {}, answer(2), "unanswered"],
    [200, {}, '{"accepted":1}', "unanswered"],
    [200, {}, "<html>", "unanswered"],
    [202, {}, answer(1), "unanswered"],
    [302, {}, "", "unanswered"],
    [400, {}, "{}", "refused"],
    [401, {}, "{}", "unauthorized"],
    [403, {}, "{}", "unauthorized"],
    [404, {}, "{}", "refused"],
    [408, {}, "{}", "unanswered"],
    [409, {}, "{}", "conflict"],
    [413, {}, "{}", "too-large"],
    [429, { "retry-after": "7" }, "{}", "busy"],
    [500, {}, "{}", "unanswered"],
    [502, {}, "{}", "unreachable"],
    [503, { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, "{}", "busy"],
    [504, {}, "{}", "unreachable"],
  ];
  let at = 0;
  await using region = await serve((_request, _body, response) => {
    const [status, headers, body] = table[at] ?? [500, {}, ""];
    response.writeHead(status, headers).end(body);
  });
  using sender = senderTo(region.url);
  for (const [index, [status, , body, kind]] of table.entries()) {
    at = index;
    const result = await sender.send(batchOf([1]));
    assert.equal(result.kind, kind, `${status} ${body}`);
    if (result.kind === "busy") {
      assert.equal(result.retryAfterMs, status === 429 ? 7_000 : undefined);
    }
  }
});

test("a server that says nothing is unanswered in time; one that is not there is unreachable", async () => {
  await using region = await serve(() => {});
  using sender = senderTo(region.url, { timeoutMs: 60 });
  const result = await sender.send(batchOf([1]));
  assert.deepEqual(result, { kind: "unanswered", detail: "no answer in 60 ms" });
  await region[Symbol.asyncDispose]();
  assert.equal((await sender.send(batchOf([1]))).kind, "unreachable");
});

test("a kept connection that the server has closed meanwhile costs nothing", async () => {
  let requests = 0;
  await using region = await serve((request, _body, response) => {
    requests += 1;
    // Closed behind the answer, without saying so in it.
    response.end(answer(1), () => setImmediate(() => request.socket.destroy()));
  });
  using sender = senderTo(region.url, { connections: 1 });
  for (let times = 0; times < 20; times += 1) {
    assert.equal((await sender.send(batchOf([1]))).kind, "acknowledged");
  }
  assert.equal(requests, 20);
});

test("the region's clock is known from answers to within a second and a round trip", async () => {
  await using region = await serve((_request, _body, response) => {
    response.setHeader("date", new Date(Date.now() + 90_000).toUTCString());
    response.end(answer(1));
  });
  using sender = senderTo(region.url);
  const result = await sender.send(batchOf([1]));
  assert.ok(result.kind === "acknowledged" && result.timing.aheadMs !== undefined);
  const { min, max } = result.timing.aheadMs;
  assert.ok(min <= 90_000 && 90_000 <= max, `${min} to ${max}`);
  assert.ok(max - min < 3_000);
});

test("lines without an outbox are sent with the number of the first", async () => {
  let first: unknown;
  await using region = await serve(({ headers }, _body, response) => {
    first = headers["drover-first-seq"];
    response.end(answer(2));
  });
  using sender = senderTo(region.url);
  const lines = { edge: "edge-load", epoch: 3, lane: "live", firstSeq: 41, reports: 2 } as const;
  const result = await sender.sendBatch('{"a":1}\n{"a":2}\n', lines);
  assert.equal(result.kind, "acknowledged");
  assert.equal(first, "41");
});

test("an epoch that a region has forgotten is told from holes that can be filled", async () => {
  let code = "epoch-forgotten";
  await using region = await serve((_request, _body, response) => {
    response.writeHead(409, { "content-type": "application/problem+json" });
    response.end(JSON.stringify({ type: `urn:drover:problem:${code}`, title: "t", status: 409 }));
  });
  using sender = senderTo(region.url);
  assert.equal((await sender.send(batchOf([1]))).kind, "forgotten");
  code = "too-many-gaps";
  assert.equal((await sender.send(batchOf([1]))).kind, "conflict");
});
