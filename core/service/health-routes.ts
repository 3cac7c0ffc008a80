import type { Health, HealthReport } from "./health.ts";
import type { HttpApp } from "./http.ts";
import type { Metrics } from "./metrics.ts";

export type VersionInfo = {
  readonly service: string;
  readonly version: string;
  /** Commit and date of what runs; "unknown" when nobody said. */
  readonly gitSha: string;
  readonly buildDate: string;
};

/**
 * `/healthz` and `/livez` restart a process, `/readyz` routes to it; `/health` is for people and
 * `/metrics` for their tools, and from other machines both want a token.
 */
export function registerHealthRoutes(
  app: HttpApp,
  version: VersionInfo,
  deps: { health: Health; metrics: Metrics },
): void {
  const config = { access: "public" } as const;
  const observed = { access: "public", isForObservers: true } as const;
  const serve = (
    path: string,
    report: () => Promise<HealthReport>,
    access: typeof config | typeof observed = config,
  ) => {
    app.get(path, { config: access, logLevel: "silent" }, async (_request, reply) => {
      const answer = await report();
      return reply.code(answer.status === "pass" ? 200 : 503).send(answer);
    });
  };
  serve("/healthz", () => deps.health.liveness());
  serve("/livez", () => deps.health.liveness());
  serve("/readyz", () => deps.health.readiness());
  serve("/health", () => deps.health.everything(), observed);
  app.get("/version", { config }, () => ({ ...version, node: process.version }));
  app.get("/metrics", { config: observed }, async (_request, reply) =>
    reply.type(deps.metrics.contentType).send(await deps.metrics.expose()),
  );
}
