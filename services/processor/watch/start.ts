import { createAlerts } from "@drover/core/records/alerts";
import { createEdgeLinks } from "@drover/core/records/edge-links";
import { openRecords } from "@drover/core/records/open";
import { createRules } from "@drover/core/records/rules";
import { createWatchCounts } from "@drover/core/records/watch-counts";
import { createWatchEvents } from "@drover/core/records/watch-events";
import { createZones } from "@drover/core/records/zones";
import type { Basics } from "@drover/core/service/basics";
import { createHttp } from "@drover/core/service/http";
import type { Running } from "@drover/core/service/run";
import { openStream } from "@drover/core/stream/open";
import { endOf } from "../ending.ts";
import { runNotifier } from "../notify/notifier.ts";
import { runWatchPipeline, watchGroup } from "../pipelines/watch.ts";
import type { WatchPipelineConfig } from "../pipelines/watch.ts";
import type { PlaceConfig } from "../processor.ts";
import { createWatchCounters } from "./events.ts";

export interface WatchProcessorConfig extends PlaceConfig, WatchPipelineConfig {
  readonly pipeline: "watch";
  readonly recordsUrl: string;
  /** Whether receivers of alerts may be at private addresses. */
  readonly notifiesPrivate: boolean;
}

/** Starts the pipeline `watch` and the notifier beside it; resolves once its group is joined. */
export async function startWatch(
  config: WatchProcessorConfig,
  deps: Basics,
  signal: AbortSignal,
): Promise<Running> {
  const app = createHttp({ version: deps.version }, deps);
  await app.listen({ host: config.host, port: config.port });
  const records = await openRecords({ url: config.recordsUrl }, deps);
  const stream = await openStream({ url: config.streamUrl }, deps);
  const consumer = await stream.join(watchGroup, config.member);
  deps.health.addCheck({
    name: "records",
    kind: "ready",
    check: async () => {
      await records.ping();
      return { isOk: true };
    },
  });
  const { clock } = deps;
  const watching = runWatchPipeline(
    config,
    {
      stream,
      consumer,
      clock,
      zones: createZones({ records, clock }),
      rules: createRules({ records, clock }),
      events: createWatchEvents({ records, clock }),
      alerts: createAlerts({ records, clock }),
      counts: createWatchCounts({ records }),
      links: createEdgeLinks({ records, clock }),
      counters: createWatchCounters(deps),
    },
    signal,
  );
  const notifying = runNotifier(
    { holder: config.member, allowsPrivate: config.notifiesPrivate },
    { ...deps, records },
    signal,
  );
  // Whichever fails ends the process; both end in order when it is asked to stop.
  const working = Promise.all([watching, notifying]).then(() => {});
  return {
    ended: endOf(working, signal),
    async drain() {
      await working;
      await consumer.leave();
    },
    async close() {
      await consumer[Symbol.asyncDispose]();
      await stream[Symbol.asyncDispose]();
      await records[Symbol.asyncDispose]();
      await app.close();
    },
  };
}
