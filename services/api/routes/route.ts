// A route as one declaration: what is checked, what is documented and what runs cannot differ.

import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { Access } from "@drover/core/service/auth";
import type { HttpApp } from "@drover/core/service/http";

export interface RouteRequest<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  readonly reply: FastifyReply;
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** What an answer or a body may be. */
export interface Content {
  readonly type: string;
  readonly schema: z.ZodType;
}

export interface RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: Method;
  /** As fastify writes it: `/v1/assets/:asset`. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Types of the body beside JSON that the same schema describes. */
  readonly bodyTypes?: readonly string[];
  /** What the document shows for the body, when `body` itself cannot be shown. */
  readonly bodyShape?: z.ZodType;
  /** Larger bodies get 413; 1 MiB when absent. */
  readonly bodyBytesMax?: number;
  /** Headers of the request that the handler reads, with their meaning. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Shape of a good answer; documented, not enforced. */
  readonly answer: Content;
  /** What it may be instead, when the caller asks for it; the handler then sets the type. */
  readonly alsoAnswers?: readonly Content[];
  /** Status of a good answer: 200 when absent; the handler sets it. */
  readonly status?: 200 | 201;
  /** Takes the token as `?access_token=`, for clients that cannot set a header. */
  readonly allowsQueryToken?: boolean;
  /**
   * Gives the answer: a value that becomes JSON, a string that is the body as it stands, or
   * undefined when the handler answered through `reply` itself.
   */
  handle(request: RouteRequest<z.output<P>, z.output<Q>, z.output<B>>): Promise<unknown>;
}

/** A route whose types are settled: what the table of routes holds. */
export interface Route extends Pick<
  RouteSpec<z.ZodType, z.ZodType, z.ZodType>,
  | "method"
  | "path"
  | "summary"
  | "access"
  | "bodyTypes"
  | "bodyShape"
  | "headers"
  | "answer"
  | "alsoAnswers"
  | "status"
> {
  readonly params: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  register(app: HttpApp): void;
}

const nothing = z.unknown();

/** Declares a route. */
export function route<
  P extends z.ZodType = typeof nothing,
  Q extends z.ZodType = typeof nothing,
  B extends z.ZodType = typeof nothing,
>(spec: RouteSpec<P, Q, B>): Route {
  return {
    ...spec,
    params: spec.params,
    query: spec.query,
    body: spec.body,
    register(app) {
      app.route({
        method: spec.method,
        url: spec.path,
        ...(spec.bodyBytesMax !== undefined && { bodyLimit: spec.bodyBytesMax }),
        config: { access: spec.access, allowsQueryToken: spec.allowsQueryToken ?? false },
        handler: async (request, reply) => {
          const leaving = new AbortController();
          reply.raw.once("close", () => leaving.abort());
          const answer = await spec.handle({
            params: parsePart(spec.params, request.params, "path"),
            query: parsePart(spec.query, request.query, "query"),
            body: parsePart(spec.body, request.body, "body"),
            signal: leaving.signal,
            reply,
          });
          if (answer === undefined) return reply;
          if (!reply.hasHeader("content-type")) reply.type(spec.answer.type);
          return reply.send(typeof answer === "string" ? answer : JSON.stringify(answer));
        },
      });
    },
  };
}

/** @throws ZodError with all mistakes of this part, which becomes a 400. */
function parsePart<S extends z.ZodType>(
  schema: S | undefined,
  value: unknown,
  part: string,
): z.output<S> {
  // A route without this part never looks at it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  if (schema === undefined) return undefined as z.output<S>;
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  throw Object.assign(result.error, { validationContext: part });
}
