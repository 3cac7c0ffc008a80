import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { ingestPath } from "@drover/core/model/ingest";
import type { IngestAnswer } from "@drover/core/model/ingest";
import type { HttpApp } from "@drover/core/service/http";
import { unauthorized, unsupportedMediaType } from "@drover/core/service/problem";
import type { Admission, Place } from "./admission.ts";
import type { Ingest } from "./ingest.ts";
import { ReadmitRequest } from "./readmit.ts";

export interface RoutesConfig {
  readonly bodyBytesMax: number;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Its share of the bounds on work in flight. */
    place?: Place;
  }
}

const mediaTypes = [
  "application/x-ndjson",
  "application/ndjson",
  "application/jsonl",
  "application/json",
];

const Query = z.strictObject({
  dryRun: z.enum(["true", "false"]).optional(),
});

const READMIT_BYTES_MAX = 8 * 1024 * 1024;

/** `POST /v1/reports` and `POST /v1/quarantine/readmit`. */
export function registerRoutes(
  app: HttpApp,
  config: RoutesConfig,
  deps: { ingest: Ingest; admission: Admission },
): void {
  const { ingest, admission } = deps;
  app.decorateRequest("place");
  // A scope of its own: only here bodies stay bytes.
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(mediaTypes, { parseAs: "buffer" }, (_request, body, done) => {
      done(null, body);
    });
    scope.addContentTypeParser("*", (_request, _payload, done) => {
      done(unsupportedMediaType(`content-type: expected one of ${mediaTypes.join(", ")}`));
    });
    scope.post(
      ingestPath,
      {
        config: { access: "edge" },
        bodyLimit: config.bodyBytesMax,
        onRequest: async (request, reply) => {
          const length = Number(request.headers["content-length"] ?? config.bodyBytesMax);
          const place = admission.enter(Math.min(length, config.bodyBytesMax));
          request.place = place;
          // Comes after every answer and after every broken connection.
          reply.raw.once("close", () => place.release());
        },
      },
      (request) => take(request, ingest),
    );
  });
  app.post(
    "/v1/quarantine/readmit",
    {
      config: { access: "operator" },
      schema: { body: ReadmitRequest },
      bodyLimit: READMIT_BYTES_MAX,
    },
    (request) => ingest.readmit(request.body),
  );
}

function take(request: FastifyRequest, ingest: Ingest): Promise<IngestAnswer> {
  const { body, principal, place, headers } = request;
  if (principal === undefined) throw unauthorized("send Authorization: Bearer <token>");
  return ingest.take({
    principal,
    headers,
    body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
    isDryRun: Query.parse(request.query).dryRun === "true",
    onOpened: (sizeBytes) => place?.grow(sizeBytes),
  });
}
