import { backlogBench } from "./backlog.ts";
import { bootBench } from "./boot.ts";
import type { Bench } from "./figure.ts";
import { ingestAlone } from "./ingest.ts";
import { journeyBench } from "./journey.ts";
import { latencyBench } from "./latency.ts";
import { mapBench } from "./map.ts";
import { liveBench } from "./live.ts";
import { queriesBench } from "./queries.ts";
import { storageBench } from "./storage.ts";
import { streamBench } from "./stream.ts";
import { watchBench } from "./watch.ts";

/** Every benchmark, in the order in which they run. */
export const benches: readonly Bench[] = [
  journeyBench,
  latencyBench,
  backlogBench,
  ingestAlone,
  streamBench,
  liveBench,
  queriesBench,
  storageBench,
  bootBench,
  mapBench,
  watchBench,
];
