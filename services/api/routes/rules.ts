import { z } from "zod";
import { Rule, RuleInput } from "@drover/core/model/rule";
import type { Rules } from "@drover/core/records/rules";
import type { Zones } from "@drover/core/records/zones";
import { badRequest, notFound } from "@drover/core/service/problem";
import { checkRule } from "@drover/core/watch/rules/rule-set";
import {
  answerChanged,
  answerCreated,
  callerOf,
  createKeyOf,
  definitionId,
  DefinitionParam,
  idempotencyHeader,
  ifMatchHeader,
  ifVersionOf,
  setVersion,
} from "./changing.ts";
import { Cursor, cursorOf, Instant, whole } from "./parameters.ts";
import { route, type Route } from "./route.ts";
import { EpochMs, json, pageOf } from "./shapes.ts";

const NewRule = RuleInput.extend({ id: definitionId.optional() });
const RuleVersion = Rule.extend({
  changedBy: z.string().meta({ description: "id of the token that made this version" }),
  validUntil: EpochMs.optional(),
  removedBy: z.string().optional(),
});
const path = "/v1/rules";
const AtQuery = z.strictObject({
  at: Instant.optional().meta({ description: "as it was then; now when absent" }),
});

export interface RulesDeps {
  readonly rules: Rules;
  readonly zones: Pick<Zones, "list">;
}

/** @throws Problem 400 with everything that cannot work. */
export async function checkRuleInput(input: RuleInput, zones: RulesDeps["zones"]): Promise<void> {
  const known = new Set((await zones.list()).map(({ id }) => id));
  const faults = checkRule(input, { zones: known });
  if (faults.length === 0) return;
  const fields = faults.map((fault) => ({ field: fault.path, detail: fault.message }));
  const text = fields.map(({ field, detail }) => `${field}: ${detail}`).join("; ");
  throw badRequest(text, fields);
}

/** What should be noticed in reports. */
export function ruleRoutes(deps: RulesDeps): readonly Route[] {
  return [listRoute(deps), getRoute(deps), versionsRoute(deps), ...changeRoutes(deps)];
}

function listRoute({ rules }: RulesDeps): Route {
  return route({
    method: "GET",
    path,
    summary: "Rules, ordered by id",
    access: "viewer",
    query: AtQuery.extend({
      limit: whole({ min: 1, max: 2_000, default: 500 }),
      cursor: Cursor.optional(),
    }),
    answer: json(pageOf(Rule)),
    handle: async ({ query }) => {
      const { at, cursor = "", limit } = query;
      const found = (await rules.list({ at })).filter(({ id }) => id > cursor);
      const items = found.slice(0, limit);
      const last = items.length < found.length ? items.at(-1) : undefined;
      return { items, ...(last && { next: cursorOf(last.id) }) };
    },
  });
}

function getRoute({ rules }: RulesDeps): Route {
  return route({
    method: "GET",
    path: `${path}/:id`,
    summary: "One rule",
    access: "viewer",
    params: DefinitionParam,
    query: AtQuery,
    answer: json(Rule),
    handle: async ({ params, query, reply }) => {
      const rule = await rules.get(params.id, query.at);
      if (rule === undefined) throw notFound(`there is no rule ${params.id}`);
      setVersion(reply, rule.version);
      return rule;
    },
  });
}

function versionsRoute({ rules }: RulesDeps): Route {
  return route({
    method: "GET",
    path: `${path}/:id/versions`,
    summary: "A rule in its versions, newest first",
    access: "viewer",
    params: DefinitionParam,
    query: z.strictObject({ limit: whole({ min: 1, max: 1_000, default: 100 }) }),
    answer: json(pageOf(RuleVersion)),
    handle: async ({ params, query }) => {
      const versions = await rules.versions(params.id, query.limit);
      if (versions.length === 0) throw notFound(`there never was a rule ${params.id}`);
      const items = versions.map(({ value, by, validUntil, removedBy }) => ({
        ...value,
        changedBy: by,
        ...(validUntil !== undefined && { validUntil }),
        ...(removedBy !== undefined && { removedBy }),
      }));
      return { items };
    },
  });
}

function changeRoutes({ rules, zones }: RulesDeps): readonly Route[] {
  return [
    route({
      method: "POST",
      path,
      summary: "Make a rule",
      access: "operator",
      headers: idempotencyHeader,
      body: NewRule,
      status: 201,
      answer: json(Rule),
      handle: async ({ body, reply }) => {
        const { id, ...input } = body;
        await checkRuleInput(input, zones);
        const options = { by: callerOf(reply), id, key: createKeyOf(reply) };
        return answerCreated(await rules.create(input, options), reply, path);
      },
    }),
    route({
      method: "PUT",
      path: `${path}/:id`,
      summary: "Change a rule: a new version of it",
      access: "operator",
      headers: ifMatchHeader,
      params: DefinitionParam,
      body: RuleInput,
      answer: json(Rule),
      handle: async ({ params, body, reply }) => {
        await checkRuleInput(body, zones);
        const options = { by: callerOf(reply), ifVersion: ifVersionOf(reply) };
        const changed = await rules.update(params.id, body, options);
        return answerChanged(changed, reply, `rule ${params.id}`);
      },
    }),
    route({
      method: "DELETE",
      path: `${path}/:id`,
      summary: "Remove a rule; its versions are kept",
      access: "operator",
      headers: ifMatchHeader,
      params: DefinitionParam,
      answer: json(Rule),
      handle: async ({ params, reply }) => {
        const options = { by: callerOf(reply), ifVersion: ifVersionOf(reply) };
        return answerChanged(await rules.remove(params.id, options), reply, `rule ${params.id}`);
      },
    }),
  ];
}
