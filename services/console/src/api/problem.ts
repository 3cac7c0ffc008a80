// What went wrong when the server was asked, in words for the person who asked.

import { z } from "zod";

const ProblemBody = z.object({
  title: z.string(),
  detail: z.string().optional(),
  errors: z
    .array(
      z.object({
        field: z.string(),
        detail: z.string(),
        /** [lon, lat] of a mistake that has a place. */
        place: z.array(z.number()).optional(),
        /** Which feature of a file, from 0. */
        index: z.int().optional(),
      }),
    )
    .optional(),
});
export type FieldMistake = NonNullable<z.infer<typeof ProblemBody>["errors"]>[number];

export interface AskFacts {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly title: string;
  readonly detail?: string | undefined;
  readonly fields?: readonly FieldMistake[] | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** The server refused, or gave no answer, or one that is none. */
export class AskError extends Error {
  override name = "AskError";
  readonly facts: AskFacts;

  constructor(facts: AskFacts, options?: ErrorOptions) {
    super(facts.detail ?? facts.title, options);
    this.facts = facts;
  }

  /** HTTP status; 0 when no answer came. */
  get status(): number {
    return this.facts.status;
  }
}

/** Reads a problem+json body (RFC 9457), and makes one of anything else. */
export function problemOf(status: number, body: unknown, retryAfter: string | null): AskError {
  const parsed = ProblemBody.safeParse(body);
  const seconds = Number(retryAfter ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1_000 : undefined;
  if (!parsed.success) return new AskError({ status, title: titleOf(status), retryAfterMs });
  const { title, detail, errors } = parsed.data;
  return new AskError({ status, title, detail, fields: errors, retryAfterMs });
}

function titleOf(status: number): string {
  if (status === 404) return "The server does not know this";
  if (status >= 500) return `The server could not answer (${status})`;
  return `The server refused (${status})`;
}

export interface ErrorWords {
  readonly title: string;
  /** What to do next. */
  readonly advice: string;
}

/** One sentence for what happened and one for what to do. */
export function wordsOf(error: unknown): ErrorWords {
  if (!(error instanceof AskError)) {
    const title = error instanceof Error ? error.message : String(error);
    return { title, advice: "Try again; if it stays, reload the page." };
  }
  const { status, title, detail, retryAfterMs } = error.facts;
  const said = detail ?? title;
  switch (status) {
    case 0:
      return { title: said, advice: "The page tries again by itself once the server is back." };
    case 401:
      return { title: "You are signed out.", advice: "Sign in with a token to go on." };
    case 403:
      return { title: said, advice: "Ask an operator, or sign in with a token that may." };
    case 404:
      return { title: said, advice: "It may have been removed; look at the list again." };
    case 409:
    case 412:
      return {
        title: said,
        advice: "Somebody else changed it meanwhile: load it anew, then change it.",
      };
    case 400:
    case 422:
      return { title: said, advice: "Correct what is marked and send it again." };
    case 429:
    case 503: {
      const waitS = Math.ceil((retryAfterMs ?? 2_000) / 1_000);
      return { title: said, advice: `Try again in ${waitS} s.` };
    }
    default:
      return { title: said, advice: "Try again; the server's log says more." };
  }
}

/** Both sentences in one, for a toast or a status line. */
export function messageOf(error: unknown): string {
  const { title, advice } = wordsOf(error);
  return `${title.replace(/[.\s]+$/, "")}. ${advice}`;
}

/** What the server says of one field of what was sent; `shape.radiusM` finds `shape` too. */
export function fieldMistake(error: unknown, field: string): string | undefined {
  if (!(error instanceof AskError)) return undefined;
  const found = error.facts.fields?.find(
    (one) => one.field === field || one.field.startsWith(`${field}.`),
  );
  return found?.detail;
}

/** Everything the server said was wrong, field by field. */
export function mistakesOf(error: unknown): readonly FieldMistake[] {
  return error instanceof AskError ? (error.facts.fields ?? []) : [];
}

/** True when asking was given up on purpose. */
export function isAbort(error: unknown): error is DOMException {
  return error instanceof DOMException && error.name === "AbortError";
}
