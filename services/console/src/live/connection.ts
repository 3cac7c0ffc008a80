// One live connection that mends itself: after a drop it waits 0.5 s, then twice as long each time up to
// 30 s, by chance between half and the whole of it; then it resumes where it was.
//
//   connecting ─frame→ live ─silent→ stale ─frame→ live
//        ↑               └────close───┴→ offline ─wait→ connecting
//
// One that stays silent is closed: nobody else tells of a peer that is gone.

import { decodeFrame } from "@drover/core/model/live-wire-reader";
import { liveSubprotocol, liveTokenProtocol } from "@drover/core/model/live-wire";
import type { LiveFrame } from "@drover/core/model/live-wire";
import type { LiveMessage, LiveSubscribe } from "@drover/core/model/live-messages";
import type { FromFeed, Wanted } from "./feed-messages.ts";

/** As much of a socket as a connection uses. */
export type LiveSocket = Pick<
  WebSocket,
  "addEventListener" | "binaryType" | "close" | "readyState" | "send"
>;

export interface ConnectionDeps {
  readonly openSocket: (url: string, protocols: string[]) => LiveSocket;
  readonly random: () => number;
  readonly onFrame: (frame: LiveFrame) => void;
  readonly onMessage: (message: LiveMessage) => void;
  readonly onLink: (link: Extract<FromFeed, { kind: "link" }>["link"]) => void;
}

export interface Connection extends Disposable {
  /** Wants other assets from now on. */
  want(wanted: Wanted): void;
}

const WAIT_MS = { min: 500, max: 30_000 };
/** A frame comes every 5 s at least. */
const SILENT_MS = 15_000;
/** Silent for so long after that, a connection is given up. */
const DEAD_MS = 10_000;

/** How long to wait before try number `tries` (from 0). */
export function waitMs(tries: number, random: number): number {
  const full = Math.min(WAIT_MS.max, WAIT_MS.min * 2 ** Math.min(tries, 10));
  return full * (0.5 + 0.5 * random);
}

export interface ConnectionConfig {
  readonly url: string;
  readonly token: string;
  readonly wanted: Wanted;
}

/** Connects at once, and again whenever the connection breaks, until it is disposed of. */
export function createConnection(config: ConnectionConfig, deps: ConnectionDeps): Connection {
  return new LastingConnection(config, deps);
}

class LastingConnection implements Connection {
  readonly #config: ConnectionConfig;
  readonly #deps: ConnectionDeps;
  #wanted: Wanted;
  #socket: LiveSocket | undefined;
  #tries = 0;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #silent: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #resume: { token: string; version: number } | undefined;
  #eventsAfter: number | undefined;
  #alertsAfter: number | undefined;

  constructor(config: ConnectionConfig, deps: ConnectionDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#wanted = config.wanted;
    this.#open();
  }

  want(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#subscribe(undefined);
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#waiting);
    clearTimeout(this.#silent);
    this.#socket?.close();
  }

  #open(): void {
    this.#deps.onLink("connecting");
    const protocols = [liveSubprotocol, `${liveTokenProtocol}${this.#config.token}`];
    const socket = this.#deps.openSocket(this.#config.url, protocols);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#expect(socket);
      this.#subscribe(this.#resume);
    });
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      try {
        this.#expect(socket);
        this.#take(data);
      } catch {
        // What cannot be read leaves the table behind: begin again.
        this.#resume = undefined;
        socket.close();
      }
    });
    socket.addEventListener("close", () => {
      clearTimeout(this.#silent);
      if (this.#isClosed) return;
      this.#deps.onLink("offline");
      const ms = waitMs(this.#tries++, this.#deps.random());
      this.#waiting = setTimeout(() => this.#open(), ms);
    });
  }

  #subscribe(resume: { token: string; version: number } | undefined): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const message: LiveSubscribe = {
      type: "subscribe",
      ...this.#wanted,
      ...(this.#eventsAfter !== undefined && { eventsAfter: this.#eventsAfter }),
      ...(this.#alertsAfter !== undefined && { alertsAfter: this.#alertsAfter }),
      ...(resume !== undefined && resume.version > 0 && { resume }),
    };
    this.#socket.send(JSON.stringify(message));
  }

  /** A word within the time, from now. */
  #expect(socket: LiveSocket): void {
    clearTimeout(this.#silent);
    this.#silent = setTimeout(() => {
      this.#deps.onLink("stale");
      this.#silent = setTimeout(() => socket.close(), DEAD_MS);
    }, SILENT_MS);
  }

  #take(data: unknown): void {
    this.#deps.onLink("live");
    if (data instanceof ArrayBuffer) this.#takeFrame(decodeFrame(new Uint8Array(data)));
    else if (typeof data === "string") this.#takeMessage(JSON.parse(data));
  }

  #takeFrame(frame: LiveFrame): void {
    if (frame.type === "hello") this.#resume = { token: frame.resume, version: 0 };
    else if (this.#resume !== undefined) this.#resume.version = frame.version;
    this.#deps.onFrame(frame);
    // Only what is understood is a success: else it would try again and again without a wait.
    if (frame.type !== "hello") this.#tries = 0;
  }

  #takeMessage(message: LiveMessage): void {
    if (message.type === "event") this.#eventsAfter = message.event.number;
    if (message.type === "alert") this.#alertsAfter = message.revision;
    this.#deps.onMessage(message);
  }
}
