// One request of the ingest contract and everything that it may come to. Keeps no state but its
// connections; resending is always safe, because ingest recognises what it has.

import { Pool } from "undici";
import { z } from "zod";
import { IngestAnswer, ingestHeaders, ingestPath, ndjson, type Lane } from "../model/ingest.ts";
import type { Clock } from "../service/clock.ts";
import type { Batch } from "./batch.ts";
import { encodeBody, type Compression } from "./compression.ts";

export interface SenderConfig {
  /** Root of the region's API, e.g. `https://drover.example.org`. */
  readonly url: string;
  readonly token: string;
  readonly compression: Compression;
  /** Longest time for a whole request. */
  readonly timeoutMs: number;
  /** Requests at once; more wait inside the pool. */
  readonly connections: number;
}

export interface SenderDeps {
  readonly clock: Clock;
}

/** Lines without an outbox behind them. */
export interface Lines {
  readonly edge: string;
  readonly epoch: number;
  readonly lane: Lane;
  /** The first line's number, when the lines have none of their own. */
  readonly firstSeq?: number;
}

/** What became of a request. Everything but `acknowledged` means: it may or may not be durable. */
export type SendResult =
  | { readonly kind: "acknowledged"; readonly answer: IngestAnswer; readonly timing: Timing }
  /** Nobody was reached, or what stands before ingest reached nobody. */
  | { readonly kind: "unreachable"; readonly detail: string }
  /** The region asks for less: 429 or 503. */
  | { readonly kind: "busy"; readonly status: number; readonly retryAfterMs: number | undefined }
  /** No answer in time, or a broken one: it may be committed. */
  | { readonly kind: "unanswered"; readonly detail: string }
  /** 401 or 403. */
  | { readonly kind: "unauthorized"; readonly status: number; readonly detail: string }
  /** 413: fewer or shorter lines may pass. */
  | { readonly kind: "too-large" }
  /** 400 and other refusals of the request as a whole. */
  | { readonly kind: "refused"; readonly status: number; readonly detail: string };

export interface Timing {
  readonly rttMs: number;
  /** How far the region's clock may be ahead of ours, at least and at most, ms. */
  readonly aheadMs: { readonly min: number; readonly max: number } | undefined;
}

export interface Sender extends AsyncDisposable {
  /** Never rejects but for the signal. */
  send(batch: Batch, signal?: AbortSignal): Promise<SendResult>;
  /** The same for lines from anywhere: NDJSON text or bytes, with the count of its reports. */
  sendBatch(
    body: string | Uint8Array,
    lines: Lines & { readonly reports: number },
    signal?: AbortSignal,
  ): Promise<SendResult>;
}

/** Longer answers are not ours. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
const DETAIL_CHARS_MAX = 300;
const CONNECT_TIMEOUT_MS = 5_000;

export function createSender(config: SenderConfig, deps: SenderDeps): Sender {
  const base = new URL(config.url);
  const path = `${base.pathname.replace(/\/$/, "")}${ingestPath}`;
  const pool = new Pool(base.origin, {
    connections: config.connections,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: config.timeoutMs,
    bodyTimeout: config.timeoutMs,
  });

  async function sendBatch(
    body: string | Uint8Array,
    lines: Lines & { readonly reports: number },
    signal?: AbortSignal,
  ): Promise<SendResult> {
    const encoded = await encodeBody(body, config.compression);
    const timeout = AbortSignal.timeout(config.timeoutMs);
    const sentAt = deps.clock.now();
    const startedMs = deps.clock.monotonicMs();
    try {
      const response = await pool.request({
        method: "POST",
        path,
        body: encoded.body,
        headers: {
          "content-type": ndjson,
          ...(encoded.encoding && { "content-encoding": encoded.encoding }),
          authorization: `Bearer ${config.token}`,
          [ingestHeaders.edge]: lines.edge,
          [ingestHeaders.epoch]: String(lines.epoch),
          [ingestHeaders.lane]: lines.lane,
          [ingestHeaders.sentAt]: String(sentAt),
          ...(lines.firstSeq !== undefined && { [ingestHeaders.firstSeq]: String(lines.firstSeq) }),
        },
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
      const text = await readText(response.body);
      const rttMs = deps.clock.monotonicMs() - startedMs;
      const headers = new Map(Object.entries(response.headers));
      if (response.statusCode !== 200) return refusalOf(response.statusCode, headers, text);
      const timing = { rttMs, aheadMs: aheadOf(headers.get("date"), sentAt, sentAt + rttMs) };
      return readAnswer(text, lines.reports, timing);
    } catch (error) {
      signal?.throwIfAborted();
      return failureOf(error);
    }
  }

  return {
    sendBatch,
    send: (batch, signal) => sendBatch(batch.body, batch, signal),
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`answer: more than ${ANSWER_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** An acknowledgement that does not account for every report is none. */
function readAnswer(text: string, reports: number, timing: Timing): SendResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "unanswered", detail: "the answer is not JSON" };
  }
  const parsed = IngestAnswer.safeParse(value);
  if (!parsed.success) {
    const detail = `the answer is not one: ${z.prettifyError(parsed.error)}`;
    return { kind: "unanswered", detail: detail.slice(0, DETAIL_CHARS_MAX) };
  }
  const { accepted, duplicates, quarantined } = parsed.data;
  const told = accepted + duplicates + quarantined.length;
  if (told !== reports) {
    return { kind: "unanswered", detail: `the answer is about ${told} reports, not ${reports}` };
  }
  return { kind: "acknowledged", answer: parsed.data, timing };
}

function refusalOf(
  status: number,
  headers: ReadonlyMap<string, string | string[] | undefined>,
  text: string,
): SendResult {
  const detail = `${status}: ${text.slice(0, DETAIL_CHARS_MAX)}`;
  switch (status) {
    case 401:
    case 403:
      return { kind: "unauthorized", status, detail };
    case 413:
      return { kind: "too-large" };
    case 429:
    case 503:
      return { kind: "busy", status, retryAfterMs: retryAfterOf(headers.get("retry-after")) };
    case 408:
      return { kind: "unanswered", detail };
    case 502:
    case 504:
      return { kind: "unreachable", detail };
    default:
      return status >= 500 || status < 400
        ? { kind: "unanswered", detail }
        : { kind: "refused", status, detail };
  }
}

/** Whole seconds only (RFC 9110 §10.2.3); a date would trust two clocks. */
function retryAfterOf(header: string | string[] | undefined): number | undefined {
  return typeof header === "string" && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

/** A `Date` header is cut to whole seconds, so it bounds the region's clock from both sides. */
function aheadOf(
  header: string | string[] | undefined,
  sentAt: number,
  answeredAt: number,
): Timing["aheadMs"] {
  const at = typeof header === "string" ? Date.parse(header) : Number.NaN;
  if (Number.isNaN(at)) return undefined;
  return { min: at - answeredAt, max: at + 1000 - sentAt };
}

const unreachableCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function failureOf(error: unknown): SendResult {
  const message = error instanceof Error ? error.message : String(error);
  const detail = message.slice(0, DETAIL_CHARS_MAX);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return { kind: unreachableCodes.has(code) ? "unreachable" : "unanswered", detail };
}
