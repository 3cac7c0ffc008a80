import { once } from "node:events";
import { createServer } from "node:http";
import type { Clock } from "@drover/core/service/clock";
import type { HttpApp } from "@drover/core/service/http";
import { plainPathOf, requestIdOf } from "./answers.ts";
import type { Courier } from "./courier.ts";

export type GatewayConfig = {
  readonly host: string;
  readonly port: number;
  /** Further connections are closed at once: reject. */
  readonly connectionsMax: number;
};

export type GatewayDeps = {
  readonly clock: Clock;
  readonly courier: Courier;
  /** Answers what is asked of the gateway itself. */
  readonly own: HttpApp;
};

/** The front door: takes requests for the whole of Drover; the courier carries each to a copy. */
export interface Gateway {
  /** The port it listens on. */
  listen(): Promise<number>;
  /** No new connections; the open ones get their answers with "close". */
  stopAccepting(): void;
  /** Waits until no answer is under way, or until `limitMs`: streams of events have no end. */
  drain(limitMs: number): Promise<void>;
  close(): Promise<void>;
}

const ownPaths = new Set(["/healthz", "/livez", "/readyz", "/health", "/version", "/metrics"]);
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_MS = 30_000;
const DRAIN_POLL_MS = 20;

export function createGateway(config: GatewayConfig, deps: GatewayDeps): Gateway {
  const { clock, courier, own } = deps;
  let isStopping = false;
  const server = createServer((request, response) => {
    if (isStopping) response.setHeader("connection", "close");
    if (ownPaths.has(plainPathOf(request))) own.routing(request, response);
    else void courier.carry({ request, response, requestId: requestIdOf(request) });
  });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxConnections = config.connectionsMax;
  server.on("upgrade", (request, socket, head) => {
    if (isStopping || ownPaths.has(plainPathOf(request))) socket.destroy();
    else void courier.carryUpgrade(request, socket, head);
  });

  return {
    async listen() {
      await own.ready();
      server.listen(config.port, config.host);
      await once(server, "listening");
      const address = server.address();
      return address !== null && typeof address === "object" ? address.port : config.port;
    },
    stopAccepting() {
      isStopping = true;
      server.close();
      server.closeIdleConnections();
    },
    async drain(limitMs) {
      const endMs = clock.monotonicMs() + limitMs;
      while (courier.active() > 0 && clock.monotonicMs() < endMs) await clock.sleep(DRAIN_POLL_MS);
    },
    async close() {
      courier.close();
      server.closeAllConnections();
      await own.close();
    },
  };
}
