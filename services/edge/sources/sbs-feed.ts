// One TCP connection to a BaseStation feed, read only when asked.

import { once } from "node:events";
import { createConnection } from "node:net";
import type { Socket } from "node:net";
import type { Clock } from "@drover/core/service/clock";
import { withDeadline } from "./body.ts";

const CONNECT_MS_MAX = 10_000;
/** A fix waits this long for its speed when nothing else comes. */
const SILENT_STEP_MS = 250;

/** The feed ended, or was silent for too long. */
export class SbsFeedError extends Error {
  override name = "SbsFeedError";
}

/** Bytes as they come, or `silent` when none came for a quarter of a second. */
export type SbsFeed = AsyncGenerator<Uint8Array | "silent", void>;

/**
 * Connects and reads until the connection ends or is silent for `idleMs`; both are errors. Leaving
 * the generator closes the connection.
 *
 * @throws SbsFeedError, DeadlineError, or what the socket says.
 */
export async function* openFeed(
  config: { readonly host: string; readonly port: number; readonly idleMs: number },
  deps: { readonly clock: Clock; readonly signal: AbortSignal },
): SbsFeed {
  const { host, port } = config;
  const socket = createConnection({ host, port, keepAlive: true });
  try {
    await withDeadline({ ms: CONNECT_MS_MAX, what: `sbs ${host}:${port}` }, deps, (signal) =>
      once(socket, "connect", { signal }),
    );
    const chunks = createChunkReader(socket, deps);
    for (let silentMs = 0; silentMs <= config.idleMs;) {
      const chunk = await chunks.next(SILENT_STEP_MS);
      silentMs = chunk === "silent" ? silentMs + SILENT_STEP_MS : 0;
      yield chunk;
    }
    throw new SbsFeedError(`sbs: silent for more than ${config.idleMs} ms`);
  } finally {
    socket.destroy();
  }
}

interface ChunkReader {
  /** The next bytes, or `silent` when none came in time; rejects at the end of the stream. */
  next(ms: number): Promise<Uint8Array | "silent">;
}

/** Reads only when asked, so that a slow outbox slows the sender (block). */
function createChunkReader(
  socket: Socket,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): ChunkReader {
  const iterator: AsyncIterator<Uint8Array> = socket[Symbol.asyncIterator]();
  let pending: Promise<IteratorResult<Uint8Array>> | undefined;
  return {
    async next(ms) {
      pending ??= iterator.next();
      const done = new AbortController();
      const timer = clock
        .sleep(ms, AbortSignal.any([signal, done.signal]))
        .then(() => "silent" as const);
      // The loser of the race must not end as an unhandled rejection.
      timer.catch(() => undefined);
      pending.catch(() => undefined);
      try {
        const winner = await Promise.race([pending, timer]);
        if (winner === "silent") return winner;
        pending = undefined;
        if (winner.done === true) throw new SbsFeedError("sbs: the feed closed the connection");
        return winner.value;
      } finally {
        done.abort();
      }
    },
  };
}
