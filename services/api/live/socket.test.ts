import assert from "node:assert/strict";
import { once } from "node:events";
import { request as openRequest, type IncomingMessage } from "node:http";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { decodeFrame } from "@drover/core/model/live-wire-reader";
import { liveSubprotocol, liveTokenProtocol } from "@drover/core/model/live-wire";
import { createMoverTable } from "@drover/core/model/mover-table";
import { createAlerts } from "@drover/core/records/alerts";
import { createWatchEvents } from "@drover/core/records/watch-events";
import { systemClock } from "@drover/core/service/clock";
import { serveApi, type ServedApi } from "../serve-test.ts";
import { appendReports, reportOf } from "./testing.ts";

const timeout = 10_000;
let api: ServedApi;
before(async () => {
  api = await serveApi({ DROVER_LIVE_CLIENTS: "3" });
  await appendReports(api.stream, [
    reportOf({ asset: "ship:a", kind: "ship", at: 1_000, position: { lat: 10, lon: 20 } }),
    reportOf({ asset: "bird:b", kind: "bird", at: 1_000, position: { lat: -10, lon: 20 } }),
  ]);
});
after(() => api[Symbol.asyncDispose]());

const address = (query = "") => `${api.url.replace("http", "ws")}/v1/live${query}`;

/** A client that applies what comes; gone with its scope. */
async function connect(wanted: object = {}, offered?: readonly string[]) {
  const protocols = offered ?? [liveSubprotocol, `${liveTokenProtocol}${api.tokens.viewer}`];
  const socket = new WebSocket(address(), [...protocols]);
  socket.binaryType = "arraybuffer";
  const table = createMoverTable();
  const messages: { type: string; code?: string }[] = [];
  const waiting = new Set<() => void>();
  socket.on("message", (data: ArrayBuffer, isBinary: boolean) => {
    if (isBinary) table.apply(decodeFrame(new Uint8Array(data)));
    else messages.push(JSON.parse(Buffer.from(data).toString()));
    for (const look of waiting) look();
  });
  await once(socket, "open");
  const say = (text: object) =>
    socket.send(JSON.stringify({ type: "subscribe", everyMs: 250, ...text }));
  say(wanted);
  return {
    socket,
    table,
    messages,
    say,
    until: (isSo: () => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!isSo()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const gone = once(socket, "close");
      socket.close();
      await gone;
    },
  };
}

/** The status with which a connection is refused. */
async function refusal(
  query: string,
  options: { headers?: Record<string, string>; protocols?: string[] } = {},
): Promise<{ status: number | undefined; retryAfter: string | undefined }> {
  const socket = new WebSocket(address(query), options.protocols ?? [], {
    headers: options.headers,
  });
  socket.on("error", () => {});
  const [, answer] = await once(socket, "unexpected-response");
  answer.resume();
  socket.terminate();
  return { status: answer.statusCode, retryAfter: answer.headers["retry-after"] };
}

test(
  "a browser's way in: movers come, change and go as the subscription says",
  { timeout },
  async () => {
    await using client = await connect();
    assert.equal(client.socket.protocol, liveSubprotocol);
    await client.until(() => client.table.count === 2);
    await appendReports(api.stream, [
      reportOf({ asset: "ship:a", kind: "ship", at: 2_000, position: { lat: 11, lon: 20 } }),
    ]);
    await client.until(() => client.table.lat[client.table.slotOf("ship:a") ?? -1] === 11);
    client.say({ box: { west: 0, south: -20, east: 30, north: 0 } });
    await client.until(() => client.table.count === 1);
    assert.equal(client.table.assetAt(client.table.slotOf("bird:b") ?? -1), "bird:b");
  },
);

