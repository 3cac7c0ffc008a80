// How zones are made, changed, removed and brought in from files.

import { z } from "zod";
import { geoJsonType, isFeature, readZoneFeature } from "@drover/core/model/zone-geojson";
import { Zone, ZoneInput } from "@drover/core/model/zone";
import type { Rules } from "@drover/core/records/rules";
import type { Zones } from "@drover/core/records/zones";
import { badRequest, conflict, Problem } from "@drover/core/service/problem";
import { zonesAskedFor } from "../rule-zones.ts";
import { importZones } from "../zone-import.ts";
import { refuseFaults } from "../zone-check.ts";
import {
  answerChanged,
  answerCreated,
  callerOf,
  createKeyOf,
  definitionId,
  DefinitionParam,
  full,
  idempotencyHeader,
  ifMatchHeader,
  ifVersionOf,
} from "./changing.ts";
import { route, type Route } from "./route.ts";
import { json } from "./shapes.ts";

const path = "/v1/zones";
const NewZone = ZoneInput.safeExtend({ id: definitionId.optional() });

/** A zone as we write it, or a GeoJSON feature. */
const AnyZone = z.looseObject({}).transform((body, context): z.output<typeof NewZone> => {
  if (!isFeature(body)) return forward(NewZone.safeParse(body), context);
  const read = readZoneFeature(body);
  if (read.kind === "zone") return { ...read.input, id: read.id };
  // The place goes into the text: an issue has no room for it.
  for (const { field, detail, place } of read.faults) {
    const at = place === undefined ? "" : `, at ${place.join(", ")}`;
    context.addIssue({ code: "custom", path: field.split("."), message: `${detail}${at}` });
  }
  return z.NEVER;
});

function forward<T>(result: z.ZodSafeParseResult<T>, context: z.RefinementCtx): T {
  if (result.success) return result.data;
  for (const { path: at, message } of result.error.issues) {
    context.addIssue({ code: "custom", path: at, message });
  }
  return z.NEVER;
}

const yes = z.enum(["true", "false"]).transform((text) => text === "true");
const ImportQuery = z.strictObject({
  partial: yes.optional().meta({ description: "true: take what is good although some is not" }),
  dryRun: yes.optional().meta({ description: "true: say what would be, change nothing" }),
  nameProperty: z.string().min(1).max(64).optional().meta({
    description: "the property that names a feature; name, title or the like when absent",
  }),
});
const Mistake = z.strictObject({
  index: z.int().meta({ description: "which feature, from 0" }),
  field: z.string(),
  detail: z.string(),
  place: z.array(z.number()).optional().meta({ description: "[lon, lat] of the mistake" }),
});
const Imported = z.strictObject({
  created: z.int(),
  changed: z.int(),
  unchanged: z.int(),
  zones: z.array(
    z.strictObject({
      index: z.int(),
      id: z.string(),
      outcome: z.enum(["created", "changed", "unchanged"]),
    }),
  ),
  faults: z.array(Mistake).meta({ description: "what was left out, with `partial`" }),
});

/** A file of 10,000 zones of 100 vertices each. */
const IMPORT_BYTES_MAX = 32 * 1024 * 1024;
/** A zone of the most vertices. */
const ZONE_BYTES_MAX = 2 * 1024 * 1024;
/** Mistakes told of one file. */
const FAULTS_SHOWN = 1_000;

export interface ZoneChangesDeps {
  readonly zones: Zones;
  readonly rules: Pick<Rules, "list">;
}

export function zoneChangeRoutes(deps: ZoneChangesDeps): readonly Route[] {
  return [createRoute(deps), updateRoute(deps), removeRoute(deps), importRoute(deps)];
}

