// The API's live feed under measurement, with movers that move; or a server that broadcasts the same as
// JSON. Tells its address; moves for as long as it is told, and answers with what that took.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { Principal } from "../core/service/auth.ts";
import { systemClock } from "../core/service/clock.ts";
import { silentLog } from "../core/service/log.ts";
import { createBoard } from "../services/api/live/board.ts";
import { createLive } from "../services/api/live/live.ts";
import { digestOf } from "./live-digest.ts";

export interface LiveServerOptions {
  readonly mode: "frames" | "json";
  readonly movers: number;
  readonly clientsMax: number;
}

/** Moves every mover once a second, spread over it. */
export interface LiveServerOrder {
  readonly seconds: number;
}

export interface LiveServerAnswer {
  readonly url: string;
  readonly cpuSeconds: number;
  /** Of the process after a collection of garbage, bytes. */
  readonly memoryBytes: number;
  readonly digest: number;
}

const options: LiveServerOptions = JSON.parse(process.argv[2] ?? "{}");
const slices = 10;
const viewer: Principal = { tokenId: "bench", role: "viewer" };
const board = createBoard({ assetsMax: options.movers });
const server = createServer((_request, response) => response.writeHead(404).end());
const stopping = new AbortController();
let moves = 0;

/** Movers go east on their parallels, all over the world. */
function move(slice: number): void {
  const now = Date.now();
  for (let index = slice; index < options.movers; index += slices) {
    const lon = ((index * 137.508 + moves * 0.003) % 360) - 180;
    board.apply({
      asset: `aircraft:${(0x7c0000 + index).toString(16)}`,
      kind: "aircraft",
      at: now,
      position: {
        lat: ((index * 61) % 160) - 80,
        lon: Math.round(lon * 1e7) / 1e7,
        altitudeM: 9_144,
      },
      motion: { speedMps: 231.5, headingDeg: 90, climbMps: -1.3 },
      ...(moves === 0 && { attributes: { callsign: `QFA${index % 1_000}` } }),
      source: "readsb",
      edge: "edge-a",
      epoch: 1,
      seq: moves * options.movers + index,
      sentAt: now,
      receivedAt: now,
      suspect: false,
    });
  }
}

async function moveFor(seconds: number): Promise<void> {
  const startMs = performance.now();
  for (let step = 0; step < seconds * slices; step++) {
    const lateMs = startMs + (step * 1_000) / slices - performance.now();
    if (lateMs > 0) await new Promise((resolve) => setTimeout(resolve, lateMs));
    move(step % slices);
    if (step % slices === slices - 1) moves += 1;
  }
}

/** What is usually done: all that changed in a second, as JSON, to everybody. */
function broadcastJson(): void {
  const sockets = new Set<WebSocket>();
  const switcher = new WebSocketServer({ server, perMessageDeflate: false });
  switcher.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  let version = 0;
  setInterval(() => {
    const { items, version: seen } = board.changedSince(version, {}, options.movers);
    version = seen;
    const text = `{"items":[${items.join(",")}]}`;
    for (const socket of sockets) if (socket.bufferedAmount === 0) socket.send(text);
  }, 1_000);
}

function serveFrames(): void {
  const nothing = {
    events: { after: async () => [], newestNumber: async () => 0 },
    alerts: { changedAfter: async () => [], revision: async () => 0 },
  };
  const live = createLive(
    { clientsMax: options.clientsMax },
    {
      board,
      clock: systemClock,
      log: silentLog,
      verifier: { verify: async () => viewer },
      ...nothing,
    },
  );
  live.accept(server, stopping.signal);
  void live.run(stopping.signal);
}

for (let slice = 0; slice < slices; slice++) move(slice);
moves += 1;
if (options.mode === "json") broadcastJson();
else serveFrames();
server.listen(0, "127.0.0.1", () => process.send?.("ready"));
process.on("disconnect", () => process.exit());
process.on("message", ({ seconds }: LiveServerOrder) => void answerAfter(seconds));

async function answerAfter(seconds: number): Promise<void> {
  const before = process.cpuUsage();
  await moveFor(seconds);
  const { user, system } = process.cpuUsage(before);
  globalThis.gc?.();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on TCP
  const { port } = server.address() as AddressInfo;
  const answer: LiveServerAnswer = {
    url: `ws://127.0.0.1:${port}/v1/live`,
    cpuSeconds: (user + system) / 1e6,
    memoryBytes: memoryBytes(),
    digest: digestOf(function* () {
      for (let number = 0; number < board.numbers(); number++) {
        const state = board.slotAt(number)?.state;
        const place = state?.position?.value;
        if (state && place) yield [state.asset, state.at, place.lat, place.lon];
      }
    }),
  };
  process.send?.(answer);
}

function memoryBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
