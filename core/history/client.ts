// The one way to ClickHouse: `@clickhouse/client`, whether the server is our embedded engine or a
// real one reached by its URL.

import { buffer as collect } from "node:stream/consumers";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import type { ClickHouseClient, ClickHouseSettings } from "@clickhouse/client";
import { z } from "zod";

export interface HistoryConfig {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Database of all tables; `drover` when absent. Letters, digits and `_`. */
  readonly database?: string;
  /** Longest wait for one answer; 60 s when absent. */
  readonly requestTimeoutMs?: number;
  /** Open connections; more requests wait. 16 when absent. */
  readonly connectionsMax?: number;
}

/** ClickHouse as the rest of history uses it. Statements are one each; values are bound by name. */
export interface History extends AsyncDisposable {
  readonly database: string;
  readonly client: ClickHouseClient;
  /** Makes the database when it is not there; every other call needs it. */
  createDatabase(): Promise<void>;
  /** Runs a statement that answers nothing. */
  command(sql: string, options?: CommandOptions): Promise<void>;
  /** Rows of a SELECT as objects; parameters are `{name:Type}` in the text. */
  rows<T>(sql: string, options?: QueryOptions): Promise<T[]>;
  /** The bytes that a SELECT answers in the format that its text names. */
  bytes(sql: string, options?: QueryOptions): Promise<Buffer>;
  /**
   * Makes everything inserted so far survive a power cut.
   *
   * Undefined where the server does not know how: then tables are made to sync each insert.
   */
  checkpoint(signal?: AbortSignal): Promise<HistoryCheckpoint | undefined>;
}

export interface CommandOptions {
  readonly settings?: ClickHouseSettings;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal | undefined;
}

export interface QueryOptions extends CommandOptions {
  readonly limits?: Partial<QueryLimits>;
}

/** What one query may take; beyond it the server ends it with an error. */
export interface QueryLimits {
  readonly timeMs: number;
  readonly memoryBytes: number;
  readonly resultRows: number;
}

export const HistoryCheckpoint = z.object({ bootId: z.string().min(1).max(200), at: z.number() });
export type HistoryCheckpoint = z.infer<typeof HistoryCheckpoint>;

const mebibyte = 1024 * 1024;
export const queryLimits: QueryLimits = {
  timeMs: 10_000,
  memoryBytes: 400 * mebibyte,
  resultRows: 1_000_000,
};

const REQUEST_TIMEOUT_MS = 60_000;
const CONNECTIONS_MAX = 16;

/** Thrown when a checkpoint was refused; what was inserted may not survive a power cut. */
export class HistoryCheckpointError extends Error {
  override name = "HistoryCheckpointError";
}

/** Opens no connection yet. @throws RangeError when the database's name is not one. */
export function connectHistory(config: HistoryConfig): History {
  const database = config.database ?? "drover";
  if (!/^[A-Za-z_]\w{0,62}$/.test(database)) {
    throw new RangeError(`history: "${database}" is not the name of a database`);
  }
  const timeoutMs = config.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const options = { url: config.url, username: config.user, password: config.password };
  const client = createClient({
    ...options,
    database,
    application: "drover",
    request_timeout: timeoutMs,
    max_open_connections: config.connectionsMax ?? CONNECTIONS_MAX,
    compression: { request: false, response: false },
    log: { level: ClickHouseLogLevel.OFF },
    // A socket that the server is about to close must not carry a request.
    keep_alive: { enabled: true, idle_socket_ttl: 2_000, eagerly_destroy_stale_sockets: true },
  });
  return {
    database,
    client,
    async createDatabase() {
      // A server refuses every request that names a database which is not there yet.
      await using outside = createClient({
        ...options,
        database: "system",
        request_timeout: timeoutMs,
      });
      await outside.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
    },
    async command(sql, options = {}) {
      await client.command({ query: sql, ...given(options) });
    },
    async rows<T>(sql: string, options: QueryOptions = {}) {
      const settings = { ...limitSettings(options.limits), ...options.settings };
      const request = given({ ...options, settings });
      const result = await client.query({ query: sql, format: "JSONEachRow", ...request });
      return result.json<T>();
    },
    async bytes(sql, options = {}) {
      const settings = { ...limitSettings(options.limits), ...options.settings };
      const answer = await client.exec({ query: sql, ...given({ ...options, settings }) });
      return collect(answer.stream);
    },
    checkpoint: (signal) => makeCheckpoint(config, timeoutMs, signal),
    async [Symbol.asyncDispose]() {
      await client.close();
    },
  };
}

function given(options: CommandOptions) {
  return {
    ...(options.settings && { clickhouse_settings: options.settings }),
    ...(options.params && { query_params: options.params }),
    ...(options.signal && { abort_signal: options.signal }),
  };
}

function limitSettings(limits: Partial<QueryLimits> | undefined): ClickHouseSettings {
  const { timeMs, memoryBytes, resultRows } = { ...queryLimits, ...limits };
  return {
    max_execution_time: timeMs / 1_000,
    max_memory_usage: String(memoryBytes),
    max_result_rows: String(resultRows),
    output_format_json_quote_64bit_integers: 0,
  };
}

async function makeCheckpoint(
  config: HistoryConfig,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<HistoryCheckpoint | undefined> {
  const limit = AbortSignal.timeout(timeoutMs);
  const response = await fetch(new URL("/drover/checkpoint", config.url), {
    method: "POST",
    headers: { "x-clickhouse-user": config.user, "x-clickhouse-key": config.password },
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
  });
  const text = await response.text();
  if (response.status === 404) return undefined;
  if (!response.ok) {
    throw new HistoryCheckpointError(`checkpoint: ${response.status} ${text.slice(0, 300)}`);
  }
  return HistoryCheckpoint.parse(JSON.parse(text));
}
