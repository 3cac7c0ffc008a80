import { Agent } from "node:http";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "@drover/core/service/clock";
import { notFound, unavailable } from "@drover/core/service/problem";
import { pathOf, problemOf, requestIdOf, sendProblem } from "./answers.ts";
import type { Copies } from "./copies.ts";
import type { GatewayEvents } from "./events.ts";
import { forward } from "./forward.ts";
import type { Exchange } from "./forward.ts";
import { mayRetry } from "./pick.ts";
import type { Router } from "./router.ts";
import { passUpgrade } from "./upgrade.ts";

export type CourierDeps = {
  readonly clock: Clock;
  readonly copies: Copies;
  readonly router: Router;
  readonly events: GatewayEvents;
};

/** Carries requests to copies and answers back: acts on what the router and `mayRetry` decide. */
export interface Courier {
  carry(exchange: Exchange): Promise<void>;
  carryUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Requests under way, upgraded connections aside. */
  active(): number;
  /** Ends upgraded connections and idle ones to the copies. */
  close(): void;
}

/** Further requests for one copy wait for a socket; the server's connections bound how many. */
const SOCKETS_PER_COPY = 512;

export function createCourier(config: { answerMsMax: number }, deps: CourierDeps): Courier {
  const { clock, copies, events, router } = deps;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: SOCKETS_PER_COPY,
    timeout: config.answerMsMax,
  });
  const upgraded = new Set<Duplex>();
  let active = 0;

  async function tryCopies(exchange: Exchange) {
    const method = exchange.request.method ?? "GET";
    const path = pathOf(exchange.request);
    const tried: string[] = [];
    for (;;) {
      const choice = router.choose({ method, path }, tried);
      if (!choice) {
        const problem = notFound(`nothing is served at ${path}`).facts;
        return { service: "none", instance: "none", problem };
      }
      const { service, copy } = choice;
      if (!copy) {
        const problem = unavailable(`no copy of ${service} is ready`, 1000).facts;
        return { service, instance: "none", problem };
      }
      const { instance } = copy;
      const result = await forward(exchange, copy, agent);
      if (result.kind !== "failed") return { service, instance };
      const { failure } = result;
      if (failure.kind === "refused") copies.noteRefused(instance);
      events.failed({ service, instance, failure });
      tried.push(instance);
      if (mayRetry(method, tried.length, failure)) continue;
      return { service, instance, problem: problemOf(service, failure) };
    }
  }

  return {
    active: () => active,
    async carry(exchange) {
      const { request, response } = exchange;
      const startMs = clock.monotonicMs();
      active += 1;
      try {
        const { service, instance, problem } = await tryCopies(exchange);
        if (problem) sendProblem(exchange, problem);
        const status = response.headersSent ? String(response.statusCode) : "left";
        const seconds = (clock.monotonicMs() - startMs) / 1000;
        events.served({ service, instance, method: request.method ?? "GET", status, seconds });
      } finally {
        active -= 1;
      }
    },
    async carryUpgrade(request, socket, head) {
      const choice = router.choose({ method: request.method ?? "GET", path: pathOf(request) }, []);
      if (!choice?.copy) {
        const status = choice ? "503 Service Unavailable" : "404 Not Found";
        socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
        return;
      }
      upgraded.add(socket);
      const { service, copy } = choice;
      const outcome = await passUpgrade({ request, socket, head }, copy, requestIdOf(request));
      upgraded.delete(socket);
      events.upgraded({ service, instance: copy.instance, outcome });
    },
    close() {
      for (const socket of upgraded) socket.destroy();
      agent.destroy();
    },
  };
}
