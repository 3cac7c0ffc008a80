// One request of the ingest contract and everything that it may come to. Keeps no state but its
// connections; resending is always safe, because ingest recognises what it has.

import { z } from "zod";
import {
  epochForgotten,
  IngestAnswer,
  ingestHeaders,
  ingestPath,
  ndjson,
  type Lane,
} from "../model/ingest.ts";
import type { Clock } from "../service/clock.ts";
import { problemTypeOf } from "../service/problem.ts";
import type { Batch } from "./batch.ts";
import { encodeBody, type Compression } from "./compression.ts";
import { createPoster, type Posted } from "./poster.ts";

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
  /** What the next request says of this edge; undefined when it was said lately. */
  readonly link?: () => string | undefined;
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
  /** 409: it fits the numbers that the region has not; others may (older ones, above all). */
  | { readonly kind: "conflict"; readonly detail: string }
  /** 409 for ever: the region has forgotten the batch's epoch and takes nothing of it again. */
  | { readonly kind: "forgotten"; readonly detail: string }
  /** 413: fewer or shorter lines may pass. */
  | { readonly kind: "too-large" }
  /** 400 and other refusals of the request as a whole. */
  | { readonly kind: "refused"; readonly status: number; readonly detail: string };

export interface Timing {
  readonly rttMs: number;
  /** How far the region's clock may be ahead of ours, at least and at most, ms. */
  readonly aheadMs: { readonly min: number; readonly max: number } | undefined;
}

export interface Sender extends Disposable {
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
  const url = new URL(config.url);
  url.pathname = `${url.pathname.replace(/\/$/, "")}${ingestPath}`;
  const poster = createPoster({
    url,
    connections: config.connections,
    timeoutMs: config.timeoutMs,
    connectTimeoutMs: Math.min(CONNECT_TIMEOUT_MS, config.timeoutMs),
    answerBytesMax: ANSWER_BYTES_MAX,
  });

  async function sendBatch(
    body: string | Uint8Array,
    lines: Lines & { readonly reports: number },
    signal?: AbortSignal,
  ): Promise<SendResult> {
    const encoded = await encodeBody(body, config.compression);
    const sentAt = deps.clock.now();
    const startedMs = deps.clock.monotonicMs();
    const link = deps.link?.();
    const headers = {
      "content-type": ndjson,
      ...(encoded.encoding && { "content-encoding": encoded.encoding }),
      authorization: `Bearer ${config.token}`,
      [ingestHeaders.edge]: lines.edge,
      [ingestHeaders.epoch]: String(lines.epoch),
      [ingestHeaders.lane]: lines.lane,
      [ingestHeaders.sentAt]: String(sentAt),
      ...(lines.firstSeq !== undefined && { [ingestHeaders.firstSeq]: String(lines.firstSeq) }),
      ...(link !== undefined && { [ingestHeaders.link]: link }),
    };
    try {
      const posted = await poster.post(encoded.body, headers, signal);
      if (posted.status !== 200) return refusalOf(posted);
      const rttMs = deps.clock.monotonicMs() - startedMs;
      const aheadMs = aheadOf(posted.headers.date, sentAt, sentAt + rttMs);
      return readAnswer(posted.text, lines.reports, { rttMs, aheadMs });
    } catch (error) {
      signal?.throwIfAborted();
      return failureOf(error);
    }
  }

  return {
    sendBatch,
    send: (batch, signal) => sendBatch(batch.body, batch, signal),
    [Symbol.dispose]: () => poster[Symbol.dispose](),
  };
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

function refusalOf({ status, headers, text }: Posted): SendResult {
  const detail = `${status}: ${text.slice(0, DETAIL_CHARS_MAX)}`;
  switch (status) {
    case 401:
    case 403:
      return { kind: "unauthorized", status, detail };
    case 409:
      return { kind: isForgotten(text) ? "forgotten" : "conflict", detail };
    case 413:
      return { kind: "too-large" };
    case 429:
    case 503:
      return { kind: "busy", status, retryAfterMs: retryAfterOf(headers["retry-after"]) };
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

const Problem = z.looseObject({ type: z.string() });

function isForgotten(text: string): boolean {
  try {
    return Problem.parse(JSON.parse(text)).type === problemTypeOf(epochForgotten);
  } catch {
    return false;
  }
}

/** Whole seconds only (RFC 9110 §10.2.3); a date would trust two clocks. */
function retryAfterOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

/** A `Date` header is cut to whole seconds, so it bounds the region's clock from both sides. */
function aheadOf(
  header: string | undefined,
  sentAt: number,
  answeredAt: number,
): Timing["aheadMs"] {
  const at = header === undefined ? Number.NaN : Date.parse(header);
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
  "ETIMEDOUT",
]);

function failureOf(error: unknown): SendResult {
  const message = error instanceof Error ? error.message : String(error);
  const detail = message.slice(0, DETAIL_CHARS_MAX);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return { kind: unreachableCodes.has(code) ? "unreachable" : "unanswered", detail };
}
