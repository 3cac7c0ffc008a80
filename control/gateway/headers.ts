import type { IncomingMessage } from "node:http";

/** They speak about one connection and end with it (RFC 9110 §7.6.1). */
const hopByHop = new Set([
  "connection",
  // Answered here already: the server says 100 before we see the request.
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** We are the front door: what a caller says about its own address is not believed. */
const replaced = new Set(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded"]);

function namedByConnection(connection: string | undefined): ReadonlySet<string> {
  return new Set((connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
}

/** The headers of a request as they go on, as pairs in a flat list. */
export function requestHeaders(request: IncomingMessage, requestId: string): string[] {
  const named = namedByConnection(request.headers.connection);
  const kept = keepPairs(
    request.rawHeaders,
    (name) =>
      !hopByHop.has(name) && !named.has(name) && !replaced.has(name) && name !== "x-request-id",
  );
  kept.push("x-request-id", requestId);
  kept.push("x-forwarded-for", request.socket.remoteAddress ?? "unknown");
  kept.push("x-forwarded-proto", "http");
  if (request.headers.host !== undefined) kept.push("x-forwarded-host", request.headers.host);
  // Without a length a chunked body would be announced, and an empty one is still one of no type.
  if (mayHaveBody.has(request.method ?? "") && !announcesBody(request)) {
    kept.push("content-length", "0");
  }
  return kept;
}

/** The headers of an answer as they go back. */
export function responseHeaders(response: IncomingMessage): string[] {
  const named = namedByConnection(response.headers.connection);
  return keepPairs(response.rawHeaders, (name) => !hopByHop.has(name) && !named.has(name));
}

function keepPairs(pairs: readonly string[], keeps: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const name = pairs[at] ?? "";
    if (keeps(name.toLowerCase())) kept.push(name, pairs[at + 1] ?? "");
  }
  return kept;
}

const mayHaveBody = new Set(["POST", "PUT", "PATCH"]);

function announcesBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || headers["content-length"] !== undefined;
}

/** Whether a request brings a body (RFC 9112 §6.3). */
export function hasBody(request: IncomingMessage): boolean {
  const { headers } = request;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