function createRoute({ zones }: ZoneChangesDeps): Route {
  return route({
    method: "POST",
    path,
    summary: "Make a zone, from our form or a GeoJSON feature",
    access: "operator",
    headers: idempotencyHeader,
    body: AnyZone,
    bodyTypes: [geoJsonType],
    bodyShape: NewZone,
    bodyBytesMax: ZONE_BYTES_MAX,
    status: 201,
    answer: json(Zone),
    handle: async ({ body, reply }) => {
      const { id, ...input } = body;
      refuseFaults(input);
      const options = { by: callerOf(reply), id, key: createKeyOf(reply) };
      return answerCreated(await zones.create(input, options), reply, path);
    },
  });
}

function updateRoute({ zones }: ZoneChangesDeps): Route {
  return route({
    method: "PUT",
    path: `${path}/:id`,
    summary: "Change a zone: a new version of it",
    access: "operator",
    headers: ifMatchHeader,
    params: DefinitionParam,
    body: AnyZone,
    bodyTypes: [geoJsonType],
    bodyShape: ZoneInput,
    bodyBytesMax: ZONE_BYTES_MAX,
    answer: json(Zone),
    handle: async ({ params, body, reply }) => {
      const { id = params.id, ...input } = body;
      if (id !== params.id) throw badRequest(`the body is of ${id}, the address of ${params.id}`);
      refuseFaults(input);
      const options = { by: callerOf(reply), ifVersion: ifVersionOf(reply) };
      const changed = await zones.update(params.id, input, options);
      return answerChanged(changed, reply, `zone ${params.id}`);
    },
  });
}

function removeRoute({ zones, rules }: ZoneChangesDeps): Route {
  return route({
    method: "DELETE",
    path: `${path}/:id`,
    summary: "Remove a zone; its versions are kept. One that rules ask for stays",
    access: "operator",
    headers: ifMatchHeader,
    params: DefinitionParam,
    answer: json(Zone),
    handle: async ({ params, reply }) => {
      const { id } = params;
      const options = { by: callerOf(reply), ifVersion: ifVersionOf(reply) };
      const users = (await rules.list()).filter((rule) =>
        zonesAskedFor(rule.condition).includes(id),
      );
      if (users.length > 0) {
        const names = users.map((rule) => rule.id).join(", ");
        throw conflict(`zone ${id} is asked for by rules: ${names}; change or remove them first`);
      }
      return answerChanged(await zones.remove(id, options), reply, `zone ${id}`);
    },
  });
}

function importRoute({ zones }: ZoneChangesDeps): Route {
  return route({
    method: "POST",
    path: `${path}/import`,
    summary: "Bring a GeoJSON file in: all of it, or nothing and every mistake",
    access: "operator",
    query: ImportQuery,
    body: z.looseObject({ type: z.string() }),
    bodyTypes: [geoJsonType],
    bodyBytesMax: IMPORT_BYTES_MAX,
    answer: json(Imported),
    handle: async ({ query, body, reply }): Promise<z.input<typeof Imported>> => {
      const { partial: isPartial = false, dryRun: isDryRun = false, nameProperty } = query;
      const options = { by: callerOf(reply), isPartial, isDryRun, nameProperty };
      const result = await importZones(body, options, zones);
      if (result.kind === "full") throw full(result.countMax);
      const shown = result.faults.slice(0, FAULTS_SHOWN);
      if (result.kind === "refused") {
        const count = result.faults.length;
        const more = count > shown.length ? `, of which ${shown.length} are told` : "";
        throw new Problem({
          status: 400,
          code: "invalid",
          title: "The file has mistakes; nothing of it was stored",
          detail: `${count} mistake(s)${more}; the first: ${firstOf(shown)}`,
          fields: shown,
        });
      }
      const count = (wanted: string) =>
        result.zones.filter(({ outcome }) => outcome === wanted).length;
      return {
        created: count("created"),
        changed: count("changed"),
        unchanged: count("unchanged"),
        zones: [...result.zones],
        faults: shown.map(({ place, ...fault }) => ({
          ...fault,
          ...(place && { place: [...place] }),
        })),
      };
    },
  });
}

function firstOf([fault]: readonly { index: number; field: string; detail: string }[]): string {
  return fault === undefined ? "" : `feature ${fault.index}: ${fault.field}: ${fault.detail}`;
}
