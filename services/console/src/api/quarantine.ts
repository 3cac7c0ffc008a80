import { z } from "zod";
import { pageOf, type Page } from "./page.ts";
import { server } from "./server.ts";

const Line = z.object({
  id: z.string(),
  edge: z.string().optional(),
  line: z.int(),
  reason: z.string(),
  detail: z.string(),
  receivedAt: z.int(),
  text: z.string(),
  truncated: z.boolean(),
  readmittedAt: z.int().optional(),
});
export type QuarantinedLine = z.infer<typeof Line>;

const Readmitted = z.object({
  id: z.string(),
  outcome: z.enum(["admitted", "already-admitted"]),
  readmittedAt: z.int(),
});
export type Readmitted = z.infer<typeof Readmitted>;

/** Lines that were set aside and are not let in yet, the newest first. */
export const askQuarantine = (
  cursor: string | undefined,
  signal?: AbortSignal,
): Promise<Page<QuarantinedLine>> =>
  server.ask({
    path: "/v1/quarantine",
    query: { waiting: true, limit: 50, cursor },
    answer: pageOf(Line),
    signal,
  });

/** How a line is mended; as it is when nothing is said. */
export interface Mending {
  readonly text?: string;
  /** Added to the report's time, ms. */
  readonly offsetMs?: number;
}

/** Lets a line in. @throws AskError 422 while it still is no report */
export const readmit = (id: string, mending: Mending): Promise<Readmitted> =>
  server.ask({
    method: "POST",
    path: `/v1/quarantine/${encodeURIComponent(id)}/readmit`,
    body: mending,
    answer: Readmitted,
  });
