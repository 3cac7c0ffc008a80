import type { FastifyReply } from "fastify";
import { z } from "zod";
import { Alert, alertStates } from "@drover/core/model/alert";
import { assetPattern } from "@drover/core/model/ids";
import { Told } from "@drover/core/model/receiver";
import { severities } from "@drover/core/model/severity";
import type { Alerts, Word } from "@drover/core/records/alerts";
import type { Tokens } from "@drover/core/records/tokens";
import { notFound } from "@drover/core/service/problem";
import { definitionId } from "./changing.ts";
import { Cursor, cursorOf, Instant, whole } from "./parameters.ts";
import { route, type Route } from "./route.ts";
import { EpochMs, json, pageOf } from "./shapes.ts";

export interface AlertRoutesDeps {
  readonly alerts: Alerts;
  readonly tokens: Pick<Tokens, "get">;
}

const path = "/v1/alerts";
const alertId = z.string().regex(/^[0-9a-f]{32}$/, "expected 32 hexadecimal digits");
const AlertParam = z.strictObject({ id: alertId });
const NoteBody = z.strictObject({ note: z.string().trim().min(1).max(300).optional() });
/** Alerts that one request acknowledges. */
const BULK_MAX = 500;
const BulkBody = NoteBody.extend({ ids: z.array(alertId).min(1).max(BULK_MAX) });
const EventRef = z.strictObject({
  event: z.string(),
  kind: z.enum(["raise", "clear"]),
  at: EpochMs,
});

/** Some of a list of words, separated by commas. */
const some = <Word extends string>(words: readonly [Word, ...Word[]]) =>
  z
    .string()
    .max(200)
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(words)).min(1).max(words.length))
    .meta({ description: `any of ${words.join(", ")}, separated by commas` });

const ListQuery = z.strictObject({
  state: some(alertStates).optional(),
  severity: some(severities).optional(),
  asset: z.string().regex(assetPattern, "expected kind:id in lower case").optional(),
  zone: definitionId.optional(),
  rule: definitionId.optional(),
  from: Instant.optional().meta({ description: "raised at or after" }),
  to: Instant.optional().meta({ description: "raised before" }),
  limit: whole({ min: 1, max: 1_000, default: 100 }),
  cursor: Cursor.refine((text) => /^\d{1,15} [0-9a-f]{32}$/.test(text), {
    error: "expected `next` of the page before",
  }).optional(),
});

/** What should be known of, and who has it. */
export function alertRoutes(deps: AlertRoutesDeps): readonly Route[] {
  return [listRoute(deps), ...oneRoutes(deps), ...wordRoutes(deps), bulkRoute(deps)];
}

/** Whose token it is: what people read as the one who did it. */
export async function nameOf(reply: FastifyReply, tokens: Pick<Tokens, "get">): Promise<string> {
  const id = reply.request.principal?.tokenId ?? "";
  return (await tokens.get(id))?.label ?? id;
}

function listRoute({ alerts }: AlertRoutesDeps): Route {
  return route({
    method: "GET",
    path,
    summary: "Alerts, those raised last first",
    access: "viewer",
    query: ListQuery,
    answer: json(pageOf(Alert)),
    handle: async ({ query }) => {
      const { state: states, severity, cursor: after, limit, ...rest } = query;
      const filter = { ...rest, states, severities: severity };
      const { items, next } = await alerts.list(filter, { after, limit });
      return { items, ...(next !== undefined && { next: cursorOf(next) }) };
    },
  });
}

function oneRoutes({ alerts }: AlertRoutesDeps): readonly Route[] {
  const LimitQuery = z.strictObject({ limit: whole({ min: 1, max: 1_000, default: 200 }) });
  const known = async (id: string): Promise<Alert> => {
    const alert = await alerts.get(id);
    if (alert === undefined) throw unknown(id);
    return alert;
  };
  return [
    route({
      method: "GET",
      path: `${path}/:id`,
      summary: "One alert",
      access: "viewer",
      params: AlertParam,
      answer: json(Alert),
      handle: ({ params }) => known(params.id),
    }),
    route({
      method: "GET",
      path: `${path}/:id/events`,
      summary: "The events behind an alert, newest first; each is at /v1/events",
      access: "viewer",
      params: AlertParam,
      query: LimitQuery,
      answer: json(pageOf(EventRef)),
      handle: async ({ params, query }) => {
        await known(params.id);
        return { items: await alerts.events(params.id, query.limit) };
      },
    }),
    route({
      method: "GET",
      path: `${path}/:id/told`,
      summary: "Who was told what of an alert, and how that went, newest first",
      access: "viewer",
      params: AlertParam,
      query: LimitQuery,
      answer: json(pageOf(Told)),
      handle: async ({ params, query }) => {
        await known(params.id);
        return { items: await alerts.told(params.id, query.limit) };
      },
    }),
  ];
}

function wordRoutes({ alerts, tokens }: AlertRoutesDeps): readonly Route[] {
  const wordRoute = (
    verb: "acknowledge" | "clear",
    summary: string,
    say: (id: string, word: Word) => Promise<Alert | undefined>,
  ) =>
    route({
      method: "POST",
      path: `${path}/:id/${verb}`,
      summary,
      access: "operator",
      params: AlertParam,
      body: NoteBody,
      answer: json(Alert),
      handle: async ({ params, body, reply }) => {
        const word = { by: await nameOf(reply, tokens), note: body.note };
        const alert = await say(params.id, word);
        if (alert === undefined) throw unknown(params.id);
        return alert;
      },
    });
  return [
    wordRoute(
      "acknowledge",
      "Say that somebody looks after it; doing it again, or after its end, changes nothing",
      (id, word) => alerts.acknowledge(id, word),
    ),
    wordRoute("clear", "End it by hand; doing it again changes nothing", (id, word) =>
      alerts.clear(id, word),
    ),
  ];
}

function bulkRoute({ alerts, tokens }: AlertRoutesDeps): Route {
  return route({
    method: "POST",
    path: `${path}/acknowledge`,
    summary: "Acknowledge several alerts; those that do not exist are left out of the answer",
    access: "operator",
    body: BulkBody,
    answer: json(pageOf(Alert)),
    handle: async ({ body, reply }) => {
      const word = { by: await nameOf(reply, tokens), note: body.note };
      const items: Alert[] = [];
      for (const id of new Set(body.ids)) {
        const alert = await alerts.acknowledge(id, word);
        if (alert !== undefined) items.push(alert);
      }
      return { items };
    },
  });
}

const unknown = (id: string) => notFound(`there is no alert ${id}`);
