import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import type { TokenVerifier } from "@drover/core/service/auth";
import { systemClock } from "@drover/core/service/clock";
import { createSemaphore } from "@drover/core/service/limits";
import { createBoard } from "./board.ts";
import { createFeed } from "./feed.ts";
import { reportOf } from "./testing.ts";

async function serveFeed(config: {
  clientsMax: number;
  stuckMsMax?: number;
  /** What happens between a request and its being served. */
  before?: (response: ServerResponse) => Promise<unknown>;
}) {
  const board = createBoard({ assetsMax: 100 });
  const { clientsMax, before, ...rest } = config;
  const seats = createSemaphore({ name: "clients", permits: clientsMax, waitersMax: 0 });
  const notices = { join: () => ({ move: () => {}, leave: () => {} }) };
  let verify: TokenVerifier["verify"] = async () => ({ tokenId: "a", role: "viewer" });
  const feed = createFeed(
    { assetsPerEventMax: 10, heartbeatMs: 20, stuckMsMax: 60_000, ...rest },
    { board, clock: systemClock, verifier: { verify: (token) => verify(token) }, seats, notices },
  );
  const stopping = new AbortController();
  const request = { filter: {}, everyMs: 5, places: {}, token: "any" };
  const server = createServer((_request, response) => {
    const seat = feed.seat();
    void Promise.resolve(before?.(response))
      .then(() => feed.serve(response, request, stopping.signal))
      .finally(() => seat?.release());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return {
    board,
    clients: () => seats.inUse(),
    answerWith(other: TokenVerifier["verify"]) {
      verify = other;
    },
    async stop() {
      stopping.abort();
      await new Promise((resolve) => server.close(resolve));
    },
    port: address.port,
    url: `http://127.0.0.1:${address.port}/`,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Reads the stream until `isEnough` of its text so far. */
async function readUntil(response: Response, isEnough: (text: string) => boolean): Promise<string> {
  assert.ok(response.body);
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    if (isEnough(text)) break;
  }
  return text;
}

test("a client gets a snapshot, then only what changed", { timeout: 5_000 }, async () => {
  await using served = await serveFeed({ clientsMax: 2 });
  served.board.apply(reportOf({ asset: "aircraft:a", at: 1 }));
  served.board.apply(reportOf({ asset: "aircraft:b", at: 1 }));
  const response = await fetch(served.url);
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  const text = await readUntil(response, (so) => {
    if (so.includes("event: snapshot") && served.board.version() === 2) {
      served.board.apply(reportOf({ asset: "aircraft:b", at: 2 }));
    }
    return so.includes("event: assets");
  });
  const [snapshot, assets] = text.split("event: ").slice(1);
  assert.ok(snapshot?.includes('"aircraft:a"') && snapshot.includes('"aircraft:b"'));
  assert.ok(assets?.includes('"aircraft:b"') && !assets.includes('"aircraft:a"'));
});

test(
  "an empty board still answers with a snapshot, and then with signs of life",
  { timeout: 5_000 },
  async () => {
    await using served = await serveFeed({ clientsMax: 2 });
    const text = await readUntil(await fetch(served.url), (so) => so.includes(": alive"));
    assert.ok(text.includes('event: snapshot\nid: 0\ndata: {"items":[]}\n\n'));
  },
);

test("a client that leaves makes room", { timeout: 5_000 }, async () => {
  await using served = await serveFeed({ clientsMax: 1 });
  const leaving = new AbortController();
  await readUntil(await fetch(served.url, { signal: leaving.signal }), (so) =>
    so.includes("snapshot"),
  );
  leaving.abort();
  while (served.clients() > 0) await systemClock.sleep(2);
});

test("a client that takes nothing is sent away", { timeout: 10_000 }, async () => {
  await using served = await serveFeed({ clientsMax: 1, stuckMsMax: 100 });
  const note = "x".repeat(256);
  const attributes = Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`note${at}`, note]));
  const client = connect(served.port, "127.0.0.1");
  client.on("error", () => {});
  client.pause();
  client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  while (served.clients() === 0) await systemClock.sleep(2);
  for (let at = 1; served.clients() > 0; at++) {
    for (let asset = 0; asset < 100; asset++) {
      served.board.apply(reportOf({ asset: `aircraft:${asset}`, at, attributes }));
    }
    await systemClock.sleep(5);
  }
  client.destroy();
});

test("who left before it was served is not served", { timeout: 5_000 }, async () => {
  const leaving = new AbortController();
  await using served = await serveFeed({
    clientsMax: 1,
    before: (response) => {
      const gone = once(response, "close");
      leaving.abort();
      return gone;
    },
  });
  await assert.rejects(fetch(served.url, { signal: leaving.signal }));
  while (served.clients() > 0) await systemClock.sleep(2);
});

test("a client that stays does not hold up a server that stops", { timeout: 5_000 }, async () => {
  await using served = await serveFeed({ clientsMax: 1 });
  const response = await fetch(served.url);
  // Without it the client would keep the connection for its next request.
  assert.equal(response.headers.get("connection"), "close");
  const text = response.text();
  await served.stop();
  assert.match(await text, /event: snapshot/);
});

test("a token that is revoked ends what it began", { timeout: 5_000 }, async () => {
  await using served = await serveFeed({ clientsMax: 1 });
  const response = await fetch(served.url);
  served.answerWith(async () => undefined);
  assert.match(await response.text(), /event: snapshot/);
  while (served.clients() > 0) await systemClock.sleep(2);
});

test("a store of tokens that is away sends nobody away", { timeout: 5_000 }, async () => {
  await using served = await serveFeed({ clientsMax: 1 });
  let asked = 0;
  served.answerWith(async () => {
    asked++;
    throw new Error("away");
  });
  await readUntil(await fetch(served.url), () => asked >= 3);
  assert.equal(served.clients(), 1);
});
