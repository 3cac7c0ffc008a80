import { createHash } from "node:crypto";

/**
 * The id of an event: 32 hexadecimal digits made of what it says, so that work that is done again
 * gives the same one.
 */
export function eventId(...parts: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
