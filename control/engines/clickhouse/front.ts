import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { LimitError } from "@drover/core/service/limits";
import type { Log } from "@drover/core/service/log";
import { decodeBody, encodeAnswer } from "./coding.ts";
import type { Engine } from "./engine.ts";
import { ClickHouseError, EngineError } from "./errors.ts";
import { contentTypeOf } from "./formats.ts";
import { planStatement } from "./plan.ts";
import type { Plan, PlanConfig } from "./plan.ts";
import { readBody } from "./request-body.ts";
import type { RequestBody } from "./request-body.ts";
import type { CallResult } from "./seat.ts";
import type { Spool } from "./spool.ts";
import { toByteString } from "./tokens.ts";
import { authenticate } from "./users.ts";
import type { User } from "./users.ts";

/** ClickHouse's HTTP interface over the embedded engine, as far as `@clickhouse/client` uses it. */
export type FrontConfig = PlanConfig & {
  readonly users: readonly User[];
  readonly database: string;
  /** Longest statement; INSERT's data do not count. */
  readonly statementBytesMax: number;
};

export type FrontDeps = {
  readonly engine: Engine;
  readonly spool: Spool;
  readonly log: Log;
  readonly observe: (kind: Plan["kind"] | "refused", seconds: number, bytes: number) => void;
};

const isInsert = /^\s*INSERT\b/i;

/** Parameters of a request that are no settings. */
const ownParams = new Set(
  "query database default_format query_id user password session_id session_timeout session_check client_protocol_version".split(
    " ",
  ),
);

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly params: URLSearchParams;
  readonly queryId: string;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
};

export function createFront(config: FrontConfig, deps: FrontDeps): RequestListener {
  return (request, response) => {
    const leaving = new AbortController();
    response.once("close", () => leaving.abort());
    const params = new URL(request.url ?? "/", "http://localhost").searchParams;
    const queryId = params.get("query_id") ?? randomUUID();
    const exchange = { request, response, params, queryId, signal: leaving.signal };
    serve(exchange, config, deps).catch((error: unknown) => fail(exchange, error, deps));
  };
}

async function serve(exchange: Exchange, config: FrontConfig, deps: FrontDeps): Promise<void> {
  const { request, params } = exchange;
  const startedMs = performance.now();
  const user = authenticate(config.users, request.headers, params);
  await using body = await readBody(decodeBody(request), {
    isHeadEnough: isInsert.test(params.get("query") ?? ""),
    headBytesMax: config.statementBytesMax,
  });
  const inUrl = toByteString(params.get("query") ?? "");
  const text = inUrl === "" ? body.head.toString("latin1") : joinText(inUrl, body);
  const plan = planStatement(
    {
      text,
      role: user.role,
      isReadOnly: request.method === "GET" || request.method === "HEAD",
      defaultFormat: defaultFormat(exchange),
      ...paramsAndSettings(params),
    },
    config,
  );
  const written = await runPlan(plan, { exchange, body, inUrl, config, deps });
  deps.observe(plan.kind, (performance.now() - startedMs) / 1_000, written);
}

/** A statement may be split between address and body; INSERT's data are never joined to it. */
function joinText(inUrl: string, body: RequestBody): string {
  if (body.head.length === 0 || isInsert.test(inUrl)) return inUrl;
  return `${inUrl}\n${body.head.toString("latin1")}`;
}

type Running = {
  readonly exchange: Exchange;
  readonly body: RequestBody;
  readonly inUrl: string;
  readonly config: FrontConfig;
  readonly deps: FrontDeps;
};

/** Runs it and answers; resolves with the bytes of the body that came or went. */
async function runPlan(plan: Plan, running: Running): Promise<number> {
  const { exchange, body, inUrl, deps } = running;
  const { engine } = deps;
  const database = databaseOf(exchange, running.config);
  if (plan.kind === "insert") {
    const head = inUrl === "" ? body.head.subarray(plan.dataStart) : afterUrl(inUrl, plan, body);
    await using spooled = await deps.spool.write(head, body.rest());
    const sql = plan.sqlFor(spooled.path);
    const call = { sql, format: "TSV", database, isKillable: false };
    const result = await engine.run("write", call);
    const bytes = spooled.sizeBytes;
    await answer(exchange, "TSV", { ...result, bytes: new Uint8Array() }, { writtenBytes: bytes });
    return bytes;
  }
  await body.refuseRest();
  if (plan.kind === "write") {
    const { sql, format } = plan;
    const result = await engine.run("write", { sql, format, database, isKillable: false });
    await answer(exchange, format, result, {});
    return result.bytes.length;
  }
  return runRead(plan, database, running);
}

/** What stands behind the statement in the address comes before the body. */
function afterUrl(inUrl: string, plan: Plan & { kind: "insert" }, body: RequestBody): Buffer {
  const inline = Buffer.from(inUrl.slice(plan.dataStart), "latin1");
  return inline.length === 0 ? body.head : Buffer.concat([inline, body.head]);
}

