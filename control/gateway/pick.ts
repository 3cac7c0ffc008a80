import type { Copy } from "./table.ts";

/** `unknown` until the first probe answers. */
export type CopyHealth = "ready" | "unready" | "unknown";

/**
 * Chooses the copy that gets the next request: the ready ones in turn; where none is ready, one
 * that is not known yet; a copy that wants no work, never. Pure.
 *
 * @param turn counts the requests of this service; the copies take turns by it.
 * @param tried instances that failed this request already.
 */
export function pickCopy(
  copies: readonly Copy[],
  healthOf: (instance: string) => CopyHealth,
  turn: number,
  tried: readonly string[],
): Copy | undefined {
  const left = copies.filter((copy) => !tried.includes(copy.instance));
  for (const wanted of ["ready", "unknown"] as const) {
    const able = left.filter((copy) => healthOf(copy.instance) === wanted);
    if (able.length > 0) return able[turn % able.length];
  }
  return undefined;
}

export type Failure =
  /** No connection: nothing was sent. */
  | { readonly kind: "refused"; readonly detail: string }
  /** The connection broke; `hasBegun` says whether an answer was on its way. */
  | { readonly kind: "broken"; readonly hasBegun: boolean; readonly detail: string }
  | { readonly kind: "timeout"; readonly hasBegun: boolean; readonly detail: string };

export const ATTEMPTS_MAX = 2;

/**
 * Whether a request that failed may go to another copy: nothing was sent, or it may be repeated
 * without harm (RFC 9110 §9.2.2) and the caller has seen nothing yet. Pure.
 */
export function mayRetry(method: string, attempts: number, failure: Failure): boolean {
  if (attempts >= ATTEMPTS_MAX) return false;
  switch (failure.kind) {
    case "refused":
      return true;
    case "broken":
      return !failure.hasBegun && (method === "GET" || method === "HEAD");
    case "timeout":
      return false;
  }
}
