// Stands in for OpenSky: the token endpoint and /states/all, after the published contract
// (https://openskynetwork.github.io/opensky-api/rest.html). It refuses what the real one refuses.

import { createServer } from "node:http";

export interface OpenskyDoubleConfig {
  /** What is in the sky; rows of 18 columns. A function is asked at each call. */
  readonly states: (() => OpenskyStates) | OpenskyStates;
  readonly nowMs: () => number;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly tokenSeconds?: number;
  readonly anonymousCredits?: number;
  readonly standardCredits?: number;
}

export type OpenskyStates = { readonly time: number; readonly states: readonly unknown[][] | null };

/** Answered instead of the real thing, once. */
export type OpenskyFault =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly body: string;
      readonly headers?: Record<string, string>;
    }
  | { readonly kind: "hang" }
  | { readonly kind: "cut" };

export interface OpenskyCall {
  readonly atMs: number;
  readonly path: string;
  readonly status: number;
  readonly cost: number;
}

export interface OpenskyDouble {
  /** Answers in this process, for tests on a fake clock. */
  readonly fetch: typeof globalThis.fetch;
  readonly calls: readonly OpenskyCall[];
  /** The most calls that were ever under way at once. */
  concurrencyMax(): number;
  tokensGiven(): number;
  /** All tokens given so far are no longer good. */
  revoke(): void;
  /** The next calls of /states/all meet these. */
  fail(...faults: readonly OpenskyFault[]): void;
  creditsLeft(bucket: "anonymous" | "standard"): number;
  /** Fills all buckets. */
  refill(): void;
  /** Serves by HTTP on a free port. */
  listen(): Promise<{ readonly origin: string } & AsyncDisposable>;
}

export const openskyApiUrl = "https://opensky.test/api";
export const openskyTokenUrl =
  "https://auth.opensky.test/auth/realms/opensky-network/protocol/openid-connect/token";

const boxNames = ["lamin", "lomin", "lamax", "lomax"] as const;

export function createOpenskyDouble(config: OpenskyDoubleConfig): OpenskyDouble {
  const tokens = new Map<string, number>();
  const full = {
    anonymous: config.anonymousCredits ?? 400,
    standard: config.standardCredits ?? 4_000,
  };
  let credits = { ...full };
  let given = 0;
  let underWay = 0;
  let concurrencyMax = 0;
  const calls: OpenskyCall[] = [];
  const faults: OpenskyFault[] = [];

  function token(request: Request, body: string): Response {
    if (request.method !== "POST") return json(405, { error: "HTTP 405 Method Not Allowed" });
    const type = request.headers.get("content-type") ?? "";
    if (!type.startsWith("application/x-www-form-urlencoded")) {
      return json(415, { error: "HTTP 415 Unsupported Media Type" });
    }
    const form = new URLSearchParams(body);
    if (form.get("grant_type") === null) {
      return json(400, {
        error: "invalid_request",
        error_description: "Missing form parameter: grant_type",
      });
    }
    if (form.get("grant_type") !== "client_credentials") {
      return json(400, {
        error: "unsupported_grant_type",
        error_description: "Unsupported grant_type",
      });
    }
    if (
      form.get("client_id") !== config.clientId ||
      form.get("client_secret") !== config.clientSecret
    ) {
      return json(401, {
        error: "unauthorized_client",
        error_description: "Invalid client or Invalid client credentials",
      });
    }
    const seconds = config.tokenSeconds ?? 1_800;
    const value = `token-${++given}`;
    tokens.set(value, config.nowMs() + seconds * 1000);
    return json(200, {
      access_token: value,
      expires_in: seconds,
      token_type: "Bearer",
      scope: "profile email",
    });
  }

  function states(request: Request, url: URL): { response: Response; cost: number } {
    const refuse = (status: number, text: string) => ({ response: plain(status, text), cost: 0 });
    const authorization = request.headers.get("authorization");
    let bucket: "anonymous" | "standard" = "anonymous";
    if (authorization !== null) {
      const ends = tokens.get(authorization.replace(/^Bearer /, ""));
      // Basic authentication ended in 2026.
      if (!authorization.startsWith("Bearer ") || ends === undefined || ends <= config.nowMs()) {
        return refuse(401, "Unauthorized");
      }
      bucket = "standard";
    }
    const box = boxOf(url.searchParams);
    if (box === "bad") return refuse(400, "Bad Request");
    const cost = costOf(box);
    if (credits[bucket] < cost) {
      const waitSeconds = Math.ceil((86_400_000 - (config.nowMs() % 86_400_000)) / 1000);
      return {
        response: plain(429, "Too many requests", {
          "x-rate-limit-retry-after-seconds": `${waitSeconds}`,
        }),
        cost: 0,
      };
    }
    credits = { ...credits, [bucket]: credits[bucket] - cost };
    const isExtended = url.searchParams.get("extended") === "1";
    const sky = typeof config.states === "function" ? config.states() : config.states;
    const rows = (sky.states ?? [])
      .filter((row) => isIn(box, row))
      .map((row) => row.slice(0, isExtended ? 18 : 17));
    const body = { time: sky.time, states: rows.length === 0 ? null : rows };
    return { response: json(200, body, { "x-rate-limit-remaining": `${credits[bucket]}` }), cost };
  }

  async function answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname.endsWith("/openid-connect/token")) return token(request, await request.text());
    if (!url.pathname.endsWith("/api/states/all")) return plain(404, "Not Found");
    const fault = faults.shift();
    let response: Response;
    let cost = 0;
    if (fault === undefined) ({ response, cost } = states(request, url));
    else response = await meet(fault, request.signal);
    calls.push({
      atMs: config.nowMs(),
      path: url.pathname + url.search,
      status: response.status,
      cost,
    });
    return response;
  }

  return {
    calls,
    async fetch(input, init) {
      underWay += 1;
      concurrencyMax = Math.max(concurrencyMax, underWay);
      try {
        return await answer(new Request(input, init));
      } finally {
        underWay -= 1;
      }
    },
    concurrencyMax: () => concurrencyMax,
    tokensGiven: () => given,
    revoke: () => tokens.clear(),
    fail: (...next) => void faults.push(...next),
    creditsLeft: (bucket) => credits[bucket],
    refill: () => void (credits = { ...full }),
    listen: () => listen(answer),
  };
}

