import { randomUUID } from "node:crypto";
import Fastify, { LogController } from "fastify";
import type {
  FastifyBaseLogger,
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifyTypeProvider,
  RawServerDefault,
} from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { authorize } from "./auth.ts";
import type { Access, Principal, TokenVerifier } from "./auth.ts";
import type { Clock } from "./clock.ts";
import type { Health } from "./health.ts";
import { registerHealthRoutes } from "./health-routes.ts";
import type { VersionInfo } from "./health-routes.ts";
import { observeRequests } from "./http-metrics.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { admitObserver, closedToObservers, type ObserverAccess } from "./observer-access.ts";
import { PROBLEM_TYPE, Problem, methodNotAllowed, notFound, problemBody } from "./problem.ts";
import type { FieldMistake, ProblemFacts } from "./problem.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may call; every route says so. */
    access?: Access;
    /** Of a public route: public on this machine only (observer-access.ts). */
    isForObservers?: boolean;
    /** Takes `?access_token=` too, for callers that cannot set a header. */
    allowsQueryToken?: boolean;
  }
  interface FastifyRequest {
    /** Who calls; absent on public routes. */
    principal?: Principal;
  }
}

/** Route schemas are zod schemas; handlers get their output types. */
export interface ZodTypes extends FastifyTypeProvider {
  validator: this["schema"] extends z.ZodType ? z.output<this["schema"]> : unknown;
  serializer: this["schema"] extends z.ZodType ? z.input<this["schema"]> : unknown;
}

export type HttpApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypes
>;

export type HttpConfig = {
  readonly version: VersionInfo;
  /** Larger bodies get 413; a route may say its own `bodyLimit`. */
  readonly bodyBytesMax?: number;
  /** Longest time for a whole request to arrive. */
  readonly requestTimeoutMs?: number;
};

export type HttpDeps = {
  readonly clock: Clock;
  readonly log: Log;
  readonly health: Health;
  readonly metrics: Metrics;
  /** Without one only public routes can be registered. */
  readonly verifier?: TokenVerifier;
  readonly observers?: ObserverAccess;
};

const BODY_BYTES_MAX = 1024 * 1024;
/** Longer than any proxy keeps an idle connection, so that the proxy closes first. */
const KEEP_ALIVE_MS = 72_000;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const CONNECTIONS_CHECK_MS = 5_000;

const securityHeaders = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
};

/**
 * An HTTP server with what every Drover process owes its callers: problem+json for every error,
 * a request id, limits, access by role, counts and latencies, and the health routes.
 *
 * Routes state `config: { access }`; zod schemas validate. `listen` and `close` are fastify's.
 */
export function createHttp(config: HttpConfig, deps: HttpDeps): HttpApp {
  const requestTimeoutMs = config.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const app: HttpApp = Fastify({
    loggerInstance: createOwnLog(deps.log),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.bodyBytesMax ?? BODY_BYTES_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: requestTimeoutMs,
    http: {
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
      connectionsCheckingInterval: Math.min(CONNECTIONS_CHECK_MS, requestTimeoutMs),
    },
    forceCloseConnections: "idle",
    return503OnClosing: true,
    genReqId: readRequestId,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => {
      sendError(error, request, reply);
    },
  }).withTypeProvider<ZodTypes>();

  app.setValidatorCompiler(({ schema }) => compileZod(schema));
  app.setSerializerCompiler(() => (body) => JSON.stringify(body));
  app.decorateRequest("principal");
  const routes = recordRoutes(app, deps.verifier !== undefined);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(securityHeaders).header("x-request-id", request.id);
    const { access, allowsQueryToken, isForObservers } = request.routeOptions.config;
    if (isForObservers) {
      return admitObserver(request.raw, deps.observers ?? closedToObservers, deps.verifier);
    }
    if (access === undefined || access === "public" || deps.verifier === undefined) return;
    const principal = await authorize(
      {
        authorization: request.headers.authorization,
        queryToken: allowsQueryToken ? readQueryToken(request) : undefined,
      },
      access,
      deps.verifier,
    );
    if (principal) request.principal = principal;
  });
  closeAfterLastAnswers(app);
  app.setErrorHandler((error: FastifyError, request, reply) => sendError(error, request, reply));
  app.setNotFoundHandler((request) => {
    const path = request.url.split("?", 1)[0] ?? "/";
    const allowed = routes.methodsOf(path);
    if (allowed.length > 0) throw methodNotAllowed(request.method, allowed);
    throw notFound(`nothing is served at ${path}`);
  });
  observeRequests(app, deps);
  registerHealthRoutes(app, config.version, deps);
  return app;
}

