// One WebSocket of the live feed: a client's wishes in, frames and notices out.
//
// Bounds: a frame is written when the one before has left this process; notices wait for the socket's
// buffer to be small (hub.ts, notices.ts). Who says too much, or takes nothing, or is not there any more,
// is sent away.

import type { RawData, WebSocket } from "ws";
import type { TokenVerifier } from "@drover/core/service/auth";
import { isAllowed } from "@drover/core/service/auth";
import type { Clock } from "@drover/core/service/clock";
import type { LiveMessage } from "@drover/core/model/live-messages";
import type { LiveHub, LiveMember } from "./hub.ts";
import type { NoticeMember, Notices } from "./notices.ts";
import { readSubscription, SubscriptionError } from "./subscription.ts";

export interface SocketConfig {
  /** Between two pings; who has not answered one at the next but one is gone. */
  readonly heartbeatMs: number;
  /** Longest time for a frame to leave this process. */
  readonly stuckMsMax: number;
  /** Longest time until a new client says what it wants. */
  readonly silentMsMax: number;
}

export interface SocketDeps {
  readonly hub: LiveHub;
  readonly notices: Notices;
  readonly verifier: TokenVerifier;
  readonly clock: Clock;
}

export interface LiveSocket {
  /** Called once every `heartbeatMs`. */
  tend(): void;
  /** Ends it: 1001, this server is going away. */
  close(): void;
}

/** Close codes: RFC 6455 §7.4.1. */
const closeCodes = { goingAway: 1001, policy: 1008, tryLater: 1013 } as const;
/** Notices are not written into a buffer that is larger. */
const BUFFER_BYTES_MAX = 256 * 1024;
const MESSAGES_PER_SECOND_MAX = 20;
const CLOSE_MS_MAX = 1_000;

/** Serves a connection until it closes. `token` is looked at again while it lives. */
export function serveSocket(
  socket: WebSocket,
  token: string,
  config: SocketConfig,
  deps: SocketDeps,
): LiveSocket {
  return new SocketClient(socket, token, config, deps);
}

class SocketClient implements LiveSocket {
  readonly #socket: WebSocket;
  readonly #token: string;
  readonly #config: SocketConfig;
  readonly #deps: SocketDeps;
  readonly #startMs: number;
  #member: LiveMember | undefined;
  #notices: NoticeMember | undefined;
  /** When the frame under way was given to the socket. */
  #sendingSinceMs: number | undefined;
  /** Pings since the client was last heard. */
  #unanswered = 0;
  #secondMs = 0;
  #messages = 0;

  constructor(socket: WebSocket, token: string, config: SocketConfig, deps: SocketDeps) {
    this.#socket = socket;
    this.#token = token;
    this.#config = config;
    this.#deps = deps;
    this.#startMs = deps.clock.monotonicMs();
    socket.on("message", (data: RawData, isBinary: boolean) => this.#hear(data, isBinary));
    socket.on("pong", () => {
      this.#unanswered = 0;
    });
    socket.on("close", () => this.#leave());
    // A broken frame or connection: `close` follows.
    socket.on("error", () => {});
  }

  tend(): void {
    const { clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    const { stuckMsMax, silentMsMax } = this.#config;
    const isStuck = this.#sendingSinceMs !== undefined && nowMs - this.#sendingSinceMs > stuckMsMax;
    if (isStuck || this.#unanswered >= 2) {
      this.#socket.terminate();
      return;
    }
    if (!this.#member && nowMs - this.#startMs > silentMsMax) {
      this.#end(closeCodes.policy, "no subscription came");
      return;
    }
    this.#unanswered += 1;
    this.#socket.ping();
    void this.#checkToken();
  }

  close(): void {
    this.#end(closeCodes.goingAway, "this server is going away");
  }

  #hear(data: RawData, isBinary: boolean): void {
    this.#unanswered = 0;
    if (this.#isTooMuch()) {
      this.#end(closeCodes.policy, `more than ${MESSAGES_PER_SECOND_MAX} messages a second`);
      return;
    }
    try {
      if (isBinary || !Buffer.isBuffer(data)) throw new SubscriptionError("expected text");
      const subscription = readSubscription(data.toString("utf8"));
      this.#member ??= this.#deps.hub.join({
        isReady: () => this.#sendingSinceMs === undefined,
        greet: (frame) => this.#socket.send(frame),
        send: (frame) => this.#send(frame),
      });
      this.#member.subscribe(subscription);
      if (this.#notices) this.#notices.move(subscription);
      else this.#notices = this.#joinNotices(subscription);
    } catch (error) {
      if (!(error instanceof SubscriptionError)) throw error;
      const notice: LiveMessage = { type: "notice", code: "bad-message", text: error.message };
      if (this.#hasRoom()) this.#socket.send(JSON.stringify(notice));
    }
  }

  #isTooMuch(): boolean {
    const nowMs = this.#deps.clock.monotonicMs();
    if (nowMs - this.#secondMs >= 1_000) {
      this.#secondMs = nowMs;
      this.#messages = 0;
    }
    this.#messages += 1;
    return this.#messages > MESSAGES_PER_SECOND_MAX;
  }

  #joinNotices(places: Parameters<Notices["join"]>[1]): NoticeMember {
    const reader = {
      hasRoom: () => this.#hasRoom(),
      tell: (_type: LiveMessage["type"], json: string) => this.#socket.send(json),
    };
    return this.#deps.notices.join(reader, places);
  }

  #hasRoom(): boolean {
    const { readyState, OPEN, bufferedAmount } = this.#socket;
    return readyState === OPEN && bufferedAmount < BUFFER_BYTES_MAX;
  }

  #send(frame: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#sendingSinceMs ??= this.#deps.clock.monotonicMs();
    this.#socket.send(frame, { binary: true }, () => {
      this.#sendingSinceMs = undefined;
    });
  }

  /** A token that was revoked, or whose time is over, ends what it began. */
  async #checkToken(): Promise<void> {
    try {
      const principal = await this.#deps.verifier.verify(this.#token);
      if (principal && isAllowed(principal.role, "viewer")) return;
      this.#end(closeCodes.policy, "the token is revoked or expired");
    } catch {
      // The store is away: that is no reason to send anybody away.
    }
  }

  #end(code: number, reason: string): void {
    this.#leave();
    this.#socket.close(code, reason);
    // Who does not answer the closing is not waited for.
    const late = setTimeout(() => this.#socket.terminate(), CLOSE_MS_MAX);
    this.#socket.once("close", () => clearTimeout(late));
  }

  #leave(): void {
    this.#member?.leave();
    this.#notices?.leave();
  }
}
