// OpenAPI 3.1, made from the schemas that validate.

import { z } from "zod";
import { ingestHeaders, ingestPath, IngestAnswer, ndjson } from "@drover/core/model/ingest";
import { Report } from "@drover/core/model/report";
import { PROBLEM_TYPE } from "@drover/core/service/problem";
import { type Content, route, type Route } from "./route.ts";

const ProblemShape = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  instance: z.string(),
  errors: z
    .array(
      z.object({
        field: z.string(),
        detail: z.string(),
        index: z.int().optional().meta({ description: "which of many, from 0" }),
        place: z.array(z.number()).optional().meta({ description: "[lon, lat] of the mistake" }),
      }),
    )
    .optional(),
});

/** The document itself; `version` is the platform's. */
export function openApiOf(routes: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const one of routes) {
    const path = one.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [one.method.toLowerCase()]: operationOf(one) };
  }
  const schemas: Record<string, unknown> = {
    Problem: schemaOf(ProblemShape, "output"),
    Report: schemaOf(Report, "input"),
  };
  hoist(paths, schemas);
  paths[ingestPath] = { ...paths[ingestPath], post: ingestOperation() };
  return {
    openapi: "3.1.0",
    info: {
      title: "Drover",
      version,
      description: "Live telemetry. Times are epoch milliseconds, units are SI.",
      license: { name: "MIT", identifier: "MIT" },
    },
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      schemas,
    },
  };
}

function operationOf(one: Route): Record<string, unknown> {
  const body = one.bodyShape ?? one.body;
  const parameters = [
    ...parametersOf(one.params, "path"),
    ...parametersOf(one.query, "query"),
    ...Object.entries(one.headers ?? {}).map(([name, meaning]) => header(name, meaning)),
  ];
  return {
    summary: one.summary,
    operationId: operationId(one),
    ...(one.access === "public" && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: contentOf(
          ["application/json", ...(one.bodyTypes ?? [])].map((type) => ({ type, schema: body })),
          "input",
        ),
      },
    }),
    responses: {
      [one.status ?? 200]: {
        description: one.summary,
        content: contentOf([one.answer, ...(one.alsoAnswers ?? [])], "output"),
      },
      ...problems,
    },
  };
}

function contentOf(contents: readonly Content[], io: "input" | "output"): Record<string, unknown> {
  return Object.fromEntries(
    contents.map(({ type, schema }) => [type.split(";")[0], { schema: schemaOf(schema, io) }]),
  );
}

const problems = {
  default: {
    description: "An error (RFC 9457); `errors` names each field and its limit",
    content: { [PROBLEM_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
  },
};

function operationId({ method, path }: Route): string {
  const words = path.split(/[^a-zA-Z0-9]+/).filter((word) => word !== "" && word !== "v1");
  const name = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
  return `${method.toLowerCase()}${name}`;
}

function parametersOf(schema: z.ZodType | undefined, place: "path" | "query"): unknown[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).map(([name, field]) => {
    const shape = schemaOf(field, "input");
    const { description, default: _default, ...rest } = shape;
    return {
      name,
      in: place,
      required: place === "path" || !field.safeParse(undefined).success,
      ...(typeof description === "string" && { description }),
      schema: rest,
    };
  });
}

function schemaOf(schema: z.core.$ZodType, io: "input" | "output"): Record<string, unknown> {
  const { $schema: _schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}

/**
 * A schema that contains itself comes with definitions of its own (`$defs`). References are from the
 * root of the document, so they move to its components; equal ones share a name.
 */
function hoist(paths: Record<string, unknown>, schemas: Record<string, unknown>): void {
  const names = new Map<string, string>();
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if ("$defs" in node && typeof node.$defs === "object" && node.$defs !== null) {
      const { $defs, ...own } = node;
      const text = JSON.stringify($defs);
      const name = names.get(text) ?? `Definition${names.size + 1}`;
      names.set(text, name);
      const rename = (value: unknown): unknown =>
        JSON.parse(
          JSON.stringify(value).replaceAll(
            /"#\/\$defs\/(\w+)"/g,
            `"#/components/schemas/${name}$1"`,
          ),
        );
      for (const [key, definition] of Object.entries($defs)) {
        schemas[`${name}${key}`] = rename(definition);
      }
      Reflect.deleteProperty(node, "$defs");
      Object.assign(node, rename(own));
    }
    for (const value of Object.values(node)) walk(value);
  };
  walk(paths);
}

const header = (name: string, description: string) => ({
  name,
  in: "header",
  description,
  schema: { type: "string" },
});

/** `POST /v1/reports` is served by ingest; its contract is shared, so it is told here too. */
function ingestOperation(): Record<string, unknown> {
  return {
    summary: "Take reports in, one JSON a line; answers when they are durable",
    operationId: "postReports",
    parameters: [
      header(ingestHeaders.edge, "identity of the sending edge; without it no sequence numbers"),
      header(ingestHeaders.epoch, "the edge's epoch"),
      header(ingestHeaders.firstSeq, "sequence number of the first line, when lines have none"),
      header(ingestHeaders.sentAt, "the edge's clock at sending, epoch milliseconds"),
      header(ingestHeaders.lane, "live (default) or backfill"),
      header(
        ingestHeaders.link,
        "the edge's backlog: backlog=n, bytes=n, oldest=epoch ms, drain=ms",
      ),
      {
        name: "dryRun",
        in: "query",
        schema: { type: "boolean" },
        description: "check, write nothing",
      },
    ],
    requestBody: {
      required: true,
      content: { [ndjson]: { schema: { $ref: "#/components/schemas/Report" } } },
    },
    responses: {
      "200": {
        description: "What became of each line",
        content: { "application/json": { schema: schemaOf(IngestAnswer, "output") } },
      },
      ...problems,
    },
  };
}

/** Serves the document of the given routes. */
export function openApiRoute(routes: readonly Route[], version: string): Route {
  const document = JSON.stringify(openApiOf(routes, version));
  return route({
    method: "GET",
    path: "/openapi.json",
    summary: "This document",
    access: "public",
    answer: { type: "application/json", schema: z.looseObject({ openapi: z.string() }) },
    handle: async () => document,
  });
}
