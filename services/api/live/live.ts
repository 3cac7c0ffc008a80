// The live feeds as a whole: server-sent events and WebSocket, with one number of seats for both.

import type { Server } from "node:http";
import type { TokenVerifier } from "@drover/core/service/auth";
import type { Clock } from "@drover/core/service/clock";
import { createSemaphore } from "@drover/core/service/limits";
import type { Log } from "@drover/core/service/log";
import type { Board } from "./board.ts";
import { createFeed, type Feed } from "./feed.ts";
import { createLiveHub, type LiveCounts } from "./hub.ts";
import { createNotices, noticesDefaults, type NoticeSources } from "./notices.ts";
import { acceptLiveSockets } from "./upgrade.ts";

export interface LiveDeps extends NoticeSources {
  readonly board: Board;
  readonly verifier: TokenVerifier;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Live {
  /** Server-sent events, for the route. */
  readonly feed: Feed;
  /** Takes WebSockets at `/v1/live` of this server until the signal aborts. */
  accept(server: Server, signal: AbortSignal): void;
  /** Tells clients what changes until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  clients(): number;
  counts(): LiveCounts;
}

const feedConfig = { assetsPerEventMax: 5_000, heartbeatMs: 15_000, stuckMsMax: 60_000 };
const socketConfig = { heartbeatMs: 15_000, stuckMsMax: 30_000, silentMsMax: 15_000 };

/** Bound: one client more than `clientsMax` is refused (reject). */
export function createLive(config: { readonly clientsMax: number }, deps: LiveDeps): Live {
  const { board, clock, log, verifier } = deps;
  const { clientsMax } = config;
  const seats = createSemaphore({ name: "live clients", permits: clientsMax, waitersMax: 0 });
  const notices = createNotices(noticesDefaults, deps);
  const hub = createLiveHub({ board, clock });
  return {
    feed: createFeed(feedConfig, { board, clock, verifier, seats, notices }),
    accept(server, signal) {
      acceptLiveSockets(
        server,
        socketConfig,
        { hub, notices, seats, verifier, clock, log },
        signal,
      );
    },
    async run(signal) {
      await Promise.all([hub.run(signal), notices.run(signal)]);
    },
    clients: () => seats.inUse(),
    counts: () => hub.counts(),
  };
}
