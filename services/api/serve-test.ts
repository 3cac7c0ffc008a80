// The whole API over real HTTP for tests: a stream and records of its own, a token of each role.

import { createTokens } from "@drover/core/records/tokens";
import { openRecords, type Records } from "@drover/core/records/open";
import type { Role } from "@drover/core/service/auth";
import { systemClock } from "@drover/core/service/clock";
import { parseEnv } from "@drover/core/service/env";
import { createHealth } from "@drover/core/service/health";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import type { StreamLog } from "@drover/core/stream/log";
import { startApi } from "./api.ts";
import { apiEnv } from "./config.ts";
import { temporaryStream } from "./live/testing.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look at many shapes
  readonly json: any;
}

export interface ServedApi extends AsyncDisposable {
  readonly url: string;
  readonly stream: StreamLog;
  readonly records: Records;
  readonly tokens: Readonly<Record<Role, string>>;
  /** As `viewer` unless another role is given; `none` sends no token. */
  get(path: string, role?: Role | "none"): Promise<Answer>;
  post(path: string, body?: unknown, role?: Role | "none"): Promise<Answer>;
  /** Anything else; as `operator` unless another role is given. */
  send(method: string, path: string, options?: SendOptions): Promise<Answer>;
}

export interface SendOptions {
  readonly body?: unknown;
  readonly role?: Role | "none";
  readonly headers?: Readonly<Record<string, string>>;
}

const roles = ["edge", "viewer", "operator", "admin"] as const;

/** Nothing listens there. */
export const awayUrl = "http://127.0.0.1:1";

/** Starts an API; `env` says where history and ingest are, which is nowhere when absent. */
export async function serveApi(env: Readonly<Record<string, string>> = {}): Promise<ServedApi> {
  await using stack = new AsyncDisposableStack();
  const clock = systemClock;
  const place = stack.use(await temporaryStream(2));
  const recordsUrl = `sqlite:${place.folder}/records.db`;
  const records = stack.use(await openRecords({ url: recordsUrl }, { clock }));
  const made = createTokens({ records, clock });
  const tokens: Record<string, string> = {};
  for (const role of roles) tokens[role] = (await made.create({ role, label: role })).token;
  const config = parseEnv(apiEnv, {
    DROVER_PORT: "0",
    DROVER_HOST: "127.0.0.1",
    DROVER_STREAM_URL: place.url,
    DROVER_RECORDS_URL: recordsUrl,
    DROVER_CLICKHOUSE_URL: awayUrl,
    DROVER_BOARD_WAIT_MS: "0",
    ...env,
  });
  const health = createHealth({ clock });
  health.setReady(true, "serving");
  const version = { service: "api", version: "0", gitSha: "unknown", buildDate: "unknown" };
  const metrics = createMetrics({ service: "api" });
  const stopping = new AbortController();
  const basics = { clock, log: silentLog, health, metrics, version };
  const running = await startApi(config, basics, stopping.signal);
  stack.defer(async () => {
    stopping.abort();
    await running.stopAccepting?.();
    await running.drain?.();
    await running.close?.();
  });
  const ask = async (path: string, role: Role | "none", init: RequestInit): Promise<Answer> => {
    const headers = new Headers(init.headers);
    if (role !== "none") headers.set("authorization", `Bearer ${tokens[role]}`);
    const response = await fetch(`${running.url}${path}`, { ...init, headers });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    const json: unknown = isJson ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, json };
  };
  const send = (method: string, path: string, options: SendOptions = {}) => {
    const { body, role = "operator", headers } = options;
    const type = body === undefined ? {} : { "content-type": "application/json" };
    return ask(path, role, {
      method,
      headers: { ...type, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  };
  const kept = stack.move();
  return {
    url: running.url,
    stream: place.stream,
    records,
    tokens: { edge: "", viewer: "", operator: "", admin: "", ...tokens },
    get: (path, role = "viewer") => ask(path, role, {}),
    post: (path, body, role) => send("POST", path, { body, ...(role && { role }) }),
    send,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
