// The API: history from ClickHouse, the present from the stream's tail, one table of routes.

import { connectHistory } from "@drover/core/history/client";
import { createTokens } from "@drover/core/records/tokens";
import { createTokenVerifier } from "@drover/core/records/verifier";
import { openRecords } from "@drover/core/records/open";
import type { Basics } from "@drover/core/service/basics";
import { createHttp } from "@drover/core/service/http";
import type { Running } from "@drover/core/service/run";
import { openStream } from "@drover/core/stream/open";
import type { ApiConfig } from "./config.ts";
import { createBoard } from "./live/board.ts";
import { createFeed } from "./live/feed.ts";
import { seedBoard } from "./live/seed.ts";
import { createTail } from "./live/tail.ts";
import { assetRoutes } from "./routes/assets.ts";
import { liveRoutes } from "./routes/live.ts";
import { openApiRoute } from "./routes/openapi.ts";
import { registerPage } from "./routes/page.ts";
import { statsRoutes } from "./routes/stats.ts";

/** The consumer group of the `history` pipeline: what it synced is what history holds. */
const historyGroup = "history";

const feedConfig = { assetsPerEventMax: 5_000, heartbeatMs: 15_000 };
const tailConfig = { behindMax: 20_000, readBytesMax: 512 * 1024, historyGroup };

/** Starts listening; resolves once requests are answered. */
export async function startApi(
  config: ApiConfig,
  deps: Basics,
  signal: AbortSignal,
): Promise<Running> {
  const { clock, log, health, metrics } = deps;
  const { assetsMax } = config;
  const stream = await openStream({ url: config.streamUrl }, { clock });
  const records = await openRecords({ url: config.recordsUrl }, { clock });
  const history = connectHistory({
    url: config.clickhouseUrl,
    user: config.clickhouseUser,
    password: config.clickhousePassword,
  });
  const verifier = createTokenVerifier(
    {},
    { tokens: createTokens({ records, clock }), clock, log },
  );
  await stream.ensureGroup(historyGroup);
  const board = createBoard({ assetsMax });
  const seed = (until: AbortSignal) => seedBoard(board, { history, assetsMax }, until);
  const tail = createTail(tailConfig, { stream, board, clock, log, seed });
  const feed = createFeed({ ...feedConfig, clientsMax: config.liveClientsMax }, { board, clock });
  health.addCheck({
    name: "records",
    kind: "ready",
    check: async () => {
      await records.ping();
      return { isOk: true };
    },
  });
  metrics.gaugeOf({ name: "board_assets", help: "assets on the board" }, () => board.size());
  metrics.gaugeOf({ name: "live_clients", help: "live clients" }, () => feed.clients());
  const behind = { name: "tail_behind", help: "reports between tail and end of the stream" };
  metrics.gaugeOf(behind, () => tail.status().behind);

  const app = createHttp({ version: deps.version }, { ...deps, verifier });
  const countStored = async (until: AbortSignal) => {
    const sql = "SELECT count() AS stored FROM reports";
    const [row] = await history.rows<{ stored: number }>(sql, { signal: until });
    return row?.stored ?? 0;
  };
  const routes = [
    ...assetRoutes(board),
    ...liveRoutes(feed, signal),
    ...statsRoutes({
      stream,
      board,
      tail,
      liveClients: () => feed.clients(),
      countStored,
      historyGroup,
    }),
  ];
  for (const one of [...routes, openApiRoute(routes, deps.version.version)]) one.register(app);
  await registerPage(app);
  const following = tail.run(signal);
  const url = await app.listen({ host: config.host, port: config.port });
  log.info({ url }, "listening");
  return {
    stopAccepting: () => app.close(),
    drain: () => following,
    async close() {
      await stream[Symbol.asyncDispose]();
      await records[Symbol.asyncDispose]();
      await history[Symbol.asyncDispose]();
    },
  };
}