async function meet(fault: OpenskyFault, signal: AbortSignal): Promise<Response> {
  switch (fault.kind) {
    case "answer":
      return new Response(fault.body, { status: fault.status, headers: fault.headers ?? {} });
    case "cut":
      throw new TypeError("fetch failed", { cause: new Error("other side closed") });
    case "hang":
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")), {
          once: true,
        });
      });
  }
}

type AskedBox = readonly [south: number, west: number, north: number, east: number] | "world";

/** All four or none, each a number in its range, the lesser first. */
function boxOf(query: URLSearchParams): AskedBox | "bad" {
  const given = boxNames.map((name) => query.get(name));
  if (given.every((value) => value === null)) return "world";
  const [south, west, north, east] = given.map((value) => Number.parseFloat(value ?? ""));
  if (south === undefined || west === undefined || north === undefined || east === undefined)
    return "bad";
  const isGood =
    south >= -90 && north <= 90 && west >= -180 && east <= 180 && south < north && west < east;
  return isGood ? [south, west, north, east] : "bad";
}

function costOf(box: AskedBox): number {
  if (box === "world") return 4;
  const area = (box[2] - box[0]) * (box[3] - box[1]);
  if (area <= 25) return 1;
  return area <= 100 ? 2 : area <= 400 ? 3 : 4;
}

function isIn(box: AskedBox, row: readonly unknown[]): boolean {
  if (box === "world") return true;
  const [, , , , , lon, lat] = row;
  return (
    typeof lat === "number" &&
    typeof lon === "number" &&
    lat >= box[0] &&
    lat <= box[2] &&
    lon >= box[1] &&
    lon <= box[3]
  );
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}

function plain(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, { status, headers: { "content-type": "text/plain", ...headers } });
}

async function listen(
  answer: (request: Request) => Promise<Response>,
): Promise<{ readonly origin: string } & AsyncDisposable> {
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
      const headers = new Headers();
      for (const [name, value] of Object.entries(incoming.headers))
        headers.set(name, String(value));
      const hasBody = incoming.method === "POST";
      const request = new Request(`http://double${incoming.url ?? "/"}`, {
        method: incoming.method ?? "GET",
        headers,
        ...(hasBody && { body: Buffer.concat(chunks).toString("utf8") }),
      });
      const response = await answer(request);
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.end(await response.text());
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    origin: `http://127.0.0.1:${port ?? 0}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
