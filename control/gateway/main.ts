import { createBasics } from "@drover/core/service/basics";
import { createHttp } from "@drover/core/service/http";
import { run } from "@drover/core/service/run";
import { readConfig } from "./config.ts";
import { createCopies } from "./copies.ts";
import { createCourier } from "./courier.ts";
import { createGatewayEvents } from "./events.ts";
import { createGateway } from "./gateway.ts";
import { createRouter } from "./router.ts";
import { readTable, watchTable } from "./table.ts";

const DRAIN_MS = 5_000;
const PROBE_TIMEOUT_MS = 2_000;

const config = readConfig();
const basics = createBasics("gateway", config);
const { clock, log, metrics, version } = basics;

await run(config, basics, async () => {
  const everyMs = config.probeMs;
  const copies = createCopies({ everyMs, timeoutMs: PROBE_TIMEOUT_MS }, { clock, log });
  const events = createGatewayEvents({ log, metrics });
  const own = createHttp({ version }, basics);
  const router = createRouter({ copies });
  const courier = createCourier(config, { clock, copies, router, events });
  const gateway = createGateway(config, { clock, courier, own });
  router.setTable(await readTable(config.routesFile));
  await copies.probeAll();
  // It goes on learning while it drains, so it has an end of its own.
  const learning = new AbortController();
  const learned = Promise.all([
    copies.run(learning.signal),
    watchTable(
      { file: config.routesFile, everyMs },
      { clock, log, onChange: (table) => router.setTable(table) },
      learning.signal,
    ),
  ]);
  const port = await gateway.listen();
  log.info({ port, host: config.host }, "listening");
  return {
    stopAccepting: async () => gateway.stopAccepting(),
    drain: () => gateway.drain(DRAIN_MS),
    async close() {
      learning.abort(new Error("stopping"));
      await learned;
      await gateway.close();
    },
  };
});
