import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { WebSocket } from "ws";
import type { Principal } from "@drover/core/service/auth";
import { systemClock } from "@drover/core/service/clock";
import { createSemaphore } from "@drover/core/service/limits";
import { silentLog } from "@drover/core/service/log";
import { createBoard } from "./board.ts";
import { createLiveHub } from "./hub.ts";
import type { SocketConfig } from "./socket.ts";
import { reportOf } from "./testing.ts";
import { acceptLiveSockets } from "./upgrade.ts";

const timeout = 10_000;
const host = "127.0.0.1";

/** A door with short times; `revoke` makes the token unknown. */
async function serveDoor(config: Partial<SocketConfig> = {}) {
  const clock = systemClock;
  let principal: Principal | undefined = { tokenId: "a", role: "viewer" };
  const board = createBoard({ assetsMax: 4_000 });
  const hub = createLiveHub({ board, clock });
  const seats = createSemaphore({ name: "clients", permits: 5, waitersMax: 0 });
  const notices = {
    join: () => ({ move: () => {}, leave: () => {} }),
    run: async () => {},
  };
  const stopping = new AbortController();
  const server = createServer();
  acceptLiveSockets(
    server,
    { heartbeatMs: 20, stuckMsMax: 60_000, silentMsMax: 60_000, ...config },
    { hub, notices, seats, clock, log: silentLog, verifier: { verify: async () => principal } },
    stopping.signal,
  );
  const running = hub.run(stopping.signal);
  server.listen(0, host);
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const { port } = address;
  return {
    board,
    hub,
    seats,
    stopping,
    running,
    revoke: () => {
      principal = undefined;
    },
    port,
    async connect(): Promise<WebSocket> {
      const socket = new WebSocket(`ws://${host}:${port}/v1/live?access_token=any`);
      socket.on("error", () => {});
      await once(socket, "open");
      return socket;
    },
    closed: () => new Promise((resolve) => server.close(resolve)),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const subscribe = JSON.stringify({ type: "subscribe", everyMs: 250 });

test("callers without a token take no seat", { timeout }, async () => {
  await using served = await serveDoor();
  // As many as there are seats, and each stays as long as it is let.
  const strangers = Array.from({ length: 5 }, () =>
    connect({ port: served.port, host, allowHalfOpen: true }),
  );
  for (const stranger of strangers) {
    stranger.on("error", () => {});
    stranger.write(
      "GET /v1/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
  }
  const answers = await Promise.all(strangers.map((stranger) => once(stranger, "data")));
  for (const [answer] of answers) assert.match(String(answer), /^HTTP\/1\.1 401 /);
  assert.equal(served.seats.inUse(), 0);
  const socket = await served.connect();
  socket.terminate();
  for (const stranger of strangers) stranger.destroy();
});

test("a token that is revoked ends what it began", { timeout }, async () => {
  await using served = await serveDoor();
  const socket = await served.connect();
  socket.send(subscribe);
  await once(socket, "message");
  served.revoke();
  const [code, reason] = await once(socket, "close");
  assert.equal(code, 1008);
  assert.match(String(reason), /revoked or expired/);
});

test(
  "who asks for nothing is sent away, and who is gone gives its seat back",
  { timeout },
  async () => {
    await using served = await serveDoor({ silentMsMax: 30 });
    const silent = await served.connect();
    const [code] = await once(silent, "close");
    assert.equal(code, 1008);
    while (served.seats.inUse() > 0) await systemClock.sleep(2);
  },
);

test("a client that answers no ping is gone", { timeout }, async () => {
  await using served = await serveDoor();
  const socket = await served.connect();
  socket.send(subscribe);
  await once(socket, "message");
  // It neither reads nor answers, as behind a link that dropped.
  socket.pause();
  while (served.seats.inUse() > 0) await systemClock.sleep(5);
  socket.terminate();
});

test("a server that stops says so and waits for nobody", { timeout }, async () => {
  await using served = await serveDoor();
  const polite = await served.connect();
  polite.send(subscribe);
  await once(polite, "message");
  const rude = await served.connect();
  rude.pause();
  const left = once(polite, "close");
  served.stopping.abort();
  const [code] = await left;
  assert.equal(code, 1001);
  await served.closed();
  rude.terminate();
});

test(
  "a client that takes nothing gets no second frame, and is sent away",
  { timeout },
  async () => {
    await using served = await serveDoor({ heartbeatMs: 60_000 });
    const socket = await served.connect();
    socket.send(
      JSON.stringify({ type: "subscribe", everyMs: 250, bytesPerSecond: 16 * 1024 * 1024 }),
    );
    await once(socket, "message");
    socket.pause();
    // The kernel's buffers take some megabytes before a frame stays under way.
    const name = "x".repeat(250);
    for (let at = 1; served.hub.counts().skipped === 0; at++) {
      for (let index = 0; index < 4_000; index++) {
        const attributes = { name: `${name}${at}` };
        served.board.apply(reportOf({ asset: `aircraft:${index}`, at, attributes }));
      }
      await systemClock.sleep(20);
    }
    const { frames } = served.hub.counts();
    while (served.hub.counts().skipped < 3) await systemClock.sleep(20);
    assert.equal(served.hub.counts().frames, frames);
    socket.terminate();
    while (served.seats.inUse() > 0) await systemClock.sleep(5);
  },
);
