import { z } from "zod";
import {
  getQuarantined,
  listQuarantine,
  type QuarantinedLine,
} from "@drover/core/history/queries/quarantine";
import { edgePattern } from "@drover/core/model/ids";
import { QuarantineReason } from "@drover/core/model/ingest";
import { notFound } from "@drover/core/service/problem";
import type { HistoryReader } from "../history-reader.ts";
import { Mending, type Readmit, Readmitted } from "../readmit.ts";
import { Cursor, cursorOf, whole } from "./parameters.ts";
import { route, type Route } from "./route.ts";
import { EpochMs, json, pageOf } from "./shapes.ts";

const Entry = z.strictObject({
  id: z.string(),
  edge: z.string().optional().meta({ description: "absent for a sender without an identity" }),
  epoch: z.int(),
  seq: z.int(),
  line: z.int().meta({ description: "line of the request's body, from 1" }),
  reason: z.string(),
  detail: z.string(),
  receivedAt: EpochMs,
  text: z.string(),
  truncated: z.boolean().meta({ description: "only the beginning of the line was kept" }),
  readmittedAt: EpochMs.optional(),
});

function entryOf(line: QuarantinedLine): z.input<typeof Entry> {
  const { edge, isTruncated, readmittedAt, ...rest } = line;
  return {
    ...rest,
    ...(edge !== "" && { edge }),
    truncated: isTruncated,
    ...(readmittedAt !== null && { readmittedAt }),
  };
}

/** What the query of history gave as `next`, checked before it goes back there. */
const Place = z.tuple([z.int().min(0), z.string().max(200)]);
const QuarantineCursor = Cursor.transform((text, context) => {
  try {
    if (Place.safeParse(JSON.parse(text)).success) return text;
  } catch {
    // Said below, as for every other text that is no cursor.
  }
  context.addIssue({ code: "custom", message: "expected `next` of the page before" });
  return z.NEVER;
});

const ListQuery = z.strictObject({
  reason: QuarantineReason.optional(),
  edge: z.string().regex(edgePattern, "expected the id of an edge").optional(),
  waiting: z
    .enum(["true", "false"])
    .optional()
    .meta({ description: "true: leave out what was let in" }),
  // A line may have 32,768 characters.
  limit: whole({ min: 1, max: 500, default: 100 }),
  cursor: QuarantineCursor.optional(),
});

const EntryParam = z.strictObject({ id: z.string().min(1).max(128) });

export interface QuarantineDeps {
  readonly reader: HistoryReader;
  readonly readmit: Readmit;
}

/** Lines that were set aside: read by people, and let in again by them. */
export function quarantineRoutes(deps: QuarantineDeps): readonly Route[] {
  return [listRoute(deps), entryRoute(deps), readmitRoute(deps)];
}

function listRoute({ reader }: QuarantineDeps): Route {
  return route({
    method: "GET",
    path: "/v1/quarantine",
    summary: "Lines that were set aside, newest first",
    access: "viewer",
    query: ListQuery,
    answer: json(pageOf(Entry)),
    handle: async ({ query, signal }) => {
      const filter = {
        reason: query.reason,
        edge: query.edge,
        isWaiting: query.waiting === "true",
      };
      const page = { after: query.cursor, limit: query.limit };
      const { items, next } = await reader.ask(signal, (history) =>
        listQuarantine(history, filter, page),
      );
      return {
        items: items.map(entryOf),
        ...(next !== undefined && { next: cursorOf(next) }),
      };
    },
  });
}

function entryRoute({ reader }: QuarantineDeps): Route {
  return route({
    method: "GET",
    path: "/v1/quarantine/:id",
    summary: "One line that was set aside",
    access: "viewer",
    params: EntryParam,
    answer: json(Entry),
    handle: async ({ params, signal }) => {
      const { id } = params;
      const entry = await reader.ask(signal, (history) => getQuarantined(history, id));
      if (entry === undefined) throw notFound(`quarantine has no entry ${id}`);
      return entryOf(entry);
    },
  });
}

function readmitRoute({ readmit }: QuarantineDeps): Route {
  return route({
    method: "POST",
    path: "/v1/quarantine/:id/readmit",
    summary: "Let a line in after all, as it was or mended; doing it again changes nothing",
    access: "operator",
    params: EntryParam,
    body: Mending,
    answer: json(Readmitted),
    handle: ({ params, body, reply, signal }) => {
      const { authorization } = reply.request.headers;
      return readmit({ id: params.id, mending: body, authorization }, signal);
    },
  });
}
