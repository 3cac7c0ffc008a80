// `GET /v1/live` as server-sent events: the latest of the assets a client asked for, coalesced.
//
// A client gets at most one event a tick, holding each changed asset once. A slow client skips
// ticks (keep-latest): nothing queues for it, and what changed meanwhile comes with the next event
// that it can take.

import type { ServerResponse } from "node:http";
import type { Clock } from "@drover/core/service/clock";
import type { AssetFilter, Board } from "./board.ts";

export interface FeedConfig {
  /** Clients beyond this are refused. */
  readonly clientsMax: number;
  /** Assets in one event; the rest follows with the next. */
  readonly assetsPerEventMax: number;
  readonly heartbeatMs: number;
  /** A client that takes nothing for so long is sent away: its place is for those who read. */
  readonly stuckMsMax: number;
}

export interface FeedRequest {
  readonly filter: AssetFilter;
  /** At most one event in this time. */
  readonly everyMs: number;
}

export interface Feed {
  /** True while one more client may come. */
  hasRoom(): boolean;
  /** Serves one client until it leaves or the signal aborts. */
  serve(response: ServerResponse, request: FeedRequest, signal: AbortSignal): Promise<void>;
  clients(): number;
}

export function createFeed(config: FeedConfig, deps: { board: Board; clock: Clock }): Feed {
  const { board, clock } = deps;
  let clients = 0;

  async function pump(
    response: ServerResponse,
    request: FeedRequest,
    signal: AbortSignal,
  ): Promise<void> {
    let version = 0;
    let name = "snapshot";
    let lastWriteMs = clock.monotonicMs();
    while (!signal.aborted) {
      if (!response.writableNeedDrain) {
        const changes = board.changedSince(version, request.filter, config.assetsPerEventMax);
        const isWhole = changes.version === board.version();
        if (changes.items.length > 0 || (name === "snapshot" && isWhole)) {
          response.write(eventText(name, changes.version, changes.items));
          lastWriteMs = clock.monotonicMs();
        } else if (clock.monotonicMs() - lastWriteMs >= config.heartbeatMs) {
          response.write(": alive\n\n");
          lastWriteMs = clock.monotonicMs();
        }
        version = changes.version;
        if (isWhole) name = "assets";
        else continue;
      } else if (clock.monotonicMs() - lastWriteMs > config.stuckMsMax) {
        response.destroy();
        return;
      }
      await clock.sleep(request.everyMs, signal).catch(() => {});
    }
  }

  return {
    hasRoom: () => clients < config.clientsMax,
    clients: () => clients,
    async serve(response, request, signal) {
      clients++;
      const leaving = new AbortController();
      const leave = () => leaving.abort();
      response.once("close", leave);
      response.on("error", leave);
      try {
        response.writeHead(200, {
          "content-type": "text/event-stream; charset=utf-8",
          "cache-control": "no-store",
          "x-content-type-options": "nosniff",
          "x-accel-buffering": "no",
        });
        response.write("retry: 1000\n\n");
        await pump(response, request, AbortSignal.any([signal, leaving.signal]));
      } finally {
        clients--;
        response.end();
      }
    },
  };
}

/** One server-sent event (WHATWG HTML §9.2.6); JSON has no raw line break, so one data line. */
function eventText(name: string, version: number, items: readonly string[]): string {
  return `event: ${name}\nid: ${version}\ndata: {"items":[${items.join(",")}]}\n\n`;
}