/** The framework's own lines are for whoever debugs; what it warns of is for everybody. */
function createOwnLog(log: Log): FastifyBaseLogger {
  const isChatty = log.isLevelEnabled("info") && !log.isLevelEnabled("debug");
  return log.child({ component: "http" }, isChatty ? { level: "warn" } : {});
}

/** An answer given while closing ends its connection; kept alive, it would hold the close up. */
function closeAfterLastAnswers(app: HttpApp): void {
  let isClosing = false;
  app.addHook("preClose", async () => {
    isClosing = true;
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (isClosing) reply.header("connection", "close");
    done(null, payload);
  });
}

/** A caller's own id is kept when it is harmless, so that one id follows a request everywhere. */
function readRequestId(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}

function readQueryToken(request: FastifyRequest): string | undefined {
  return new URL(request.url, "http://localhost").searchParams.get("access_token") ?? undefined;
}

function compileZod(schema: unknown) {
  if (!(schema instanceof z.ZodType)) throw new Error("a route schema must be a zod schema");
  return (input: unknown) => {
    const result = schema.safeParse(input);
    return result.success ? { value: result.data } : { error: result.error };
  };
}

/** Remembers what is served where, to tell 405 from 404; refuses a route that hides its access. */
function recordRoutes(app: HttpApp, hasVerifier: boolean) {
  const served: { pattern: RegExp; methods: string[] }[] = [];
  app.addHook("onRoute", (route) => {
    const { access } = route.config ?? {};
    if (access === undefined) throw new Error(`route ${route.url}: config.access is missing`);
    if (access !== "public" && !hasVerifier) {
      throw new Error(`route ${route.url}: access ${access} needs a token verifier`);
    }
    const source = route.url
      .replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll(/:\w+/g, "[^/]+")
      .replaceAll("*", ".*");
    served.push({ pattern: new RegExp(`^${source}/?$`), methods: [route.method].flat() });
  });
  return {
    methodsOf(path: string): string[] {
      const methods = served.filter((route) => route.pattern.test(path)).flatMap((r) => r.methods);
      return [...new Set(methods)];
    },
  };
}

function sendError(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const facts = factsOf(error);
  if (facts.status >= 500 && !(error instanceof Problem)) {
    request.log.error({ err: error, requestId: request.id }, "request failed");
  }
  // A body that was not read to its end would be taken for the next request.
  if (facts.status === 413) reply.header("connection", "close");
  return reply
    .code(facts.status)
    .headers({ ...securityHeaders, ...facts.headers, "x-request-id": request.id })
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problemBody(facts, request.id)));
}

/** The one place where an error becomes an HTTP status. */
function factsOf(error: Error & { statusCode?: number; code?: string }): ProblemFacts {
  if (error instanceof Problem) return error.facts;
  if (error instanceof z.ZodError) return validationFacts(error);
  const status = error.statusCode ?? 500;
  if (status >= 500 && status !== 503) {
    return { status: 500, code: "internal", title: "Internal error", detail: "see the log" };
  }
  const known = frameworkProblems[status] ?? { code: "bad-request", title: "Bad request" };
  return { status, ...known, detail: error.message };
}

const frameworkProblems: Readonly<Record<number, { code: string; title: string }>> = {
  408: { code: "request-timeout", title: "The request took too long to arrive" },
  413: { code: "body-too-large", title: "Body too large" },
  414: { code: "uri-too-long", title: "Address too long" },
  415: { code: "unsupported-media-type", title: "Unsupported media type" },
  431: { code: "headers-too-large", title: "Headers too large" },
  503: { code: "unavailable", title: "Unavailable" },
};

const FIELDS_SHOWN_MAX = 20;

function validationFacts(error: z.ZodError & { validationContext?: string }): ProblemFacts {
  const fields = error.issues
    .slice(0, FIELDS_SHOWN_MAX)
    .map((issue): FieldMistake => ({ field: issue.path.join("."), detail: issue.message }));
  const where = error.validationContext ?? "request";
  const first = fields.map(({ field, detail }) => `${field || where}: ${detail}`).join("; ");
  return { status: 400, code: "invalid", title: `Invalid ${where}`, detail: first, fields };
}
