import { request as openRequest } from "node:http";
import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { hasBody, requestHeaders, responseHeaders } from "./headers.ts";
import type { Failure } from "./pick.ts";
import type { Copy } from "./table.ts";

export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
};

export type ForwardResult =
  | { readonly kind: "answered"; readonly status: number }
  /** The caller went away; nobody waits for an answer. */
  | { readonly kind: "left" }
  | { readonly kind: "failed"; readonly failure: Failure };

/**
 * Sends one request to one copy and its answer back, both as streams: nothing is kept in memory
 * beyond what the slower side's socket takes. Never rejects.
 *
 * The body is touched only once the connection stands, so that a refused request is still whole.
 */
export function forward(exchange: Exchange, copy: Copy, agent: Agent): Promise<ForwardResult> {
  const { request, response, requestId } = exchange;
  return new Promise((resolve) => {
    let hasBegun = false;
    let isConnected = false;
    const up = openRequest({
      agent,
      host: copy.host,
      port: copy.port,
      method: request.method,
      path: request.url,
      headers: requestHeaders(request, requestId),
      setHost: request.headers.host === undefined,
    });
    const leave = () => {
      if (response.writableFinished) return;
      up.destroy();
      resolve({ kind: "left" });
    };
    response.once("close", leave);
    up.once("timeout", () => {
      // An answer that has begun may be quiet for long, as a stream of events is.
      if (!hasBegun) up.destroy(new TimeoutError());
    });
    up.once("error", (error) => {
      response.off("close", leave);
      resolve({ kind: "failed", failure: failureOf(error, { isConnected, hasBegun }) });
    });
    up.once("response", (answer) => {
      hasBegun = true;
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, responseHeaders(answer));
      // The first event of a stream must not wait for the second.
      response.flushHeaders();
      pipeline(answer, response, (error) => {
        response.off("close", leave);
        if (!error) resolve({ kind: "answered", status: answer.statusCode ?? 502 });
        else resolve({ kind: "failed", failure: failureOf(error, { isConnected, hasBegun }) });
      });
    });
    onceConnected(up, () => {
      isConnected = true;
      if (hasBody(request)) pipeline(request, up, () => {});
      else up.end();
    });
  });
}

class TimeoutError extends Error {
  override name = "TimeoutError";
}

function onceConnected(up: ClientRequest, start: () => void): void {
  up.once("socket", (socket) => {
    if (socket.connecting) socket.once("connect", start);
    else start();
  });
  // Without this a request with a body would wait for its first byte before it takes a socket.
  up.setNoDelay(true);
}

function failureOf(
  error: Error,
  at: { readonly isConnected: boolean; readonly hasBegun: boolean },
): Failure {
  const detail = error.message;
  if (!at.isConnected) return { kind: "refused", detail };
  const kind = error instanceof TimeoutError ? "timeout" : "broken";
  return { kind, hasBegun: at.hasBegun, detail };
}
