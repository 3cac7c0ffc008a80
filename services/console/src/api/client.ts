// Asks the server: one place for the token, the time limit, and what an answer must look like.

import type { z } from "zod";
import { AskError, isAbort, problemOf } from "./problem.ts";

/** A query's members; lists are joined by commas, absent ones are left out. */
export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

export interface Question<S extends z.ZodType> {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** From the root, its parts already encoded: `/v1/zones`. */
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  /** What the answer is checked with; `z.undefined()` where none is expected. */
  readonly answer: S;
  /** Change only this version (RFC 9110 §13.1.1). */
  readonly ifVersion?: number | undefined;
  /** Makes a repeated create the same one. */
  readonly idempotencyKey?: string | undefined;
  /** How long a slow question may take, ms. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Client {
  /** @throws AskError when the server refuses or does not answer; DOMException AbortError when told to stop. */
  ask<S extends z.ZodType>(question: Question<S>): Promise<z.output<S>>;
  /** As it came, for what is no JSON. @throws as `ask` */
  fetch(question: Omit<Question<z.ZodType>, "answer">): Promise<Response>;
}

export interface ClientDeps {
  /** Empty when nobody is signed in. */
  readonly token: () => string;
  /** The server does not know the token any more. */
  readonly onSignedOut: () => void;
  readonly fetch: typeof fetch;
}

export interface ClientConfig {
  /** Empty: the page's own origin. */
  readonly baseUrl: string;
  readonly timeoutMs: number;
}

export function createClient(config: ClientConfig, deps: ClientDeps): Client {
  async function fetchAnswer(question: Omit<Question<z.ZodType>, "answer">): Promise<Response> {
    const limit = AbortSignal.timeout(question.timeoutMs ?? config.timeoutMs);
    const { signal = limit } = question;
    const init: RequestInit = {
      method: question.method ?? "GET",
      headers: headersOf(question, deps.token()),
      signal: signal === limit ? limit : AbortSignal.any([signal, limit]),
      ...(question.body !== undefined && { body: JSON.stringify(question.body) }),
    };
    const url = `${config.baseUrl}${question.path}${queryText(question.query)}`;
    const response = await deps.fetch(url, init).catch((error: unknown) => {
      throw unanswered(error, signal);
    });
    if (response.ok) return response;
    const body: unknown = await response.json().catch(() => undefined);
    if (response.status === 401) deps.onSignedOut();
    throw problemOf(response.status, body, response.headers.get("retry-after"));
  }

  return {
    fetch: fetchAnswer,
    async ask(question) {
      const response = await fetchAnswer(question);
      const text = await response.text().catch((error: unknown) => {
        throw unanswered(error, question.signal);
      });
      const parsed = question.answer.safeParse(jsonOf(text));
      if (parsed.success) return parsed.data;
      const where = parsed.error.issues[0];
      throw new AskError(
        {
          status: response.status,
          title: "The server answered something else than was asked",
          detail: `${question.path}: ${where?.path.join(".") ?? ""} ${where?.message ?? ""}`.trim(),
        },
        { cause: parsed.error },
      );
    },
  };
}

function headersOf(question: Omit<Question<z.ZodType>, "answer">, token: string): Headers {
  const headers = new Headers({ accept: "application/json, application/problem+json" });
  if (token !== "") headers.set("authorization", `Bearer ${token}`);
  if (question.body !== undefined) headers.set("content-type", "application/json");
  const { ifVersion, idempotencyKey } = question;
  if (ifVersion !== undefined) headers.set("if-match", `"${ifVersion}"`);
  if (idempotencyKey !== undefined) headers.set("idempotency-key", idempotencyKey);
  return headers;
}

/** `?a=1&b=x,y`, or nothing. */
export function queryText(query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    const isAbsent =
      value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
    return isAbsent ? [] : [[name, Array.isArray(value) ? value.join(",") : String(value)]];
  });
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`;
}

function jsonOf(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Told to stop is passed on as it is; the time limit and a network that failed become words. */
function unanswered(error: unknown, signal: AbortSignal | undefined): Error {
  if (isAbort(error) && signal?.aborted === true) return error;
  const isTimeout = error instanceof DOMException && error.name === "TimeoutError";
  const title = isTimeout ? "The server took too long to answer" : "The server cannot be reached";
  return new AskError({ status: 0, title }, { cause: error });
}
