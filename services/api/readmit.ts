// Lets one quarantined line in: history knows the line, ingest alone may append it. The entry is
// marked after ingest has it durably; between the two a repetition is harmless, because ingest lets
// an entry in once.

import { z } from "zod";
import {
  getQuarantined,
  markReadmitted,
  type QuarantinedLine,
} from "@drover/core/history/queries/quarantine";
import { limits } from "@drover/core/model/report";
import type { Clock } from "@drover/core/service/clock";
import {
  badRequest,
  forbidden,
  notFound,
  Problem,
  unauthorized,
  unavailable,
} from "@drover/core/service/problem";
import type { HistoryReader } from "./history-reader.ts";

/** How the line is to be mended; as it was when nothing is said. */
export const Mending = z
  .strictObject({
    /** Stands in for the line's text. */
    text: z.string().min(1).max(limits.lineChars).optional(),
    offsetMs: z.int().optional().meta({ description: "added to the report's time" }),
    at: z
      .int()
      .min(limits.atMs.min)
      .max(limits.atMs.max)
      .optional()
      .meta({ description: "stands in for the report's time, epoch milliseconds" }),
    unknownFields: z.enum(["refuse", "ignore"]).optional(),
  })
  .refine((mending) => mending.offsetMs === undefined || mending.at === undefined, {
    error: "offsetMs and at exclude each other",
    path: ["at"],
  });
export type Mending = z.infer<typeof Mending>;

export const Readmitted = z.strictObject({
  id: z.string(),
  outcome: z.enum(["admitted", "already-admitted"]),
  readmittedAt: z.int().meta({ description: "when it was first let in, epoch milliseconds" }),
});
export type Readmitted = z.infer<typeof Readmitted>;

/** What ingest answers for one line; see services/ingest/README.md. */
const IngestResult = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("admitted") }),
  z.object({ outcome: z.literal("already-admitted") }),
  z.object({ outcome: z.literal("refused"), reason: z.string(), detail: z.string() }),
]);
const IngestResults = z.object({ results: z.tuple([IngestResult]) });

export interface ReadmitConfig {
  /** Where ingest answers, or the gateway that leads there; empty: nobody said. */
  readonly ingestUrl: string;
  readonly answerMsMax: number;
}

export interface ReadmitDeps {
  readonly reader: HistoryReader;
  readonly clock: Pick<Clock, "now">;
}

export interface ReadmitRequest {
  readonly id: string;
  readonly mending: Mending;
  /** The caller's own; ingest asks for the role `operator` once more. */
  readonly authorization: string | undefined;
}

export type Readmit = (request: ReadmitRequest, signal: AbortSignal) => Promise<Readmitted>;

const RETRY_MS = 2_000;

/** Problems: 404 unknown entry, 422 still no report, 503 while history or ingest is away. */
export function createReadmit(config: ReadmitConfig, deps: ReadmitDeps): Readmit {
  const { reader, clock } = deps;
  return async (request, signal) => {
    const { id } = request;
    const entry = await reader.ask(signal, (history) => getQuarantined(history, id));
    if (entry === undefined) {
      throw notFound(
        `quarantine has no entry ${id}; what was set aside just now can be read once it is stored, within seconds`,
      );
    }
    const line = lineOf(entry, request.mending);
    const result = await askIngest(config, { ...request, line }, signal);
    if (result.outcome === "refused") throw stillRefused(id, result);
    const readmittedAt = entry.readmittedAt ?? clock.now();
    if (entry.readmittedAt === null) {
      // It is in by now, so that this is finished even when the caller has left.
      const staying = new AbortController().signal;
      await reader.ask(staying, (history) => markReadmitted(history, [id], readmittedAt));
    }
    return { id, outcome: result.outcome, readmittedAt };
  };
}

function lineOf(entry: QuarantinedLine, mending: Mending) {
  const { text = entry.text, offsetMs, at } = mending;
  if (mending.text === undefined && entry.isTruncated) {
    const detail = "only the beginning of this line was kept; send the whole line as text";
    throw badRequest(detail, [{ field: "text", detail }]);
  }
  if (text === "") {
    const detail = "the line is empty; send a report as text";
    throw badRequest(detail, [{ field: "text", detail }]);
  }
  return { id: entry.id, text, offsetMs, at };
}

function stillRefused(id: string, result: { reason: string; detail: string }): Problem {
  const { reason, detail } = result;
  return new Problem({
    status: 422,
    code: "still-refused",
    title: "The line is still no report that can be stored",
    detail: `${id}: ${reason}: ${detail}`,
  });
}

async function askIngest(
  config: ReadmitConfig,
  request: ReadmitRequest & { readonly line: object },
  signal: AbortSignal,
) {
  if (config.ingestUrl === "") throw unavailable("DROVER_INGEST_URL is not set", RETRY_MS);
  const { line, authorization = "", mending } = request;
  const { unknownFields } = mending;
  const limit = AbortSignal.timeout(config.answerMsMax);
  const response = await fetch(new URL("/v1/quarantine/readmit", config.ingestUrl), {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ lines: [line], unknownFields }),
    redirect: "error",
    signal: AbortSignal.any([signal, limit]),
  }).catch(() => undefined);
  if (response === undefined) throw unavailable("ingest gives no answer", RETRY_MS);
  const body: unknown = await response.json().catch(() => undefined);
  switch (response.status) {
    case 200: {
      const answer = IngestResults.safeParse(body);
      if (answer.success) return answer.data.results[0];
      throw unavailable("ingest answered something else than was asked", RETRY_MS);
    }
    case 401:
      throw unauthorized("ingest does not know this token");
    case 403:
      throw forbidden("ingest does not let this token re-admit");
    default: {
      const afterS = Number(response.headers.get("retry-after") ?? Number.NaN);
      const afterMs = Number.isFinite(afterS) ? afterS * 1_000 : RETRY_MS;
      throw unavailable(`ingest answers ${response.status}`, afterMs);
    }
  }
}
