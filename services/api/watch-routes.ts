// Routes of what is watched: zones, rules and what came of them.

import type { Records } from "@drover/core/records/open";
import { createRules } from "@drover/core/records/rules";
import type { WatchEvents } from "@drover/core/records/watch-events";
import { createZones } from "@drover/core/records/zones";
import type { Clock } from "@drover/core/service/clock";
import type { Board } from "./live/board.ts";
import { eventRoutes } from "./routes/events.ts";
import type { Route } from "./routes/route.ts";
import { ruleRoutes } from "./routes/rules.ts";
import { zoneRoutes } from "./routes/zones.ts";

export interface WatchRoutesDeps {
  readonly records: Records;
  readonly clock: Clock;
  readonly board: Board;
  readonly events: WatchEvents;
}

export function watchRoutes(deps: WatchRoutesDeps): readonly Route[] {
  const { board, events } = deps;
  const zones = createZones(deps);
  const rules = createRules(deps);
  return [
    ...zoneRoutes({ zones, rules, board }),
    ...ruleRoutes({ rules, zones }),
    ...eventRoutes({ events }),
  ];
}
