import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Basics } from "@drover/core/service/basics";
import type { HealthReport } from "@drover/core/service/health";
import {
  closedToObservers,
  isFromHere,
  isObserverToken,
} from "@drover/core/service/observer-access";
import type { Checkpoint } from "./checkpoint.ts";
import { ClickHouseError } from "./errors.ts";
import { authenticate } from "./users.ts";
import type { User } from "./users.ts";

export type RoutesDeps = Basics & {
  readonly front: RequestListener;
  readonly checkpoint: Checkpoint;
};

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What is served besides the ClickHouse interface itself; on plain node:http, as inserts are. */
export function createRoutes(
  config: { users: readonly User[] },
  deps: RoutesDeps,
): RequestListener {
  const { health, metrics, log, observers = closedToObservers } = deps;
  /** From elsewhere any user of the database may look, and who has the token for observers. */
  const admit = (request: IncomingMessage): void => {
    if (observers.isOpen || isFromHere(request)) return;
    if (isObserverToken(request.headers.authorization, observers)) return;
    authenticate(config.users, request.headers, new URLSearchParams());
  };
  const routes: Readonly<Record<string, Handler>> = {
    "/ping": async (_request, response) => send(response, 200, "text/plain", "Ok.\n"),
    "/replicas_status": async (_request, response) => send(response, 200, "text/plain", "Ok.\n"),
    "/healthz": async (_request, response) => sendReport(response, await health.liveness()),
    "/livez": async (_request, response) => sendReport(response, await health.liveness()),
    "/readyz": async (_request, response) => sendReport(response, await health.readiness()),
    "/health": async (request, response) => {
      admit(request);
      sendReport(response, await health.everything());
    },
    "/version": async (_request, response) =>
      sendJson(response, 200, { ...deps.version, node: process.version }),
    "/metrics": async (request, response) => {
      admit(request);
      send(response, 200, metrics.contentType, await metrics.expose());
    },
    "/drover/checkpoint": async (request, response) => {
      request.resume();
      requireFull(request, config.users);
      sendJson(response, 200, await deps.checkpoint.make());
    },
  };
  return (request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const handler = routes[path];
    if (handler) {
      handler(request, response).catch((error: unknown) => {
        if (!(error instanceof ClickHouseError)) log.error({ err: error, path }, "request failed");
        const status = error instanceof ClickHouseError ? error.status : 500;
        const body =
          error instanceof ClickHouseError ? error.body : "Internal error: see the log\n";
        send(response, status, "text/plain", body);
      });
    } else if (path === "/") {
      deps.front(request, response);
    } else {
      request.resume();
      const text = `There is no handle ${path}\nUse / or /ping for health checks.\n`;
      send(response, 404, "text/plain", text);
    }
  };
}

function requireFull(request: IncomingMessage, users: readonly User[]): void {
  if (request.method !== "POST") {
    throw new ClickHouseError("UNSUPPORTED_METHOD", "A checkpoint is made by POST");
  }
  const { searchParams } = new URL(request.url ?? "/", "http://localhost");
  const user = authenticate(users, request.headers, searchParams);
  if (user.role === "full") return;
  throw new ClickHouseError("ACCESS_DENIED", `${user.name} may not make a checkpoint`);
}

function sendReport(response: ServerResponse, report: HealthReport): void {
  sendJson(response, report.status === "pass" ? 200 : 503, report);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, "application/json", `${JSON.stringify(body)}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.statusCode = status;
  response.setHeader("Content-Type", type.includes(";") ? type : `${type}; charset=UTF-8`);
  response.end(body);
}
