// How an edge is, in its own words: the value of the header `Drover-Link`, a dictionary of whole
// numbers (RFC 9651 §3.2), as in `backlog=1234, bytes=56789, oldest=1763720000000, drain=42000`.

import { z } from "zod";

/** What one region has still to acknowledge, as the edge sees it. */
export const EdgeBacklog = z.strictObject({
  reports: z.int().min(0),
  bytes: z.int().min(0),
  oldestAt: z
    .int()
    .min(0)
    .optional()
    .meta({ description: "edge's clock: when the oldest was accepted; absent when none waits" }),
  drainMs: z.int().min(0).optional().meta({
    description: "until none waits, at the rate of lately; absent when it does not shrink",
  }),
});
export type EdgeBacklog = z.infer<typeof EdgeBacklog>;

/** An edge says how it is at most so often, and at least so often when it has nothing to send. */
export const linkEveryMs = 5_000;
export const linkIdleMs = 15_000;

/** Longer values are not read. */
const CHARS_MAX = 200;
const member = /^ *([a-z][a-z0-9_-]*)=(\d{1,15}) *$/;

export function formatLink({ reports, bytes, oldestAt, drainMs }: EdgeBacklog): string {
  const members = [`backlog=${reports}`, `bytes=${bytes}`];
  if (oldestAt !== undefined) members.push(`oldest=${oldestAt}`);
  if (drainMs !== undefined) members.push(`drain=${drainMs}`);
  return members.join(", ");
}

/**
 * Reads what `formatLink` writes. Members of other names are passed over. Undefined for anything
 * else: what an edge says of itself is a help, and must not fail the reports that it comes with.
 */
export function parseLink(text: string): EdgeBacklog | undefined {
  if (text.length > CHARS_MAX) return undefined;
  const values: Record<string, number> = {};
  for (const part of text.split(",")) {
    const [, name, digits] = member.exec(part) ?? [];
    if (name === undefined) return undefined;
    values[name] = Number(digits);
  }
  const { backlog, bytes, oldest, drain } = values;
  if (backlog === undefined || bytes === undefined) return undefined;
  return {
    reports: backlog,
    bytes,
    ...(oldest !== undefined && { oldestAt: oldest }),
    ...(drain !== undefined && { drainMs: drain }),
  };
}
