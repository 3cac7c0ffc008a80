import { randomBytes } from "node:crypto";
import { openRecords } from "@drover/core/records/open";
import { createTokens } from "@drover/core/records/tokens";
import type { Clock } from "@drover/core/service/clock";
import type { Platform } from "@drover/platform/definition";
import { resolveStore } from "@drover/platform/plan";
import type { Secrets } from "./secrets.ts";

export type Access = {
  /** The first admin's token; undefined when a person revoked it and made others. */
  readonly adminToken: string | undefined;
  /** Whether it was made just now. */
  readonly isNew: boolean;
  readonly edgeTokens: ReadonlyMap<string, string>;
  readonly passwords: ReadonlyMap<string, string>;
};

/**
 * Makes what the processes of a data folder need to trust each other, where it is not there yet:
 * an admin's token, one token for each edge, a password for each embedded engine.
 */
export async function prepareAccess(
  platform: Platform,
  config: {
    readonly dataDir: string;
    readonly hostEnv: Readonly<Record<string, string | undefined>>;
  },
  deps: { readonly clock: Clock; readonly secrets: Secrets },
): Promise<Access> {
  const { secrets, clock } = deps;
  const url = resolveStore(platform.records.url, config.dataDir);
  await using records = await openRecords({ url }, deps);
  const tokens = createTokens({ records, clock });

  const edgeTokens = new Map<string, string>();
  for (const edge of Object.keys({ ...platform.edges, ...platform.demo?.edges })) {
    const kept = secrets.read(`edge-${edge}.token`);
    const isGood = kept !== undefined && (await tokens.find(kept)) !== undefined;
    const token = isGood
      ? kept
      : (await tokens.create({ role: "edge", edge, label: `${edge} here` })).token;
    if (!isGood) secrets.write(`edge-${edge}.token`, token);
    edgeTokens.set(edge, token);
  }

  const passwords = new Map<string, string>();
  for (const [name, engine] of Object.entries(platform.engines)) {
    if (engine.kind === "remote") {
      const { passwordEnv } = engine;
      passwords.set(name, passwordEnv === undefined ? "" : (config.hostEnv[passwordEnv] ?? ""));
      continue;
    }
    const password = secrets.read(`${name}.password`) ?? randomBytes(24).toString("base64url");
    secrets.write(`${name}.password`, password);
    passwords.set(name, password);
  }

  const kept = secrets.read("admin.token");
  if (kept !== undefined && (await tokens.find(kept)) !== undefined) {
    return { adminToken: kept, isNew: false, edgeTokens, passwords };
  }
  const hasAdmin = (await tokens.list()).some(
    (token) => token.role === "admin" && token.revokedAt === undefined,
  );
  if (hasAdmin) return { adminToken: undefined, isNew: false, edgeTokens, passwords };
  const made = await tokens.create({ role: "admin", label: "made at the first start" });
  secrets.write("admin.token", made.token);
  return { adminToken: made.token, isNew: true, edgeTokens, passwords };
}
