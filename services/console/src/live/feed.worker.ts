// Reads the wire away from the page's thread: decodes frames, keeps the table, hands over what changed.

import type { LiveFrame } from "@drover/core/model/live-wire";
import type { LiveMessage } from "@drover/core/model/live-messages";
import { createMoverTable } from "@drover/core/model/mover-table";
import { createConnection } from "./connection.ts";
import type { Connection } from "./connection.ts";
import type { FromFeed, ToFeed, Wanted } from "./feed-messages.ts";
import { PatchWriter } from "./patch-writer.ts";
import { createReplay } from "./replay.ts";
import type { ReplayPlayer } from "./replay.ts";

let table = createMoverTable();
let writer = new PatchWriter(table);
let connection: Connection | undefined;
let replay: ReplayPlayer | undefined;
/** What is replayed. */
let moment: Extract<ToFeed, { kind: "replay" }> | undefined;
let target: Extract<ToFeed, { kind: "connect" }> | undefined;
let wanted: Wanted = {};

const say = (message: FromFeed, transfer: Transferable[] = []): void =>
  postMessage(message, { transfer });

function show(changed: readonly number[]): void {
  if (changed.length === 0) return;
  const { patch, buffer } = writer.write(changed);
  say({ kind: "patch", patch, buffer }, [buffer]);
}

function startAnew(): void {
  table = createMoverTable();
  writer = new PatchWriter(table);
  say({ kind: "clear" });
}

function takeFrame(frame: LiveFrame): void {
  if (frame.type === "hello") say({ kind: "clock", skewMs: frame.serverMs - Date.now() });
  show(table.apply(frame));
}

function takeMessage(message: LiveMessage): void {
  switch (message.type) {
    case "event":
      return say({ kind: "event", event: message.event });
    case "alert":
      return say({ kind: "alert", alert: message.alert });
    case "notice":
      if (message.code === "events-skipped") say({ kind: "skipped", what: "events" });
      if (message.code === "alerts-skipped") say({ kind: "skipped", what: "alerts" });
  }
}

function connect(): void {
  connection?.[Symbol.dispose]();
  connection = undefined;
  if (target === undefined) return;
  connection = createConnection(
    { url: target.url, token: target.token, wanted },
    {
      openSocket: (url, protocols) => new WebSocket(url, protocols),
      random: Math.random,
      onFrame: takeFrame,
      onMessage: takeMessage,
      onLink: (link) => say({ kind: "link", link }),
    },
  );
}

function playAt(request: Extract<ToFeed, { kind: "replay" }>): void {
  if (replay === undefined) {
    connection?.[Symbol.dispose]();
    connection = undefined;
    startAnew();
    replay = createReplay({
      fetch: (url, init) => fetch(url, init),
      onState: (state) => say({ kind: "replay", state }),
      onAnew: startAnew,
      onFrame: (frame) => show(table.apply(frame)),
    });
  }
  moment = request;
  replay.seek({ ...request, wanted });
}

function goLive(): void {
  if (replay === undefined) return;
  replay[Symbol.dispose]();
  replay = undefined;
  moment = undefined;
  startAnew();
  connect();
}

addEventListener("message", ({ data }: MessageEvent<ToFeed>) => {
  switch (data.kind) {
    case "connect":
      target = data;
      if (replay === undefined) connect();
      return;
    case "close":
      target = undefined;
      connect();
      return;
    case "subscribe":
      wanted = data.wanted;
      connection?.want(wanted);
      if (moment !== undefined) replay?.seek({ ...moment, wanted });
      return;
    case "buffer":
      return writer.giveBack(data.buffer);
    case "replay":
      return playAt(data);
    case "live":
      goLive();
  }
});
