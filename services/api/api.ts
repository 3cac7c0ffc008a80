// The API: history from ClickHouse, the present from the stream's tail, one table of routes.

import { connectHistory } from "@drover/core/history/client";
import { createEdgeLinks } from "@drover/core/records/edge-links";
import { createAlerts } from "@drover/core/records/alerts";
import { createTokens } from "@drover/core/records/tokens";
import { createWatchEvents } from "@drover/core/records/watch-events";
import { createTokenVerifier } from "@drover/core/records/verifier";
import { openRecords, type Records } from "@drover/core/records/open";
import type { Basics } from "@drover/core/service/basics";
import type { Clock } from "@drover/core/service/clock";
import { createHttp } from "@drover/core/service/http";
import type { Running } from "@drover/core/service/run";
import { openStream } from "@drover/core/stream/open";
import { alertingRoutes } from "./alert-routes.ts";
import type { ApiConfig } from "./config.ts";
import { createBoard, type Board } from "./live/board.ts";
import { createLive, type Live } from "./live/live.ts";
import { seedBoard } from "./live/seed.ts";
import { createReplay, replayDefaults } from "./live/replay.ts";
import { createTail, type Tail } from "./live/tail.ts";
import { createHistoryReader, type HistoryReader } from "./history-reader.ts";
import { createReadmit } from "./readmit.ts";
import { assetRoutes } from "./routes/assets.ts";
import { edgeRoutes } from "./routes/edges.ts";
import { acceptGeoJson } from "./routes/geojson.ts";
import { heatmapRoutes } from "./routes/heatmap.ts";
import { liveRoutes } from "./routes/live.ts";
import { measurementRoutes } from "./routes/measurements.ts";
import { openApiRoute } from "./routes/openapi.ts";
import { builtConsole, registerPage } from "./routes/page.ts";
import { quarantineRoutes } from "./routes/quarantine.ts";
import { replayRoutes } from "./routes/replay.ts";
import { sessionRoutes } from "./routes/session.ts";
import { statsRoutes } from "./routes/stats.ts";
import { trackRoutes } from "./routes/track.ts";
import { watchRoutes } from "./watch-routes.ts";

/** The consumer group of the `history` pipeline: what it synced is what history holds. */
const historyGroup = "history";

const readerConfig = { runningMax: 12, waitingMax: 200, answerMsMax: 15_000 };
const ingestAnswerMsMax = 20_000;
const tailConfig = {
  behindMax: 20_000,
  readBytesMax: 512 * 1024,
  historyGroup,
  retryMs: 1_000,
};

/** Starts listening; resolves once requests are answered. */
export async function startApi(
  config: ApiConfig,
  deps: Basics,
  signal: AbortSignal,
): Promise<Running & { readonly url: string }> {
  const { clock, log } = deps;
  const stream = await openStream({ url: config.streamUrl }, { clock });
  const records = await openRecords({ url: config.recordsUrl }, { clock });
  const history = connectHistory({
    url: config.clickhouseUrl,
    user: config.clickhouseUser,
    password: config.clickhousePassword,
  });
  const tokens = createTokens({ records, clock });
  const verifier = createTokenVerifier({}, { tokens, clock, log });
  const reader = createHistoryReader(readerConfig, { history });
  await stream.ensureGroup(historyGroup);
  const board = createBoard({ assetsMax: config.assetsMax });
  const seed = (until: AbortSignal) => seedBoard(board, history, until);
  const tail = createTail(tailConfig, { stream, board, clock, log, seed });
  const events = createWatchEvents({ records, clock });
  const alerts = createAlerts({ records, clock });
  const liveConfig = { clientsMax: config.liveClientsMax };
  const live = createLive(liveConfig, { board, verifier, clock, log, events, alerts });
  watchApi(deps, { records, reader, board, live, tail });
  const app = createHttp({ version: deps.version }, { ...deps, verifier });
  acceptGeoJson(app);
  const readmit = createReadmit(
    { ingestUrl: config.ingestUrl, answerMsMax: ingestAnswerMsMax },
    { reader, clock },
  );
  const liveClients = () => live.clients();
  const routes = [
    ...assetRoutes({ board, reader }),
    ...trackRoutes({ reader, clock }),
    ...measurementRoutes({ reader, clock }),
    ...heatmapRoutes({ reader, clock }),
    ...quarantineRoutes({ reader, readmit }),
    ...sessionRoutes({ tokens }),
    ...edgeRoutes({ links: createEdgeLinks({ records, clock }) }),
    ...watchRoutes({ records, clock, board, reader, events }),
    ...alertingRoutes({ records, clock, alerts, tokens }),
    ...liveRoutes(live.feed, signal),
    ...replayRoutes({ replay: createReplay(replayDefaults, { reader, clock }), clock }),
    ...statsRoutes({ stream, board, tail, reader, liveClients, historyGroup }),
  ];
  for (const one of [...routes, openApiRoute(routes, deps.version.version)]) one.register(app);
  await registerPage(app, { folder: builtConsole, tileOrigins: config.tileOrigins });
  live.accept(app.server, signal);
  const following = Promise.all([tail.run(signal), live.run(signal)]);
  const url = await app.listen({ host: config.host, port: config.port });
  log.info({ url }, "listening");
  await untilCaughtUp(tail, config.boardWaitMs, clock, signal);
  return {
    url,
    stopAccepting: () => app.close(),
    async drain() {
      await following;
    },
    async close() {
      await stream[Symbol.asyncDispose]();
      await records[Symbol.asyncDispose]();
      await history[Symbol.asyncDispose]();
    },
  };
}

/** Who asks first finds a board; a history that is away keeps nobody waiting for longer. */
async function untilCaughtUp(
  tail: Tail,
  waitMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const waiting = new AbortController();
  const waited = clock.sleep(waitMs, AbortSignal.any([signal, waiting.signal]));
  await Promise.race([tail.caughtUp, waited.catch(() => {})]);
  waiting.abort();
}

interface Parts {
  readonly records: Records;
  readonly reader: HistoryReader;
  readonly board: Board;
  readonly live: Live;
  readonly tail: Tail;
}

/** What is told of this process: its checks and its gauges. */
function watchApi({ health, metrics }: Basics, parts: Parts): void {
  const { records, reader, board, live, tail } = parts;
  health.addCheck({
    name: "records",
    kind: "ready",
    check: async () => {
      await records.ping();
      return { isOk: true };
    },
  });
  // The board answers without history, so that this keeps nobody from sending requests.
  health.addCheck({
    name: "history",
    kind: "note",
    check: async (until) => {
      await reader.ping(until);
      return { isOk: true };
    },
  });
  metrics.gaugeOf({ name: "board_assets", help: "assets on the board" }, () => board.size());
  metrics.gaugeOf({ name: "live_clients", help: "live clients" }, () => live.clients());
  const sent = { name: "live_bytes_sent", help: "bytes of binary frames to live clients" };
  metrics.gaugeOf(sent, () => live.counts().bytes);
  const skipped = { name: "live_ticks_skipped", help: "ticks at which a client was too slow" };
  metrics.gaugeOf(skipped, () => live.counts().skipped);
  const behind = { name: "tail_behind", help: "reports between tail and end of the stream" };
  metrics.gaugeOf(behind, () => tail.status().behind);
}
