/** One field that is wrong, and the limit it met. */
export type FieldMistake = {
  readonly field: string;
  readonly detail: string;
  /** Which of many things that were sent, from 0. */
  readonly index?: number;
  /** Where on Earth the mistake is, [lon, lat] in degrees. */
  readonly place?: readonly [number, number];
};

export type ProblemFacts = {
  readonly status: number;
  /** A stable word for programs: `body-too-large`. */
  readonly code: string;
  readonly title: string;
  readonly detail?: string | undefined;
  readonly fields?: readonly FieldMistake[];
  readonly headers?: Readonly<Record<string, string>>;
};

/** An answer that is an error, as `application/problem+json` (RFC 9457) once it leaves. */
export class Problem extends Error {
  override name = "Problem";
  readonly facts: ProblemFacts;

  constructor(facts: ProblemFacts) {
    super(facts.detail ?? facts.title);
    this.facts = facts;
  }
}

/** The `type` of problems with this code. */
export const problemTypeOf = (code: string): string => `urn:drover:problem:${code}`;

export const PROBLEM_TYPE = "application/problem+json";

/** The body of a problem (RFC 9457 §3.1). `instance` names the request that met it. */
export function problemBody(facts: ProblemFacts, requestId: string): Record<string, unknown> {
  return {
    type: problemTypeOf(facts.code),
    title: facts.title,
    status: facts.status,
    ...(facts.detail === undefined ? {} : { detail: facts.detail }),
    instance: `urn:drover:request:${requestId}`,
    ...(facts.fields === undefined ? {} : { errors: facts.fields }),
  };
}

export function badRequest(detail: string, fields?: readonly FieldMistake[]): Problem {
  const more = fields === undefined ? {} : { fields };
  return new Problem({ status: 400, code: "bad-request", title: "Bad request", detail, ...more });
}

export function unauthorized(detail: string): Problem {
  return new Problem({
    status: 401,
    code: "unauthorized",
    title: "A token is needed",
    detail,
    headers: { "www-authenticate": 'Bearer realm="drover"' },
  });
}

export function forbidden(detail: string): Problem {
  return new Problem({ status: 403, code: "forbidden", title: "Not allowed", detail });
}

export function notFound(detail: string): Problem {
  return new Problem({ status: 404, code: "not-found", title: "Not found", detail });
}

export function methodNotAllowed(method: string, allowed: readonly string[]): Problem {
  return new Problem({
    status: 405,
    code: "method-not-allowed",
    title: "Method not allowed",
    detail: `${method} is not among ${allowed.join(", ")}`,
    headers: { allow: allowed.join(", ") },
  });
}

export function conflict(detail: string): Problem {
  return new Problem({ status: 409, code: "conflict", title: "Conflict", detail });
}

export function bodyTooLarge(detail: string): Problem {
  return new Problem({ status: 413, code: "body-too-large", title: "Body too large", detail });
}

export function unsupportedMediaType(detail: string): Problem {
  const title = "Unsupported media type";
  return new Problem({ status: 415, code: "unsupported-media-type", title, detail });
}

/** Answers 429: this sender is over its share. Whole seconds, at least one. */
export function tooManyRequests(detail: string, retryAfterMs: number): Problem {
  const title = "Too many requests";
  const headers = retryAfter(retryAfterMs);
  return new Problem({ status: 429, code: "too-many-requests", title, detail, headers });
}

/** Answers 503: this process cannot do it now. Whole seconds, at least one. */
export function unavailable(detail: string, retryAfterMs: number): Problem {
  const headers = retryAfter(retryAfterMs);
  return new Problem({ status: 503, code: "unavailable", title: "Unavailable", detail, headers });
}

function retryAfter(afterMs: number): { "retry-after": string } {
  return { "retry-after": String(Math.max(1, Math.ceil(afterMs / 1000))) };
}
