import type { z } from "zod";
import { Platform } from "./definition.ts";
import type { PlatformInput } from "./definition.ts";
import { findCycle } from "./order.ts";

export type Mistake = { readonly path: string; readonly message: string };

/** A definition that cannot work, with every mistake and its path. */
export class PlatformError extends Error {
  override name = "PlatformError";
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    const lines = mistakes.map(({ path, message }) => `  ${path || "(whole)"}: ${message}`);
    super(`the platform has ${mistakes.length} mistake(s):\n${lines.join("\n")}`);
    this.mistakes = mistakes;
  }
}

/** Helps the editor; the check comes when the file is read. */
export function definePlatform(platform: PlatformInput): PlatformInput {
  return platform;
}

/**
 * Checks a definition as a whole and fills in its defaults.
 *
 * @throws PlatformError with every mistake of shape, or, where the shape is right, every reference
 *   that leads nowhere.
 */
export function checkPlatform(value: unknown): Platform {
  const result = Platform.safeParse(value);
  if (!result.success) throw new PlatformError(result.error.issues.map(describeIssue));
  const mistakes = [
    ...checkNames(result.data),
    ...checkReferences(result.data),
    ...checkRoutes(result.data),
    ...checkSources(result.data),
    ...checkPorts(result.data),
  ];
  if (mistakes.length > 0) throw new PlatformError(mistakes);
  return result.data;
}

function describeIssue(issue: z.core.$ZodIssue): Mistake {
  return { path: issue.path.join("."), message: issue.message };
}

type Process = {
  readonly path: string;
  readonly name: string;
  readonly after: readonly string[];
  readonly uses: readonly string[];
};

/** Everything that becomes a process, or stands for one, under the name others know it by. */
function listProcesses(platform: Platform): readonly Process[] {
  const engines = Object.keys(platform.engines).map((name) => ({
    path: `engines.${name}`,
    name,
    after: [],
    uses: [],
  }));
  return [
    ...engines,
    ...listGroup("services", platform.services),
    ...listGroup("edges", platform.edges),
    ...listGroup("demo.services", platform.demo?.services ?? {}),
    ...listGroup("demo.edges", platform.demo?.edges ?? {}),
    {
      path: "gateway",
      name: "gateway",
      after: [...new Set(platform.gateway.routes.map((route) => route.service))],
      uses: [],
    },
  ];
}

function listGroup(path: string, specs: Platform["services"] | Platform["edges"]): Process[] {
  return Object.entries(specs).map(([name, { after, uses }]) => ({
    path: `${path}.${name}`,
    name,
    after,
    uses,
  }));
}

function checkNames(platform: Platform): readonly Mistake[] {
  const seen = new Map<string, string>();
  const mistakes: Mistake[] = [];
  for (const { name, path } of listProcesses(platform)) {
    const other = seen.get(name);
    if (other) mistakes.push({ path, message: `the name ${name} is taken by ${other}` });
    else seen.set(name, path);
  }
  return mistakes;
}

function checkReferences(platform: Platform): readonly Mistake[] {
  const processes = listProcesses(platform);
  const names = new Set(processes.map(({ name }) => name));
  const provided = new Set<string>(Object.values(platform.engines).map((e) => e.provides));
  const mistakes: Mistake[] = [];
  for (const { path, after, uses } of processes) {
    if (path === "gateway") continue;
    for (const [index, name] of after.entries()) {
      if (names.has(name)) continue;
      mistakes.push({ path: `${path}.after.${index}`, message: `there is no ${name}` });
    }
    for (const [index, use] of uses.entries()) {
      if (!["history", "mqtt"].includes(use) || provided.has(use)) continue;
      mistakes.push({ path: `${path}.uses.${index}`, message: `no engine provides ${use}` });
    }
  }
  const cycle = findCycle(processes);
  if (cycle) {
    mistakes.push({ path: "", message: `they wait for each other: ${cycle.join(" → ")}` });
  }
  return mistakes;
}

function checkRoutes(platform: Platform): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  for (const [index, route] of platform.gateway.routes.entries()) {
    const path = `gateway.routes.${index}`;
    if (!(route.service in platform.services)) {
      mistakes.push({ path: `${path}.service`, message: `there is no service ${route.service}` });
    }
    const hidden = platform.gateway.routes
      .slice(0, index)
      .some((earlier) => earlier.path === route.path && earlier.methods === undefined);
    if (hidden) mistakes.push({ path, message: "never reached: an earlier route takes it all" });
  }
  return mistakes;
}

function checkSources(platform: Platform): readonly Mistake[] {
  const groups = { edges: platform.edges, "demo.edges": platform.demo?.edges ?? {} };
  return Object.entries(groups).flatMap(([group, edges]) =>
    Object.entries(edges).flatMap(([name, edge]) =>
      edge.sources.flatMap((source, index) => {
        const address = typeof source === "string" ? source.replace(/^[^=]*=/, "") : source["url"];
        const engine = /^engine:(?<name>[^?]*)/.exec(String(address))?.groups?.["name"];
        if (engine === undefined || engine in platform.engines) return [];
        const path = `${group}.${name}.sources.${index}`;
        return [{ path, message: `there is no engine ${engine}` }];
      }),
    ),
  );
}

function checkPorts(platform: Platform): readonly Mistake[] {
  const taken = new Map<number, string>([[platform.gateway.port, "gateway"]]);
  const mistakes: Mistake[] = [];
  for (const [name, engine] of Object.entries(platform.engines)) {
    if (engine.kind === "remote" || engine.port === 0) continue;
    const other = taken.get(engine.port);
    const path = `engines.${name}.port`;
    if (other) mistakes.push({ path, message: `${engine.port} is taken by ${other}` });
    taken.set(engine.port, name);
  }
  return mistakes;
}
