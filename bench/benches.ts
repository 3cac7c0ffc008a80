import { bootBench } from "./boot.ts";
import type { Bench } from "./figure.ts";
import { ingestAlone } from "./ingest.ts";
import { journeyBench } from "./journey.ts";

/** Every benchmark, in the order in which they run. */
export const benches: readonly Bench[] = [journeyBench, ingestAlone, bootBench];
