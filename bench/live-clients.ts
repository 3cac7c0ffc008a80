// Many live clients in one process: each decodes what it gets into a table of its own. Says what came in a
// while, how old it was, and what each table holds in the end.

import { once } from "node:events";
import { WebSocket } from "ws";
import { liveSubprotocol, liveTokenProtocol } from "../core/model/live-wire.ts";
import { decodeFrame } from "../core/model/live-wire-reader.ts";
import { createMoverTable, type MoverTable } from "../core/model/mover-table.ts";
import { digestOf } from "./live-digest.ts";

export interface LiveClientsOptions {
  readonly mode: "frames" | "json";
  readonly url: string;
  readonly clients: number;
  /** Degrees of each client's own viewport; the whole world when absent. */
  readonly viewDeg?: number;
}

/** `reset` begins to count, `report` says what was counted. */
export interface LiveClientsOrder {
  readonly kind: "reset" | "report";
}

export interface LiveClientsAnswer {
  readonly bytes: number;
  readonly updates: number;
  /** Event → applied, ms, of a sample. */
  readonly ages: readonly number[];
  /** Of each client's table; those of clients with a viewport are left out. */
  readonly digests: readonly number[];
  readonly movers: number;
}

const options: LiveClientsOptions = JSON.parse(process.argv[2] ?? "{}");
const SAMPLE = 97;
const AGES_MAX = 200_000;
let bytes = 0;
let updates = 0;
let ages: number[] = [];
let seen = 0;
const tables: MoverTable[] = [];

function note(at: number): void {
  updates += 1;
  if (seen++ % SAMPLE === 0 && ages.length < AGES_MAX) ages.push(Date.now() - at);
}

function hearFrames(table: MoverTable, data: ArrayBuffer): void {
  bytes += data.byteLength;
  const frame = decodeFrame(new Uint8Array(data));
  table.apply(frame);
  if (frame.type === "hello") return;
  // What a keyframe or a repetition says again is as old as it is.
  if (frame.type === "delta" && frame.introduced.length === 0)
    for (const at of frame.updates.at) note(at);
  else if (frame.type === "delta")
    noteNew(
      frame.introduced.map(({ number }) => number),
      frame.updates,
    );
}

function noteNew(
  repeated: readonly number[],
  columns: { number: Uint32Array; at: Float64Array },
): void {
  const known = new Set(repeated);
  for (const [index, number] of columns.number.entries()) {
    if (!known.has(number)) note(columns.at[index] ?? 0);
  }
}

function hearJson(data: ArrayBuffer): void {
  bytes += data.byteLength;
  const { items }: { items: { at: number }[] } = JSON.parse(Buffer.from(data).toString("utf8"));
  for (const { at } of items) note(at);
}

async function connect(index: number): Promise<void> {
  const socket = new WebSocket(options.url, [liveSubprotocol, `${liveTokenProtocol}bench`], {
    perMessageDeflate: false,
  });
  socket.binaryType = "arraybuffer";
  const table = createMoverTable();
  tables.push(table);
  socket.on("message", (data: ArrayBuffer | Buffer, isBinary: boolean) => {
    if (isBinary && data instanceof ArrayBuffer) hearFrames(table, data);
    else hearJson(new Uint8Array(data).buffer);
  });
  await once(socket, "open");
  const { viewDeg } = options;
  const west = ((index * 47) % (360 - (viewDeg ?? 0))) - 180;
  const south = ((index * 29) % (160 - (viewDeg ?? 0))) - 80;
  const box = viewDeg && { west, east: west + viewDeg, south, north: south + viewDeg };
  socket.send(JSON.stringify({ type: "subscribe", ...(box && { box }) }));
}

function contentOf(table: MoverTable): number {
  return digestOf(function* () {
    for (let slot = 0; slot < table.size; slot++) {
      const asset = table.assetAt(slot);
      if (asset === undefined) continue;
      yield [asset, table.at[slot] ?? 0, table.lat[slot] ?? 0, table.lon[slot] ?? 0];
    }
  });
}

process.on("disconnect", () => process.exit());
process.on("message", ({ kind }: LiveClientsOrder) => {
  if (kind === "reset") {
    bytes = 0;
    updates = 0;
    ages = [];
  }
  const isReport = kind === "report";
  const isWorld = isReport && options.viewDeg === undefined && options.mode === "frames";
  const answer: LiveClientsAnswer = {
    bytes,
    updates,
    ages: isReport ? ages : [],
    digests: isWorld ? tables.map(contentOf) : [],
    movers: tables.reduce((sum, { count }) => sum + count, 0),
  };
  process.send?.(answer);
});
for (let index = 0; index < options.clients; index++) await connect(index);
process.send?.("ready");
