import { z } from "zod";
import { EdgeBacklog } from "@drover/core/model/link";
import { lateAfterMs, silentAfterMs, type EdgeLinks } from "@drover/core/records/edge-links";
import { route, type Route } from "./route.ts";
import { EpochMs, json, pageOf } from "./shapes.ts";

const Edge = z.strictObject({
  edge: z.string(),
  lastReceivedAt: EpochMs.meta({
    description: "region's clock, epoch ms, to a few seconds: the last request of this edge",
  }),
  epoch: z.int().meta({ description: "the newest that was heard of" }),
  through: z.int().meta({ description: "all up to this number of that epoch is durable here" }),
  backlog: EdgeBacklog.extend({
    toldAt: EpochMs.meta({ description: "region's clock, epoch ms: when the edge said so" }),
  })
    .optional()
    .meta({ description: "what waits at the edge for this region; absent when it says nothing" }),
  state: z.enum(["up", "late", "silent"]).meta({
    description: `heard of within ${lateAfterMs / 1000} s, within ${silentAfterMs / 1000} s, or not`,
  }),
});

/** How the link of each edge is. */
export function edgeRoutes(deps: { readonly links: Pick<EdgeLinks, "list"> }): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/edges",
      summary: "Each edge with its link and its backlog, the one heard of last first",
      access: "viewer",
      answer: json(pageOf(Edge)),
      handle: async (): Promise<{ items: z.input<typeof Edge>[] }> => ({
        items: [...(await deps.links.list())],
      }),
    }),
  ];
}
