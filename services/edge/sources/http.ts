// Devices push to the edge over HTTP. A 2xx means that the outbox holds the reports; everything else
// means: send it again, or for 4xx: it will never be taken.

import { hash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { kindPattern } from "@drover/core/model/ids";
import { z } from "zod";
import { readPushed, type Read } from "./http-payload.ts";
import { defineKind, splitSpec } from "./kind.ts";
import { openOnceOnly, type OnceOnly } from "./once-only.ts";
import { SourceError } from "./source.ts";
import type { Emit, Source, SourceDeps } from "./source.ts";
import { createTally, messageOf, type Tally } from "./tally.ts";

export const HttpOptions = z.strictObject({
  host: z.string().min(1).max(255).default("127.0.0.1"),
  port: z.int().min(0).max(65_535).default(8_086),
  /** Kind of asset for OsmAnd, OwnTracks and Traccar Client, which do not say it. */
  kind: z.string().regex(kindPattern).default("phone"),
  /** Larger bodies get 413 (reject). */
  bodyBytesMax: z.int().min(64).max(67_108_864).default(1_048_576),
  /** Reports of one request (reject). */
  linesMax: z.int().min(1).max(100_000).default(10_000),
  /** Requests at once; further ones get 503 (reject). */
  requestsMax: z.int().min(1).max(10_000).default(64),
  /** A request that the outbox does not take in this time gets 503. */
  takeTimeoutMs: z.int().min(100).max(600_000).default(10_000),
});
export type HttpOptions = z.infer<typeof HttpOptions>;

const loopback = new Set(["127.0.0.1", "::1", "localhost"]);
const REQUEST_TIMEOUT_MS = 20_000;
const RETRY_AFTER_S = 5;

export const httpKind = defineKind({
  usage: "http=[HOST:]PORT[?kind=phone]",
  options: HttpOptions,
  fromText(text) {
    const { target, options } = splitSpec(text);
    if (target === "") return options;
    const match = /^(?:(.+):)?(\d{1,5})$/.exec(target);
    if (match === null) throw new Error(`"${target}" is not a port`);
    const host = match[1]?.replace(/^\[(.*)\]$/, "$1");
    return { port: Number(match[2]), ...(host !== undefined && { host }), ...options };
  },
  create: createHttpSource,
});

export interface HttpSource extends Source {
  /** The port it listens on, once it does. */
  listening(): Promise<number>;
}

export function createHttpSource(options: HttpOptions, name: string, deps: SourceDeps): HttpSource {
  const tally = createTally({ name, kind: "http" }, deps);
  const log = deps.log.child({ source: name });
  const ending = new AbortController();
  const ready = Promise.withResolvers<number>();
  ready.promise.catch(() => {});
  const token = deps.secrets?.httpToken;

  async function run(emit: Emit, outer: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([outer, ending.signal]);
    if (token === undefined && !loopback.has(options.host)) {
      throw new SourceError(`http on ${options.host} needs a token (DROVER_SOURCE_HTTP_TOKEN)`);
    }
    const file = join(deps.stateDir, `${name}.seen`);
    using onceOnly = await openOnceOnly({ reportsMax: 50_000, file });
    const parts: Parts = { options, tally, once: onceOnly, deps, emit, name, token, open: 0 };
    const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
      void answer(request, response, parts).catch((error: unknown) => {
        log.debug({ reason: messageOf(error) }, "request failed");
        response.destroy();
      });
    });
    server.headersTimeout = REQUEST_TIMEOUT_MS / 2;
    server.maxConnections = options.requestsMax * 4;
    try {
      ready.resolve(await listen(server, options));
    } catch (error) {
      ready.reject(error);
      throw new SourceError(`http on ${options.host}:${options.port}`, { cause: error });
    }
    tally.state("waiting");
    if (!signal.aborted) await once(signal, "abort");
    await close(server);
    tally.state("finished");
  }

  return {
    name,
    run,
    listening: () => ready.promise,
    status: () => tally.status(),
    [Symbol.asyncDispose]: async () => ending.abort(new Error("disposed")),
  };
}

interface Parts {
  readonly options: HttpOptions;
  readonly tally: Tally;
  readonly once: OnceOnly;
  readonly deps: SourceDeps;
  readonly emit: Emit;
  readonly name: string;
  readonly token: string | undefined;
  /** Requests in progress. */
  open: number;
}

