// What routes that make, change and remove definitions share: who does it, under which condition,
// and what each outcome is called over HTTP.

import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { Changed, Created } from "@drover/core/records/definitions";
import { badRequest, conflict, notFound, Problem } from "@drover/core/service/problem";

export const definitionId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "expected up to 64 of a-z, 0-9 and -");
export const DefinitionParam = z.strictObject({ id: definitionId });

export const ifMatchHeader = {
  "if-match": "the version that is changed, as in `ETag`; another one gives 412. `*`: any",
};
export const idempotencyHeader = {
  "idempotency-key": "the same key within 24 h makes nothing new and gives what it made",
};

/** The id of the caller's token: what is recorded as the one who changed. */
export function callerOf(reply: FastifyReply): string {
  return reply.request.principal?.tokenId ?? "";
}

/** RFC 9110 §13.1.1. @throws Problem 400 for what cannot be one of our tags. */
export function ifVersionOf(reply: FastifyReply): number | undefined {
  const text = reply.request.headers["if-match"];
  if (text === undefined || text === "*") return undefined;
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(text)?.[1];
  if (version !== undefined) return Number(version);
  const detail = `If-Match: expected one version in quotes, as in "3", not ${text.slice(0, 40)}`;
  throw badRequest(detail, [{ field: "if-match", detail }]);
}

/** draft-ietf-httpapi-idempotency-key-header. @throws Problem 400 when it is empty or too long. */
export function createKeyOf(reply: FastifyReply): string | undefined {
  const text = reply.request.headers["idempotency-key"];
  if (text === undefined) return undefined;
  if (typeof text === "string" && /^[\x21-\x7E]{1,128}$/.test(text)) return text;
  const detail = "Idempotency-Key: expected 1 to 128 visible characters of ASCII";
  throw badRequest(detail, [{ field: "idempotency-key", detail }]);
}

export function setVersion(reply: FastifyReply, version: number): void {
  reply.header("etag", `"${version}"`);
}

type Versioned = { readonly id: string; readonly version: number };

/** Answers 201 with its place. @throws Problem 409, 422 */
export function answerCreated<T extends Versioned>(
  created: Created<T>,
  reply: FastifyReply,
  path: string,
): T {
  switch (created.kind) {
    case "created":
    case "repeated":
      setVersion(reply, created.value.version);
      reply.code(201).header("location", `${path}/${created.value.id}`);
      return created.value;
    case "exists":
      throw conflict("there is one of this id already; change it with PUT");
    case "full":
      throw full(created.countMax);
    case "key-taken":
      throw new Problem({
        status: 422,
        code: "key-taken",
        title: "The idempotency key was used before",
        detail: "it made something else, or what it made is gone; use a new key",
      });
  }
}

export function full(countMax: number): Problem {
  return new Problem({
    status: 422,
    code: "full",
    title: "There are too many",
    detail: `the limit is ${countMax}; remove some first`,
  });
}

/** @throws Problem 404, 412 */
export function answerChanged<T extends Versioned>(
  changed: Changed<T>,
  reply: FastifyReply,
  what: string,
): T {
  switch (changed.kind) {
    case "changed":
    case "unchanged":
      setVersion(reply, changed.value.version);
      return changed.value;
    case "unknown":
      throw notFound(`there is no ${what}`);
    case "version-differs":
      throw new Problem({
        status: 412,
        code: "version-differs",
        title: "It was changed meanwhile",
        detail: `${what} is in version ${changed.version}; read it again and repeat the change`,
        headers: { etag: `"${changed.version}"` },
      });
  }
}
