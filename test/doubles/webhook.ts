// A webhook's receiver, as docs/guides/alerts.md tells people to write one: it checks the signature and
// its age, and takes each message once.

import { createHmac, timingSafeEqual } from "node:crypto";
import { type Answered, type Asked, listenAnswering } from "./answering.ts";

export interface WebhookDouble extends AsyncDisposable {
  readonly url: string;
  /** Bodies of messages that were taken, each once. */
  readonly taken: readonly { readonly id: string; readonly body: Record<string, unknown> }[];
  /** Every request, as `<status> <message id>`. */
  readonly calls: readonly string[];
  /** The next requests meet these; then it is well again. */
  fail(...answers: readonly (Answered | "hang")[]): void;
  /** Resolves when so many were taken. */
  took(count: number): Promise<void>;
}

const AGE_SECONDS_MAX = 300;

export async function listenWebhook(secret: string, nowMs: () => number): Promise<WebhookDouble> {
  const taken: { id: string; body: Record<string, unknown> }[] = [];
  const calls: string[] = [];
  const faults: (Answered | "hang")[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];

  function check({ method, headers, body }: Asked): Answered {
    if (method !== "POST") return { status: 405, body: "POST only" };
    if (headers["content-type"] !== "application/json") return { status: 415, body: "JSON only" };
    const header = String(headers["drover-signature"] ?? "");
    const [, seconds = "", digest = ""] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? [];
    if (Math.abs(nowMs() / 1_000 - Number(seconds)) > AGE_SECONDS_MAX) {
      return { status: 400, body: "the signature is too old" };
    }
    const wanted = createHmac("sha256", secret).update(`${seconds}.${body}`).digest();
    const given = Buffer.from(digest, "hex");
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      return { status: 400, body: "the signature is wrong" };
    }
    const id = String(headers["drover-message"]);
    const parsed: Record<string, unknown> = JSON.parse(body);
    if (parsed["id"] !== id) return { status: 400, body: "the ids differ" };
    if (!taken.some((one) => one.id === id)) taken.push({ id, body: parsed });
    for (const one of waiting) if (taken.length >= one.count) one.resolve();
    return { status: 200, body: "ok" };
  }

  const server = await listenAnswering((asked) => {
    const fault = faults.shift();
    const id = String(asked.headers["drover-message"]);
    if (fault !== undefined) {
      calls.push(`${fault === "hang" ? fault : fault.status} ${id}`);
      return fault;
    }
    const answered = check(asked);
    calls.push(`${answered.status} ${id}`);
    return answered;
  });
  return {
    url: `${server.origin}/hook`,
    taken,
    calls,
    fail: (...answers) => void faults.push(...answers),
    took: (count) =>
      taken.length >= count
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ count, resolve })),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