async function listen(server: Server, options: HttpOptions): Promise<number> {
  server.listen(options.port, options.host);
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  await closed;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  parts: Parts,
): Promise<void> {
  const { options, tally } = parts;
  const url = URL.parse(request.url ?? "/", "http://edge");
  if (url === null) return say(response, 400, { error: "bad address" });
  if (request.method !== "POST" && request.method !== "GET") {
    return say(response, 405, { error: "POST or GET" }, { allow: "GET, POST" });
  }
  if (parts.token === undefined && request.headers["sec-fetch-site"] !== undefined) {
    // A web page that the user happens to look at can reach loopback; no device sends this header.
    return say(response, 403, { error: "browsers need a token" });
  }
  if (!isAllowed(request, url.searchParams, parts.token)) {
    tally.refused("unauthorized");
    return say(response, 401, { error: "a token is needed" }, { "www-authenticate": "Bearer" });
  }
  if (parts.open >= options.requestsMax) return busy(response, tally);
  parts.open += 1;
  try {
    const body = await readBody(request, options.bodyBytesMax);
    if (body === undefined) {
      tally.refused("body-too-large");
      return say(response, 413, { error: `at most ${options.bodyBytesMax} bytes` });
    }
    const read = readPushed(
      {
        query: url.searchParams,
        contentType: request.headers["content-type"] ?? "",
        body,
        user: headerOf(request, "x-limit-u"),
        device: headerOf(request, "x-limit-d"),
      },
      { source: parts.name, kind: options.kind, linesMax: options.linesMax },
    );
    await take(read, response, parts);
  } finally {
    parts.open -= 1;
  }
}

async function take(read: Read, response: ServerResponse, about: Parts): Promise<void> {
  const { tally, deps, options } = about;
  tally.received(read.reports.length + read.refused.length);
  for (const { reason } of read.refused) tally.refused(reason);
  const waiting = new AbortController();
  const tooLate = deps.clock.sleep(options.takeTimeoutMs, waiting.signal).then(
    () => undefined,
    () => undefined,
  );
  // What is late may still become durable; the device sends it again and it counts once.
  const taking = about.once.take(read.reports, about.emit).then((taken) => {
    tally.emitted(taken.emitted);
    tally.repeated(taken.repeated);
    return taken;
  });
  try {
    const taken = await Promise.race([taking, tooLate]);
    if (taken === undefined) {
      taking.catch(() => {});
      return busy(response, tally);
    }
    if (read.reports.length > 0) tally.succeeded();
    if (read.isOwnTracks) return say(response, 200, []);
    const isNothing = read.reports.length === 0 && read.refused.length > 0;
    const refused = read.refused.slice(0, 100);
    say(response, isNothing ? 400 : 200, {
      accepted: taken.emitted,
      repeated: taken.repeated,
      refused,
    });
  } catch (error) {
    tally.failed(error);
    busy(response, tally);
  } finally {
    waiting.abort(new Error("answered"));
  }
}

function busy(response: ServerResponse, tally: Tally): void {
  tally.refused("busy");
  say(response, 503, { error: "try again" }, { "retry-after": String(RETRY_AFTER_S) });
}

function say(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** Undefined beyond the bound; the rest is then not read. */
async function readBody(request: IncomingMessage, bytesMax: number): Promise<string | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > bytesMax) {
    request.resume();
    return undefined;
  }
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Bearer; Basic with the token as password (OwnTracks); `?token=` (OsmAnd apps can do no other). */
function isAllowed(
  request: IncomingMessage,
  query: URLSearchParams,
  token: string | undefined,
): boolean {
  if (token === undefined) return true;
  const given = /^(bearer|basic) +(\S{1,1024})$/i.exec(request.headers.authorization ?? "");
  const text = given?.[2] ?? query.get("token") ?? "";
  const isBasic = given?.[1]?.toLowerCase() === "basic";
  const password = isBasic
    ? Buffer.from(text, "base64")
        .toString("utf8")
        .replace(/^[^:]*:/, "")
    : text;
  return timingSafeEqual(hash("sha256", password, "buffer"), hash("sha256", token, "buffer"));
}
