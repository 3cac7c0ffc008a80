import { formatLink, linkEveryMs, type EdgeBacklog } from "../model/link.ts";
import type { Clock } from "../service/clock.ts";

/**
 * Gives the text in which an edge says how it is, at most every `linkEveryMs`; undefined in between.
 * `read` is called only then.
 */
export function createLinkTeller(
  clock: Pick<Clock, "monotonicMs">,
  read: () => EdgeBacklog,
): () => string | undefined {
  let toldMs = -Infinity;
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - toldMs < linkEveryMs) return undefined;
    toldMs = nowMs;
    return formatLink(read());
  };
}
