import { z } from "zod";
import { CommandError, exitCodes } from "./context.ts";
import type { Target } from "./running.ts";

/** An error as the API tells it (RFC 9457); extra fields are kept for `--json`. */
export const Problem = z.looseObject({
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  errors: z
    .array(
      z.looseObject({
        field: z.string(),
        detail: z.string(),
        index: z.int().optional(),
        place: z.array(z.number()).optional(),
      }),
    )
    .optional(),
});
export type Problem = z.infer<typeof Problem>;

/** The API did it, or says why it does not; what is nobody's mistake is thrown. */
export type Answer =
  | { readonly kind: "ok"; readonly body: unknown }
  | { readonly kind: "refused"; readonly problem: Problem };

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const CALL_TIMEOUT_MS = 60_000;
/** The API understood and will not: the caller's matter. Other failures are the platform's. */
const refusals: readonly number[] = [400, 404, 409, 412, 413, 422];

/** @throws CommandError (could not run) when nobody answers, the token does not do, or the API fails. */
export async function callApi(target: Target, call: Call): Promise<Answer> {
  const url = `${target.url}${call.path}`;
  const headers = {
    ...(target.token !== undefined && { authorization: `Bearer ${target.token}` }),
    ...call.headers,
  };
  const answer = await fetch(url, {
    method: call.method,
    headers,
    ...(call.body !== undefined && { body: call.body }),
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new CommandError(exitCodes.couldNotRun, `${url} does not answer`, { cause: error });
  });
  const text = await answer.text();
  const body = parse(text);
  if (answer.ok) return { kind: "ok", body };
  const problem = Problem.safeParse(body);
  if (problem.success && refusals.includes(answer.status)) {
    return { kind: "refused", problem: problem.data };
  }
  const why = problem.success ? (problem.data.detail ?? problem.data.title) : text.slice(0, 200);
  throw new CommandError(exitCodes.couldNotRun, `${url}: ${answer.status} ${why}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One line a mistake, with its place. */
export function describeProblem({ title, detail, errors = [] }: Problem): readonly string[] {
  const lines = errors.map(({ index, field, detail: mistake, place }) => {
    const where = [index === undefined ? "" : `feature ${index}`, field].filter(
      (one) => one !== "",
    );
    const at = place === undefined ? "" : ` (at ${place.join(", ")})`;
    return `${where.join(": ")}: ${mistake}${at}`;
  });
  return lines.length > 0 ? lines : [detail ?? title];
}
