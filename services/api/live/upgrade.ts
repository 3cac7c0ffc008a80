// The door of the WebSocket at `GET /v1/live`: path, origin, token and room are looked at before anything
// is switched. What is refused gets an HTTP answer.
//
// The token comes as `Authorization: Bearer`, as `?access_token=`, or, for browsers, as an offered
// subprotocol beside the real one: `drover.live.v1, drover.token.<token>`. The last stays out of logs of
// addresses and is what the console uses.

import { randomUUID } from "node:crypto";
import { STATUS_CODES, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { liveLimits } from "@drover/core/model/live-messages";
import { liveSubprotocol, liveTokenProtocol } from "@drover/core/model/live-wire";
import {
  authorize,
  readToken,
  type Credentials,
  type TokenVerifier,
} from "@drover/core/service/auth";
import type { Clock } from "@drover/core/service/clock";
import type { Semaphore } from "@drover/core/service/limits";
import type { Log } from "@drover/core/service/log";
import {
  PROBLEM_TYPE,
  Problem,
  forbidden,
  problemBody,
  unavailable,
} from "@drover/core/service/problem";
import { serveSocket, type LiveSocket, type SocketConfig, type SocketDeps } from "./socket.ts";

export interface UpgradeDeps extends SocketDeps {
  /** One seat for each live client, of either kind. */
  readonly seats: Pick<Semaphore, "tryAcquire">;
  readonly verifier: TokenVerifier;
  readonly clock: Clock;
  readonly log: Log;
}

const path = "/v1/live";
const RETRY_MS = 5_000;
const VERIFY_MS_MAX = 5_000;
const MAX_LINGER_MS = 1_000;

/** Takes WebSockets until the signal aborts, which also ends those that are open. */
export function acceptLiveSockets(
  server: Server,
  config: SocketConfig,
  deps: UpgradeDeps,
  stopping: AbortSignal,
): void {
  const { clock, log } = deps;
  const sockets = new Set<LiveSocket>();
  const switcher = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: liveLimits.messageBytes,
    handleProtocols: (offered) => (offered.has(liveSubprotocol) ? liveSubprotocol : false),
  });

  async function take(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (stopping.aborted) throw unavailable("live: this server is going away", RETRY_MS);
    if (!isOwnOrigin(request)) throw forbidden("live: a page of another origin asked");
    const credentials = credentialsOf(request);
    await inTime(authorize(credentials, "viewer", deps.verifier), clock);
    if (socket.destroyed) return;
    // Only now: nobody without a token keeps a seat from those who have one.
    const seat = deps.seats.tryAcquire();
    if (!seat) throw unavailable("live: no room for one more client", RETRY_MS);
    socket.once("close", () => seat.release());
    const token = readToken(credentials);
    switcher.handleUpgrade(request, socket, head, (connection) => {
      const served = serveSocket(connection, token, config, deps);
      sockets.add(served);
      connection.once("close", () => sockets.delete(served));
      if (stopping.aborted) served.close();
    });
  }

  // Anything else that asks for an upgrade (h2c) is answered as if it had not: RFC 9110 §7.8.
  Object.assign(server, { shouldUpgradeCallback: isLiveUpgrade });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => {});
    take(request, socket, head).catch((error: unknown) => {
      if (!(error instanceof Problem)) log.error({ err: error }, "live: upgrade failed");
      refuse(socket, error instanceof Problem ? error : unavailable("see the log", RETRY_MS));
    });
  });
  stopping.addEventListener("abort", () => {
    for (const socket of sockets) socket.close();
  });
  void tendAll(sockets, config, clock, stopping);
}

async function tendAll(
  sockets: ReadonlySet<LiveSocket>,
  config: SocketConfig,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(config.heartbeatMs, signal).catch(() => {});
    if (!signal.aborted) for (const socket of sockets) socket.tend();
  }
}

function isLiveUpgrade(request: IncomingMessage): boolean {
  const [asked] = (request.url ?? "").split("?", 1);
  const isAsked = asked === path || asked === `${path}/`;
  return isAsked && request.headers.upgrade?.toLowerCase() === "websocket";
}

/**
 * A browser says which page asks; others say nothing. The token is no cookie, so that a foreign page has
 * nothing to ride on; this keeps one from using a token that was given to it by mistake.
 */
function isOwnOrigin({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  const forwarded = headers["x-forwarded-host"];
  const own = [host, ...(typeof forwarded === "string" ? [forwarded] : [])];
  return URL.canParse(origin) && own.includes(new URL(origin).host);
}

function credentialsOf(request: IncomingMessage): Credentials {
  const { authorization } = request.headers;
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",");
  const inProtocol = offered
    .map((name) => name.trim())
    .find((name) => name.startsWith(liveTokenProtocol))
    ?.slice(liveTokenProtocol.length);
  const query = new URL(request.url ?? "/", "http://localhost").searchParams;
  return { authorization, queryToken: inProtocol ?? query.get("access_token") ?? undefined };
}

/** @throws Problem 503 when the store that knows tokens gives no answer. */
async function inTime<T>(answer: Promise<T>, clock: Clock): Promise<T> {
  const done = new AbortController();
  const late = clock.sleep(VERIFY_MS_MAX, done.signal).then(() => {
    throw unavailable("live: the token could not be looked at", RETRY_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    late.catch(() => {});
    done.abort();
  }
}

/** Answers in HTTP and closes; the caller gets a moment to read it. */
function refuse(socket: Duplex, { facts }: Problem): void {
  const body = JSON.stringify(problemBody(facts, randomUUID()));
  const headers = {
    ...facts.headers,
    connection: "close",
    "content-type": PROBLEM_TYPE,
    "content-length": String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const status = `HTTP/1.1 ${facts.status} ${STATUS_CODES[facts.status] ?? ""}`;
  socket.end(`${[status, ...lines].join("\r\n")}\r\n\r\n${body}`);
  const late = setTimeout(() => socket.destroy(), MAX_LINGER_MS);
  socket.once("close", () => clearTimeout(late));
}
