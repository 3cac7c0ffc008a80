import { z } from "zod";
import { EdgeBacklog } from "@drover/core/model/link";
import { pageOf } from "./page.ts";
import { server } from "./server.ts";

const Edge = z.object({
  edge: z.string(),
  lastReceivedAt: z.int(),
  epoch: z.int(),
  through: z.int(),
  backlog: z.object({ ...EdgeBacklog.shape, toldAt: z.int().optional() }).optional(),
  state: z.enum(["up", "late", "silent"]),
});
export type Edge = z.infer<typeof Edge>;

/** How the link of each edge is, the one heard of last first. */
export async function askEdges(signal?: AbortSignal): Promise<readonly Edge[]> {
  const { items } = await server.ask({ path: "/v1/edges", answer: pageOf(Edge), signal });
  return items;
}

const Stats = z.object({
  accepted: z.number(),
  duplicates: z.number(),
  quarantined: z.number(),
  stored: z.number().nullable(),
  lag: z.number(),
  lagOldestMs: z.number(),
});
export type Stats = z.infer<typeof Stats>;

/** Whole-system counts. */
export const askStats = (signal?: AbortSignal): Promise<Stats> =>
  server.ask({ path: "/v1/stats", answer: Stats, signal });
