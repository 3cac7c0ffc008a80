// `GET /v1/live` as server-sent events: the latest of the assets a client asked for, coalesced.
//
// A client gets at most one event a tick, holding each changed asset once. A slow client skips
// ticks (keep-latest): nothing queues for it, and what changed meanwhile comes with the next event
// that it can take.

import type { ServerResponse } from "node:http";
import type { LiveMessage } from "@drover/core/model/live-messages";
import { isAllowed, type TokenVerifier } from "@drover/core/service/auth";
import type { Clock } from "@drover/core/service/clock";
import type { Permit, Semaphore } from "@drover/core/service/limits";
import type { AssetFilter, Board } from "./board.ts";
import type { NoticePlaces, Notices } from "./notices.ts";

export interface FeedConfig {
  /** Assets in one event; the rest follows with the next. */
  readonly assetsPerEventMax: number;
  readonly heartbeatMs: number;
  /** A client that takes nothing for so long is sent away: its place is for those who read. */
  readonly stuckMsMax: number;
}

export interface FeedRequest {
  readonly filter: AssetFilter;
  /** At most one event of assets in this time. */
  readonly everyMs: number;
  /** Where watching's events and alerts go on. */
  readonly places: NoticePlaces;
  /** What the client came with; it ends with it. */
  readonly token: string;
}

export interface FeedDeps {
  readonly board: Board;
  readonly clock: Clock;
  readonly verifier: TokenVerifier;
  /** One seat for each live client, of either kind. */
  readonly seats: Pick<Semaphore, "tryAcquire">;
  readonly notices: Pick<Notices, "join">;
}

export interface Feed {
  /** A place for one more client; undefined when there is none. */
  seat(): Permit | undefined;
  /** Serves one client until it leaves or the signal aborts. */
  serve(response: ServerResponse, request: FeedRequest, signal: AbortSignal): Promise<void>;
}

export function createFeed(config: FeedConfig, deps: FeedDeps): Feed {
  const { board, clock, verifier, seats, notices } = deps;

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

  /** Returns when the token was revoked, or its time is over, or the signal aborts. */
  async function untilRefused(token: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(config.heartbeatMs, signal).catch(() => {});
      if (!signal.aborted && !(await isStillAllowed(verifier, token))) return;
    }
  }

  return {
    seat: () => seats.tryAcquire(),
    async serve(response, request, signal) {
      const leaving = new AbortController();
      const leave = () => leaving.abort();
      response.once("close", leave);
      response.on("error", leave);
      // Who left while its token was looked at has closed already.
      if (response.destroyed || response.closed) leave();
      const member = notices.join(
        {
          hasRoom: () => !response.writableNeedDrain && !response.destroyed,
          tell: (type, json) => void response.write(noticeText(type, json)),
        },
        request.places,
      );
      try {
        begin(response);
        const ending = AbortSignal.any([signal, leaving.signal]);
        void untilRefused(request.token, ending).then(leave);
        await pump(response, request, ending);
      } finally {
        leave();
        member.leave();
        response.end();
      }
    },
  };
}

function begin(response: ServerResponse): void {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-accel-buffering": "no",
    // Kept alive after the end it would hold up a server that stops.
    connection: "close",
  });
  response.write("retry: 1000\n\n");
}

async function isStillAllowed(verifier: TokenVerifier, token: string): Promise<boolean> {
  try {
    const principal = await verifier.verify(token);
    return principal !== undefined && isAllowed(principal.role, "viewer");
  } catch {
    // The store is away: that is no reason to send anybody away.
    return true;
  }
}

/** An event without an id: `id` is the place in the assets' changes. */
function noticeText(type: LiveMessage["type"], json: string): string {
  return `event: ${type}\ndata: ${json}\n\n`;
}

/** One server-sent event (WHATWG HTML §9.2.6); JSON has no raw line break, so one data line. */
function eventText(name: string, version: number, items: readonly string[]): string {
  return `event: ${name}\nid: ${version}\ndata: {"items":[${items.join(",")}]}\n\n`;
}