test(
  "events and alerts come on the same connection, from the place that is named",
  { timeout },
  async () => {
    const events = createWatchEvents({ records: api.records, clock: systemClock });
    const alerts = createAlerts({ records: api.records, clock: systemClock });
    const at = systemClock.now();
    const explanation = { text: "entered a zone of a test" };
    const id = "0".repeat(32);
    const event = { id, kind: "entered", at, asset: "ship:a", retro: false, explanation } as const;
    const recorded = () => events.append([event], at);
    await using early = await connect({ eventsAfter: 0, alertsAfter: 0 });
    const lines = sseLines(
      `${api.url}/v1/live?everyMs=100&access_token=${api.tokens.viewer}&eventsAfter=0`,
    );
    await recorded();
    await alerts.apply(
      [
        {
          kind: "raise",
          cause: "zone:a:entered:ship:a",
          title: "of a test",
          severity: "warning",
          asset: "ship:a",
          event: { id, at, retro: false, explanation },
        },
      ],
      at,
    );
    await early.until(() => early.messages.length === 2);
    const told = early.messages.map(({ type }) => type);
    assert.deepEqual(told.toSorted(), ["alert", "event"]);
    for await (const line of lines) if (line === "event: event") break;
    await using late = await connect({ eventsAfter: 0 });
    await late.until(() => late.messages.length === 1);
    assert.equal(late.messages[0]?.type, "event");
  },
);

async function* sseLines(url: string): AsyncGenerator<string> {
  const response = await fetch(url);
  assert.ok(response.body);
  let text = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    yield* lines;
  }
}

test("what is not understood is answered, and the subscription stays", { timeout }, async () => {
  await using client = await connect({ kinds: ["ship"] });
  client.socket.send("{");
  client.socket.send(JSON.stringify({ type: "subscribe", everyMs: 10 }));
  await client.until(() => client.messages.length === 2 && client.table.count === 1);
  assert.deepEqual(
    client.messages.map(({ code }) => code),
    ["bad-message", "bad-message"],
  );
});

test(
  "who has no token, no right, or comes from a foreign page is refused",
  { timeout },
  async () => {
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    assert.equal((await refusal("")).status, 401);
    assert.equal((await refusal("?access_token=nonsense")).status, 401);
    assert.equal((await refusal("", { headers: bearer(api.tokens.edge) })).status, 403);
    const foreign = { ...bearer(api.tokens.viewer), origin: "https://evil.example" };
    assert.equal((await refusal("", { headers: foreign })).status, 403);
    const own = new WebSocket(address(`?access_token=${api.tokens.viewer}`), { origin: api.url });
    await once(own, "open");
    own.terminate();
    await once(own, "close");
  },
);

test("one client too many gets 503 and a time to come again", { timeout }, async () => {
  await using _one = await connect();
  await using _two = await connect();
  await using three = await connect();
  const query = `?access_token=${api.tokens.viewer}`;
  const { status, retryAfter } = await refusal(query);
  assert.equal(status, 503);
  assert.ok(Number(retryAfter) >= 1);
  assert.equal((await api.get(`/v1/live${query}`)).status, 503);
  three.socket.terminate();
  // The seat is free when the server has seen the end.
  for (;;) {
    const again = new WebSocket(address(query));
    again.on("error", () => {});
    const opened = await Promise.race([
      once(again, "open").then(() => true),
      once(again, "unexpected-response").then(() => false),
    ]);
    again.terminate();
    if (opened) break;
    await systemClock.sleep(5);
  }
});

test("a client that says too much, or something too long, is sent away", { timeout }, async () => {
  await using chatty = await connect();
  for (let count = 0; count < 25; count++) chatty.say({});
  const [code] = await once(chatty.socket, "close");
  assert.equal(code, 1008);
  await using long = await connect();
  long.socket.send("x".repeat(10_000));
  const [tooBig] = await once(long.socket, "close");
  assert.equal(tooBig, 1009);
});

test("a request for another protocol is answered as if it had not asked", { timeout }, async () => {
  const headers = { connection: "upgrade", upgrade: "h2c" };
  const asking = openRequest(`${api.url}/healthz`, { headers, agent: false }).end();
  const [answer]: (IncomingMessage | undefined)[] = await once(asking, "response");
  answer?.resume();
  assert.equal(answer?.statusCode, 200);
});
