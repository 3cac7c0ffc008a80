// One POST to a receiver: bounded in time and in what is read of the answer, no redirects, no address
// that is not allowed.

import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { checkAddress, guardedLookup } from "./addresses.ts";
import type { Outcome } from "./channel.ts";

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly allowsPrivate: boolean;
}

export interface PostAnswer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** The beginning of the body. */
  readonly text: string;
}

/** What is read of an answer. Bound: what is beyond is left. */
const ANSWER_BYTES_MAX = 8 * 1024;
/** Longer waits than this are not believed. */
const RETRY_AFTER_MS_MAX = 3_600_000;

/** @throws when there is no answer, or the signal aborts. */
export function post(
  request: PostRequest,
  nowMs: number,
  signal: AbortSignal,
): Promise<PostAnswer> {
  const url = new URL(request.url);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    // A literal address is not looked up.
    if (isIP(host) !== 0) checkAddress(host, request.allowsPrivate);
    const send = url.protocol === "https:" ? requestHttps : requestHttp;
    const outgoing = send(
      url,
      {
        method: "POST",
        agent: false,
        signal,
        lookup: guardedLookup(request.allowsPrivate),
        headers: {
          "user-agent": "Drover",
          ...request.headers,
          "content-length": String(Buffer.byteLength(request.body)),
        },
      },
      (answer) => {
        const retryAfterMs = readRetryAfter(answer.headers["retry-after"], nowMs);
        readText(answer).then(
          (text) => resolve({ status: answer.statusCode ?? 0, retryAfterMs, text }),
          reject,
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(request.body);
  });
}

/** What an HTTP status means for most receivers; `text` is shown to people. */
export function outcomeOf({ status, retryAfterMs, text }: PostAnswer): Outcome {
  const detail = `${status} ${text}`.trim().slice(0, 300);
  if (status >= 200 && status < 300) return { kind: "sent", detail };
  // These can be mended at the other end, or by changing the receiver; other refusals cannot.
  const canBeMended = [401, 403, 404, 408, 410, 425, 429].includes(status);
  if (status >= 400 && status < 500 && !canBeMended) return { kind: "refused", detail };
  return { kind: "retry", detail, retryAfterMs };
}

/** Why there was no answer, for people; never an address with its secrets. */
export function failureOf(error: unknown): Outcome {
  if (!(error instanceof Error)) return { kind: "retry", detail: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  if (code === "EADDRREFUSED") return { kind: "refused", detail: error.message };
  if (error.name === "AbortError" || error.name === "TimeoutError") {
    return { kind: "retry", detail: "no answer in time" };
  }
  return { kind: "retry", detail: `no connection: ${code}` };
}

async function readText(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer) {
    if (!(part instanceof Uint8Array)) continue;
    parts.push(Buffer.from(part));
    size += part.length;
    if (size >= ANSWER_BYTES_MAX) break;
  }
  return Buffer.concat(parts).subarray(0, ANSWER_BYTES_MAX).toString("utf8");
}

/** Seconds or a date (RFC 9110 §10.2.3). */
function readRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isFinite(waitMs) ? Math.min(Math.max(0, waitMs), RETRY_AFTER_MS_MAX) : undefined;
}
