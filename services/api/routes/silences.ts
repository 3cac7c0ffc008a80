import { z } from "zod";
import { Silence, SilenceInput } from "@drover/core/model/alert";
import { type Silences, silencesMax, SilenceTimesError } from "@drover/core/records/silences";
import type { Tokens } from "@drover/core/records/tokens";
import { badRequest, notFound } from "@drover/core/service/problem";
import { nameOf } from "./alerts.ts";
import { DefinitionParam, full } from "./changing.ts";
import { Cursor, cursorOf, whole } from "./parameters.ts";
import { route, type Route } from "./route.ts";
import { json, pageOf } from "./shapes.ts";

export interface SilenceRoutesDeps {
  readonly silences: Silences;
  readonly tokens: Pick<Tokens, "get">;
}

const path = "/v1/silences";

/** For a while nobody is told of some alerts. */
export function silenceRoutes(deps: SilenceRoutesDeps): readonly Route[] {
  return [...readRoutes(deps), ...changeRoutes(deps)];
}

function readRoutes({ silences }: SilenceRoutesDeps): readonly Route[] {
  return [
    route({
      method: "GET",
      path,
      summary: "Silences, those that end last first",
      access: "viewer",
      query: z.strictObject({
        active: z
          .enum(["true", "false"])
          .optional()
          .meta({ description: "true: not ended yet; false: ended; both when absent" }),
        limit: whole({ min: 1, max: 1_000, default: 500 }),
        cursor: Cursor.refine((text) => /^\d{1,6}$/.test(text)).optional(),
      }),
      answer: json(pageOf(Silence)),
      handle: async ({ query }) => {
        const isActive = query.active === undefined ? undefined : query.active === "true";
        const start = Number(query.cursor ?? 0);
        const all = await silences.list({ isActive });
        const end = start + query.limit;
        const next = end < all.length ? { next: cursorOf(String(end)) } : {};
        return { items: all.slice(start, end), ...next };
      },
    }),
    route({
      method: "GET",
      path: `${path}/:id`,
      summary: "One silence",
      access: "viewer",
      params: DefinitionParam,
      answer: json(Silence),
      handle: async ({ params }) => foundIn(await silences.get(params.id), params.id),
    }),
  ];
}

function changeRoutes({ silences, tokens }: SilenceRoutesDeps): readonly Route[] {
  return [
    route({
      method: "POST",
      path,
      summary: "Keep some alerts from being told until a time",
      access: "operator",
      body: SilenceInput,
      status: 201,
      answer: json(Silence),
      handle: async ({ body, reply }) => {
        const by = await nameOf(reply, tokens);
        const silence = await withTimes(() => silences.create(body, by));
        if (silence === undefined) throw full(silencesMax);
        reply.code(201).header("location", `${path}/${silence.id}`);
        return silence;
      },
    }),
    route({
      method: "PUT",
      path: `${path}/:id`,
      summary: "Change a silence",
      access: "operator",
      params: DefinitionParam,
      body: SilenceInput,
      answer: json(Silence),
      handle: async ({ params, body }) =>
        foundIn(await withTimes(() => silences.update(params.id, body)), params.id),
    }),
    route({
      method: "DELETE",
      path: `${path}/:id`,
      summary: "End a silence now; what still stands is told",
      access: "operator",
      params: DefinitionParam,
      answer: json(Silence),
      handle: async ({ params }) => foundIn(await silences.end(params.id), params.id),
    }),
  ];
}

/** @throws Problem 400 for times that cannot be. */
async function withTimes<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof SilenceTimesError)) throw error;
    throw badRequest(error.message, [{ field: "until", detail: error.message }]);
  }
}

function foundIn(silence: Silence | undefined, id: string): Silence {
  if (silence === undefined) throw notFound(`there is no silence ${id}`);
  return silence;
}
