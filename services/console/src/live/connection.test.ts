import assert from "node:assert/strict";
import { test } from "node:test";
import { createConnection, waitMs } from "./connection.ts";
import type { LiveSocket } from "./connection.ts";
import { stepMsFor } from "./replay.ts";

test("waits double from half a second to half a minute, by chance between half and whole", () => {
  assert.deepEqual([waitMs(0, 0), waitMs(0, 1)], [250, 500]);
  assert.deepEqual([waitMs(3, 0), waitMs(3, 1)], [2_000, 4_000]);
  assert.equal(waitMs(50, 1), 30_000);
});

test("replay's steps grow with the range, between a second and a minute", () => {
  assert.equal(stepMsFor(60_000), 1_000);
  assert.equal(stepMsFor(3 * 3_600_000), 7_500);
  assert.equal(stepMsFor(30 * 86_400_000), 60_000);
});

/** A socket that opens at once, and whose peer says what it is told to. */
class Socket extends EventTarget implements LiveSocket {
  binaryType: BinaryType = "blob";
  readyState: LiveSocket["readyState"] = WebSocket.OPEN;
  send(): void {}
  close(): void {
    this.readyState = WebSocket.CLOSED;
    this.dispatchEvent(new Event("close"));
  }
  hear(data: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

function connect() {
  const sockets: Socket[] = [];
  const links: string[] = [];
  const connection = createConnection(
    { url: "ws://drover.test/v1/live", token: "t", wanted: {} },
    {
      openSocket() {
        const socket = new Socket();
        sockets.push(socket);
        return socket;
      },
      random: () => 1,
      onFrame: () => {},
      onMessage: () => {},
      onLink: (link) => links.push(link),
    },
  );
  return { connection, sockets, links };
}

test("a connection that says nothing is stale, then given up and begun again", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { connection, sockets, links } = connect();
  sockets[0]?.dispatchEvent(new Event("open"));
  t.mock.timers.tick(14_000);
  sockets[0]?.hear('{"type":"notice","code":"x","text":""}');
  t.mock.timers.tick(14_999);
  assert.deepEqual(links, ["connecting", "live"]);
  t.mock.timers.tick(1);
  assert.equal(links.at(-1), "stale");
  t.mock.timers.tick(10_000);
  assert.equal(links.at(-1), "offline");
  t.mock.timers.tick(500);
  assert.equal(links.at(-1), "connecting");
  assert.equal(sockets.length, 2);
  connection[Symbol.dispose]();
});

test("a page that cannot read what it is sent waits longer each time", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { connection, sockets } = connect();
  for (const [tries, ms] of [500, 1_000, 2_000].entries()) {
    sockets[tries]?.dispatchEvent(new Event("open"));
    sockets[tries]?.hear(new Uint8Array([255, 255]).buffer);
    t.mock.timers.tick(ms - 1);
    assert.equal(sockets.length, tries + 1);
    t.mock.timers.tick(1);
    assert.equal(sockets.length, tries + 2);
  }
  connection[Symbol.dispose]();
});
