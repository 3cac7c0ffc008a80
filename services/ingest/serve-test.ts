// Ingest over real HTTP for tests: a port of its own, tokens by name, a stream of the test's.

import { parseEnv } from "@drover/core/service/env";
import type { Principal } from "@drover/core/service/auth";
import { systemClock } from "@drover/core/service/clock";
import type { Clock } from "@drover/core/service/clock";
import { createHealth } from "@drover/core/service/health";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { ingestEnv } from "./config.ts";
import { createIngestHttp } from "./serve.ts";
import type { ServeConfig, ServeDeps } from "./serve.ts";

export interface Served extends AsyncDisposable {
  readonly url: string;
  post(body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<Answer>;
  request(path: string, init?: RequestInit): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look at many shapes
  readonly json: any;
}

/** Tokens of tests, by their text. */
export const principals: Readonly<Record<string, Principal>> = {
  edge: { tokenId: "tok_edge", role: "edge" },
  bound: { tokenId: "tok_bound", role: "edge", edge: "edge-1" },
  viewer: { tokenId: "tok_viewer", role: "viewer" },
  operator: { tokenId: "tok_operator", role: "operator" },
  admin: { tokenId: "tok_admin", role: "admin" },
};

export async function serve(
  stream: ServeDeps["stream"],
  change: Partial<ServeConfig> & Pick<ServeDeps, "edges"> & { clock?: Clock } = {},
): Promise<Served> {
  const { clock = systemClock, edges, ...config } = change;
  const env = parseEnv(ingestEnv, { DROVER_STREAM_URL: "unused", DROVER_RECORDS_URL: "unused" });
  const app = createIngestHttp(
    { ...env, ...config },
    {
      clock,
      log: silentLog,
      health: createHealth({ clock }),
      metrics: createMetrics({ service: "ingest" }),
      version: { service: "ingest", version: "0", gitSha: "unknown", buildDate: "unknown" },
      stream,
      ...(edges !== undefined && { edges }),
      verifier: { verify: (token) => Promise.resolve(principals[token]) },
    },
  );
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const request = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    const json: unknown = isJson ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, json };
  };
  return {
    url,
    request,
    post: (body, headers = {}) =>
      request("/v1/reports", {
        method: "POST",
        headers: {
          authorization: "Bearer edge",
          "content-type": "application/x-ndjson",
          ...headers,
        },
        body,
      }),
    [Symbol.asyncDispose]: () => app.close(),
  };
}
