import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import type { ClickHouseClient } from "@clickhouse/client";

/**
 * What Drover relies on from a ClickHouse HTTP interface, as facts. Run against the embedded engine
 * and, by URL, against a server: where both agree, services need only one code path.
 */
export type ConformanceTarget = {
  readonly url: string;
  readonly username: string;
  readonly password: string;
};

export type ConformanceContext = {
  readonly client: ClickHouseClient;
  /** A database of its own, dropped afterwards. */
  readonly database: string;
  /** One raw request; `path` begins with a slash. */
  readonly send: (path: string, init?: Request) => Promise<Answer>;
  /** POST of a statement in the database. */
  readonly sql: (statement: string, params?: Params) => Promise<Answer>;
  /** INSERT with a raw body. */
  readonly insert: (
    statement: string,
    body: string | Uint8Array,
    params?: Params,
  ) => Promise<Answer>;
};

export type Params = Readonly<Record<string, string>>;

export type Request = {
  readonly method?: "GET" | "POST";
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
};

export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string };

export type ConformanceFact = {
  readonly name: string;
  readonly check: (context: ConformanceContext) => Promise<void>;
};

const REQUEST_TIMEOUT_MS = 20_000;

/** Runs `use` with a fresh database. */
export async function withContext(
  target: ConformanceTarget,
  use: (context: ConformanceContext) => Promise<void>,
): Promise<void> {
  const database = `conformance_${randomUUID().slice(0, 8)}`;
  const { url, username, password } = target;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

  const send = async (path: string, init: Request = {}): Promise<Answer> => {
    const headers = { authorization, ...init.headers };
    const signal = init.signal ?? AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const response = await fetch(url + path, { ...init, headers, signal });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const query = (params: Params) => `/?${new URLSearchParams({ database, ...params }).toString()}`;
  const created = await send("/", { method: "POST", body: `CREATE DATABASE ${database}` });
  assert.equal(created.status, 200, created.text);
  const client = createClient({
    url,
    username,
    password,
    database,
    request_timeout: REQUEST_TIMEOUT_MS,
    log: { level: ClickHouseLogLevel.OFF },
  });
  try {
    await use({
      client,
      database,
      send,
      sql: (statement, params = {}) => send(query(params), { method: "POST", body: statement }),
      insert: (statement, body, params = {}) =>
        send(query({ query: statement, ...params }), { method: "POST", body }),
    });
  } finally {
    await client.close();
    await send("/", { method: "POST", body: `DROP DATABASE ${database}` });
  }
}

export function isOk(answer: Answer): void {
  assert.equal(answer.status, 200, answer.text);
}

/** A table for the facts; the windowed one knows deduplication tokens. */
export const columns = "(id UInt64, name String) ENGINE = MergeTree ORDER BY id";

/** Rows of the table above, as RowBinary. */
export function rowBinary(rows: readonly (readonly [bigint, string])[]): Uint8Array {
  return Buffer.concat(
    rows.map(([id, name]) => {
      const text = Buffer.from(name);
      const row = Buffer.alloc(9);
      row.writeBigUInt64LE(id);
      row.writeUInt8(text.length, 8);
      return Buffer.concat([row, text]);
    }),
  );
}
