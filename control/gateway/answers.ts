import type { IncomingMessage } from "node:http";
import { randomUUID } from "node:crypto";
import { PROBLEM_TYPE, Problem, problemBody, unavailable } from "@drover/core/service/problem";
import type { ProblemFacts } from "@drover/core/service/problem";
import type { Exchange } from "./forward.ts";
import type { Failure } from "./pick.ts";

// What the gateway itself says to a caller, and how it reads what a caller says.

export function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}

/**
 * A path as the services' routers read it: decoded, and without a slash at its end. Other spellings
 * of a path must not lead where the path itself does not.
 */
export function plainPathOf(request: IncomingMessage): string {
  const [path = "/"] = (request.url ?? "/").split(/[?#]/, 1);
  try {
    return decodeURIComponent(path).replace(/(?<=.)\/$/, "");
  } catch {
    return path;
  }
}

export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}

/** What a caller is told when no copy answered. */
export function problemOf(service: string, failure: Failure): ProblemFacts {
  if (failure.kind === "refused") return unavailable(`no copy of ${service} answers`, 1000).facts;
  const isLate = failure.kind === "timeout";
  return new Problem({
    status: isLate ? 504 : 502,
    code: isLate ? "upstream-timeout" : "upstream-broke",
    title: isLate ? "A service took too long" : "A service broke off",
    detail: `${service}: ${failure.detail}`,
  }).facts;
}

/** Answers with a problem, where there is still an answer to give. */
export function sendProblem(exchange: Exchange, facts: ProblemFacts): void {
  const { request, response, requestId } = exchange;
  if (response.headersSent) {
    // Half an answer is out: only a broken connection can tell.
    response.destroy();
    return;
  }
  const body = JSON.stringify(problemBody(facts, requestId));
  // A body that nobody reads would be taken for the next request.
  if (!request.complete) response.setHeader("connection", "close");
  response.writeHead(facts.status, {
    ...facts.headers,
    "content-type": PROBLEM_TYPE,
    "content-length": Buffer.byteLength(body),
    "x-request-id": requestId,
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
