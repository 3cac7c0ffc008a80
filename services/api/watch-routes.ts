// Routes of what is watched: zones, rules and what came of them.

import type { Records } from "@drover/core/records/open";
import { createRules } from "@drover/core/records/rules";
import type { WatchEvents } from "@drover/core/records/watch-events";
import { createZones } from "@drover/core/records/zones";
import type { Clock } from "@drover/core/service/clock";
import type { Board } from "./live/board.ts";
import type { HistoryReader } from "./history-reader.ts";
import { createDryRun, dryRunDefaults } from "./dry-run/dry-run.ts";
import { dryRunRoutes } from "./routes/dry-run.ts";
import { eventRoutes } from "./routes/events.ts";
import type { Route } from "./routes/route.ts";
import { ruleRoutes } from "./routes/rules.ts";
import { zoneRoutes } from "./routes/zones.ts";

export interface WatchRoutesDeps {
  readonly records: Records;
  readonly clock: Clock;
  readonly board: Board;
  readonly reader: HistoryReader;
  readonly events: WatchEvents;
}

export function watchRoutes(deps: WatchRoutesDeps): readonly Route[] {
  const { board, clock, events } = deps;
  const zones = createZones(deps);
  const rules = createRules(deps);
  const dryRun = createDryRun(dryRunDefaults, deps);
  return [
    ...zoneRoutes({ zones, rules, board }),
    ...ruleRoutes({ rules, zones }),
    ...dryRunRoutes({ dryRun, zones, clock }),
    ...eventRoutes({ events }),
  ];
}