const RESULT_TOO_LARGE = 396;

async function runRead(
  plan: Plan & { kind: "read" },
  database: string,
  { exchange, deps }: Running,
): Promise<number> {
  const { engine } = deps;
  const { format, sql, streamSql } = plan;
  const call = { format, database, isKillable: true, signal: exchange.signal };
  try {
    const result = await engine.run("read", { ...call, sql });
    await answer(exchange, format, result, {});
    return result.bytes.length;
  } catch (error) {
    const isLarge = error instanceof EngineError && error.code === RESULT_TOO_LARGE;
    if (!isLarge || streamSql === undefined) throw error;
  }
  return streamAnswer(exchange, format, engine.stream("read", { ...call, sql: streamSql }));
}

async function answer(
  exchange: Exchange,
  format: string,
  result: CallResult,
  written: { writtenBytes?: number },
): Promise<void> {
  const { response } = exchange;
  const isInsert = written.writtenBytes !== undefined;
  const summary = {
    read_rows: String(isInsert ? result.rows : 0),
    read_bytes: String(written.writtenBytes ?? 0),
    written_rows: String(isInsert ? result.rows : 0),
    written_bytes: String(written.writtenBytes ?? 0),
    total_rows_to_read: "0",
    result_rows: String(result.rows),
    result_bytes: String(result.resultBytes),
    elapsed_ns: String(Math.round(result.elapsedMs * 1e6)),
  };
  setHeaders(exchange, format);
  response.setHeader("X-ClickHouse-Summary", JSON.stringify(summary));
  const bytes = await encodeAnswer(exchange, result.bytes);
  response.setHeader("Content-Length", bytes.length);
  response.end(bytes);
}

async function streamAnswer(
  exchange: Exchange,
  format: string,
  pieces: AsyncGenerator<Uint8Array, void, undefined>,
): Promise<number> {
  const { response, signal } = exchange;
  setHeaders(exchange, format);
  let sentBytes = 0;
  for await (const piece of pieces) {
    sentBytes += piece.length;
    const hasRoom = response.write(piece);
    if (hasRoom) continue;
    // The next piece is fetched only when this one has gone, so that a slow reader costs no memory.
    await new Promise<void>((resolve) => {
      response.once("drain", resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    if (signal.aborted) return sentBytes;
  }
  response.end();
  return sentBytes;
}

function setHeaders({ response, queryId }: Exchange, format: string): void {
  response.setHeader("Content-Type", contentTypeOf(format));
  response.setHeader("X-ClickHouse-Format", format);
  response.setHeader("X-ClickHouse-Query-Id", queryId);
  response.setHeader("X-ClickHouse-Server-Display-Name", "drover");
  response.setHeader("X-ClickHouse-Timezone", "UTC");
}

function defaultFormat({ request, params }: Exchange): string {
  const inHeader = request.headers["x-clickhouse-format"];
  return params.get("default_format") ?? (inHeader ? String(inHeader) : "TabSeparated");
}

/** The engine's own `default` is never used: it takes unknown tables for files. */
function databaseOf({ request, params }: Exchange, config: FrontConfig): string {
  const inHeader = request.headers["x-clickhouse-database"];
  const name = params.get("database") ?? (inHeader ? String(inHeader) : "default");
  return name === "default" || name === "" ? config.database : name;
}

function paramsAndSettings(search: URLSearchParams) {
  const params = new Map<string, string>();
  const settings = new Map<string, string>();
  for (const [name, value] of search) {
    if (name.startsWith("param_")) params.set(name.slice("param_".length), value);
    else if (!ownParams.has(name)) settings.set(name, value);
  }
  return { params, settings };
}

function fail(exchange: Exchange, error: unknown, deps: FrontDeps): void {
  const { request, response, queryId } = exchange;
  const known = toKnown(error, deps.log);
  deps.observe("refused", 0, 0);
  if (response.headersSent) {
    // The status is gone; only a broken transfer tells that the result is not whole.
    response.destroy();
    return;
  }
  response.statusCode = known.status;
  response.setHeader("Content-Type", "text/plain; charset=UTF-8");
  response.setHeader("X-ClickHouse-Exception-Code", known.code);
  response.setHeader("X-ClickHouse-Query-Id", queryId);
  // A body that was not read to its end would be taken for the next request.
  if (!request.complete) response.setHeader("Connection", "close");
  response.end(known.body);
}

function toKnown(error: unknown, log: Log): ClickHouseError | EngineError {
  if (error instanceof ClickHouseError || error instanceof EngineError) return error;
  if (error instanceof LimitError) {
    return new ClickHouseError("TOO_MANY_SIMULTANEOUS_QUERIES", error.message, { cause: error });
  }
  log.error({ err: error }, "a request failed");
  return new ClickHouseError("LOGICAL_ERROR", "Internal error: see the log", { cause: error });
}
