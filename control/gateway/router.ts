import type { Copies } from "./copies.ts";
import { pickCopy } from "./pick.ts";
import { matchRoute } from "./table.ts";
import type { Copy, GatewayTable } from "./table.ts";

export type Choice = {
  readonly service: string;
  /** Absent when no copy may get the request now. */
  readonly copy: Copy | undefined;
};

/** Holds the table and whose turn it is; the choice itself is `pickCopy`'s. */
export interface Router {
  setTable(table: GatewayTable): void;
  /** Undefined when nothing is served there. */
  choose(
    request: { readonly method: string; readonly path: string },
    tried: readonly string[],
  ): Choice | undefined;
}

export function createRouter(deps: { readonly copies: Copies }): Router {
  let table: GatewayTable = { routes: [], upstreams: [] };
  const turns = new Map<string, number>();
  return {
    setTable(next) {
      table = next;
      deps.copies.watch(next.upstreams.flatMap((upstream) => upstream.copies));
    },
    choose(request, tried) {
      const service = matchRoute(table, request)?.service;
      if (service === undefined) return undefined;
      const upstream = table.upstreams.find((candidate) => candidate.service === service);
      const turn = turns.get(service) ?? 0;
      turns.set(service, (turn + 1) % Number.MAX_SAFE_INTEGER);
      return { service, copy: pickCopy(upstream?.copies ?? [], deps.copies.healthOf, turn, tried) };
    },
  };
}
