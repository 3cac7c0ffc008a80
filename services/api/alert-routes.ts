// Routes of alerts and of who is told of them.

import type { Alerts } from "@drover/core/records/alerts";
import { createNotifications } from "@drover/core/records/notifications";
import type { Records } from "@drover/core/records/open";
import { createReceivers } from "@drover/core/records/receivers";
import { createSilences } from "@drover/core/records/silences";
import type { Tokens } from "@drover/core/records/tokens";
import type { Clock } from "@drover/core/service/clock";
import { alertRoutes } from "./routes/alerts.ts";
import { receiverRoutes } from "./routes/receivers.ts";
import type { Route } from "./routes/route.ts";
import { silenceRoutes } from "./routes/silences.ts";

export interface AlertingDeps {
  readonly records: Records;
  readonly clock: Clock;
  readonly alerts: Alerts;
  readonly tokens: Tokens;
}

export function alertingRoutes(deps: AlertingDeps): readonly Route[] {
  const { alerts, tokens, clock } = deps;
  const receivers = createReceivers(deps);
  const notifications = createNotifications(deps);
  return [
    ...alertRoutes({ alerts, tokens }),
    ...silenceRoutes({ silences: createSilences(deps), tokens }),
    ...receiverRoutes({ receivers, notifications, clock }),
  ];
}
