import { z } from "zod";
import { historyStats } from "@drover/core/history/queries/stats";
import type { StreamLog } from "@drover/core/stream/log";
import type { HistoryReader } from "../history-reader.ts";
import type { Board } from "../live/board.ts";
import type { Tail } from "../live/tail.ts";
import { route, type Route } from "./route.ts";
import { json } from "./shapes.ts";

const Stats = z.strictObject({
  accepted: z.int(),
  duplicates: z.int(),
  quarantined: z.int(),
  stored: z
    .int()
    .nullable()
    .meta({ description: "rows in ClickHouse; null while it gives no answer" }),
  lag: z.int().meta({ description: "reports accepted and not yet stored" }),
  lagOldestMs: z.int(),
  streamBytes: z.int(),
  historyBytes: z
    .int()
    .nullable()
    .meta({ description: "all tables of ClickHouse; null while it gives no answer" }),
  assets: z.record(z.string(), z.int()).meta({ description: "assets on the board, by kind" }),
  live: z.strictObject({ clients: z.int(), behind: z.int() }),
  edges: z.array(
    z.strictObject({
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
  readonly reader: HistoryReader;
  readonly historyGroup: string;
}

const edgesShown = 500;
/** Those who watch the counts wait no longer for a history that hangs. */
const HISTORY_MS_MAX = 5_000;

export function statsRoutes(deps: StatsDeps): readonly Route[] {
  const { stream, board, tail, reader } = deps;
  return [
    route({
      method: "GET",
      path: "/v1/stats",
      summary: "Whole-system counts since the data folder was made",
      access: "viewer",
      answer: json(Stats),
      handle: async ({ signal }): Promise<z.input<typeof Stats>> => {
        const soon = AbortSignal.timeout(HISTORY_MS_MAX);
        const [totals, lag, streamBytes, edges, history] = await Promise.all([
          stream.totals(),
          stream.lag(deps.historyGroup),
          stream.sizeBytes(),
          stream.producers(edgesShown),
          // The rest is told without it.
          reader.ask(AbortSignal.any([signal, soon]), historyStats).catch(() => undefined),
        ]);
        return {
          ...totals,
          stored: history?.stored ?? null,
          lag: lag.reports,
          lagOldestMs: Math.round(lag.oldestAgeMs),
          streamBytes,
          historyBytes: history?.tables.reduce((sum, table) => sum + table.sizeBytes, 0) ?? null,
          assets: { ...board.counts() },
          live: { clients: deps.liveClients(), behind: tail.status().behind },
          edges: [...edges],
        };
      },
    }),
  ];
}
