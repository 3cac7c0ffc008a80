import { z } from "zod";
import type { StreamLog } from "@drover/core/stream/log";
import type { Board } from "../live/board.ts";
import type { Tail } from "../live/tail.ts";
import { route, type Route } from "./route.ts";
import { json } from "./shapes.ts";

const Stats = z.object({
  accepted: z.int(),
  duplicates: z.int(),
  quarantined: z.int(),
  stored: z.int().nullable().meta({ description: "rows in ClickHouse; null while it is away" }),
  lag: z.int().meta({ description: "reports accepted and not yet stored" }),
  lagOldestMs: z.int(),
  streamBytes: z.int(),
  assets: z.record(z.string(), z.int()).meta({ description: "assets on the board, by kind" }),
  live: z.object({ clients: z.int(), behind: z.int() }),
  edges: z.array(
    z.object({
      edge: z.string(),
      epoch: z.int(),
      through: z.int(),
      gaps: z.int(),
      lastAppendAt: z.int(),
    }),
  ),
});

export interface StatsDeps {
  readonly stream: StreamLog;
  readonly board: Board;
  readonly tail: Tail;
  readonly liveClients: () => number;
  /** Rows in `reports`. */
  readonly countStored: (signal: AbortSignal) => Promise<number>;
  readonly historyGroup: string;
}

const edgesShown = 500;

export function statsRoutes(deps: StatsDeps): readonly Route[] {
  const { stream, board, tail } = deps;
  return [
    route({
      method: "GET",
      path: "/v1/stats",
      summary: "Whole-system counts since the data folder was made",
      access: "viewer",
      answer: json(Stats),
      handle: async ({ signal }): Promise<z.input<typeof Stats>> => {
        const [totals, lag, streamBytes, edges, stored] = await Promise.all([
          stream.totals(),
          stream.lag(deps.historyGroup),
          stream.sizeBytes(),
          stream.producers(edgesShown),
          deps.countStored(signal).catch(() => null),
        ]);
        return {
          ...totals,
          stored,
          lag: lag.reports,
          lagOldestMs: Math.round(lag.oldestAgeMs),
          streamBytes,
          assets: { ...board.counts() },
          live: { clients: deps.liveClients(), behind: tail.status().behind },
          edges: [...edges],
        };
      },
    }),
  ];
}
