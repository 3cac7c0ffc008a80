import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { systemClock } from "@drover/core/service/clock";
import type { Clock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import type { Report } from "@drover/core/model/report";
import { prepareSources } from "./registry.ts";

/** Real time, a hundred times as fast to wait for. */
const hasty: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms / 100, signal),
};

const fix = (lat: number, atMs: number): string => {
  const iso = new Date(atMs).toISOString();
  const stamp = `${iso.slice(0, 10).replaceAll("-", "/")},${iso.slice(11, 23)}`;
  return `MSG,3,1,1,7C802D,1,${stamp},${stamp},,4575,,,${lat},138.5,,,0,0,0,0\r\n`;
};

/** A feed on a free port; each connection is handed to the test. */
async function feedServer(t: TestContext) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    sockets.push(socket);
    server.emit("feed", socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert(typeof address === "object" && address !== null);
  const { port } = address;
  return {
    port,
    count: () => sockets.length,
    async next(): Promise<Socket> {
      const [socket]: Socket[] = await once(server, "feed");
      assert(socket);
      return socket;
    },
  };
}

function start(t: TestContext, options: Record<string, unknown>, clock: Clock = hasty) {
  const [prepared] = prepareSources([{ kind: "sbs", host: "127.0.0.1", ...options }]);
  assert(prepared);
  const source = prepared.create({ clock, log: silentLog, stateDir: tmpdir() });
  const stopper = new AbortController();
  const reports: Report[] = [];
  let wake = () => {};
  const ended = source.run(async (batch) => {
    reports.push(...batch);
    wake();
  }, stopper.signal);
  const stop = async () => {
    stopper.abort();
    await ended;
    await source[Symbol.asyncDispose]();
  };
  t.after(stop);
  const counted = async (count: number) => {
    while (reports.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { source, reports, counted, stop };
}

test("a feed is read, heartbeats and cut lines included, and a lone fix does not wait for long", async (t) => {
  const feed = await feedServer(t);
  const arriving = feed.next();
  const run = start(t, { port: feed.port });
  const socket = await arriving;
  const atMs = Date.now();
  const line = fix(-35, atMs);
  socket.write(`\r\n${line.slice(0, 30)}`);
  socket.write(`${line.slice(30)}\r\n${line}`);
  await run.counted(1);
  assert.equal(run.reports[0]?.at, atMs);
  assert.equal(run.reports[0]?.position?.lat, -35);
  socket.write(fix(-35.1, atMs + 1_000));
  await run.counted(2);
  assert.equal(run.source.status().repeated, 1);
  assert.equal(run.source.status().received, 3);
});

test("a feed that ends is connected to again", async (t) => {
  const feed = await feedServer(t);
  const first = feed.next();
  const run = start(t, { port: feed.port });
  const one = await first;
  const second = feed.next();
  one.end(fix(-35, Date.now()));
  const two = await second;
  two.write(fix(-36, Date.now() + 1_000));
  await run.counted(2);
  assert(run.source.status().lastError);
  assert.equal(run.source.status().state, "running");
});

test("a feed that is silent for too long is left and tried again", async (t) => {
  const feed = await feedServer(t);
  const first = feed.next();
  const run = start(t, { port: feed.port, idleMs: 1_000 });
  await first;
  await feed.next();
  assert.match(run.source.status().lastError?.message ?? "", /silent for more than 1000 ms/);
});

test("a line without an end does not grow the memory, and the feed goes on", async (t) => {
  const feed = await feedServer(t);
  const arriving = feed.next();
  const run = start(t, { port: feed.port });
  const socket = await arriving;
  socket.write("x".repeat(1_000_000));
  socket.write(`\n${fix(-35, Date.now())}`);
  await run.counted(1);
  assert.equal(run.source.status().refused["long-line"], 1);
});

test("a host that refuses is tried again until the stop, which is at once", async (t) => {
  const feed = await feedServer(t);
  const run = start(t, { port: 1 });
  while (run.source.status().lastError === undefined) await systemClock.sleep(1);
  assert.equal(run.source.status().state, "failing");
  await run.stop();
  assert.equal(run.source.status().state, "finished");
  assert.equal(feed.count(), 0);
});

test("a slow outbox slows the feed down instead of filling the memory", async (t) => {
  const feed = await feedServer(t);
  const arriving = feed.next();
  const [prepared] = prepareSources([{ kind: "sbs", host: "127.0.0.1", port: feed.port }]);
  assert(prepared);
  const source = prepared.create({ clock: hasty, log: silentLog, stateDir: tmpdir() });
  const stopper = new AbortController();
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const ended = source.run(() => held, stopper.signal);
  const socket = await arriving;
  const atMs = Date.now();
  let line = 0;
  const more = () => fix(-35 + (line % 1_000) / 1_000, atMs + ++line * 1_000);
  // Until the sender is told to wait: its own buffer and the system's are full.
  for (let waits = 0; waits < 20;) {
    if (socket.write(more().repeat(50))) continue;
    waits += 1;
    await once(socket, "drain", { signal: AbortSignal.timeout(10) }).catch(() => undefined);
  }
  const before = source.status().received;
  await systemClock.sleep(20);
  assert.equal(source.status().received, before);
  assert(socket.writableLength > 0);
  release();
  stopper.abort();
  await ended;
  await source[Symbol.asyncDispose]();
});

test("a recording has the receive time in front of each line", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "drover-sbs-"));
  t.after(() => rm(dir, { recursive: true }));
  const feed = await feedServer(t);
  const arriving = feed.next();
  const run = start(t, { port: feed.port, record: dir });
  const socket = await arriving;
  const line = fix(-35, Date.now());
  socket.write(line);
  await run.counted(1);
  await run.stop();
  const [name] = await readdir(dir);
  const text = await readFile(join(dir, name ?? ""), "utf8");
  assert.match(text, /^\d{4}-\d\d-\d\dT[\d:.]{12}Z,MSG,3,/);
  assert.equal(text.trim().slice(25), line.trim());
});
