import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";
import { execute } from "./seat.ts";
import type { Seat } from "./seat.ts";
import { quoteString } from "./tokens.ts";

const KILL_AGAIN_MS = 200;

/**
 * Kills the marked statement, again and again until `isOver`: the first try may come before the
 * engine lists it. A killed statement stays listed until its session runs the next one, so
 * nobody waits for it to vanish.
 */
export async function kill(
  marker: string,
  isOver: () => boolean,
  deps: { readonly killer: Seat; readonly clock: Clock; readonly log: Log },
): Promise<void> {
  const where = `endsWith(query, ${quoteString(marker)})`;
  try {
    while (!isOver()) {
      await execute(deps.killer, `KILL QUERY WHERE ${where} ASYNC`, "TSV");
      await deps.clock.sleep(KILL_AGAIN_MS);
    }
  } catch (error) {
    deps.log.warn({ err: error }, "a statement whose caller left was not killed");
  }
}
