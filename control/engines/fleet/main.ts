import { systemClock as clock } from "@drover/core/service/clock";
import { parseEnv } from "@drover/core/service/env";
import { createHealth } from "@drover/core/service/health";
import { createHttp } from "@drover/core/service/http";
import { createLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { run } from "@drover/core/service/run";
import { fleetEnv } from "./config.ts";
import { createPublisher } from "./publisher.ts";

const config = parseEnv(fleetEnv, process.env);
const about = { service: "fleet", instance: config.instance };
const log = createLog({ ...about, level: config.logLevel });
const health = createHealth({ clock });
const metrics = createMetrics(about);
const { gitSha, buildDate } = config;

await run(config, { clock, log, health }, async (accepting) => {
  const publisher = await createPublisher(config, { clock, log, metrics });
  const ending = new AbortController();
  const ended = publisher.run(AbortSignal.any([accepting, ending.signal]));
  health.addCheck({
    name: "broker",
    kind: "ready",
    check: () => ({
      isOk: publisher.online() > 0 || publisher.reachable() === 0,
      detail: `${publisher.online()} of ${publisher.reachable()} reachable sites are connected`,
    }),
  });
  const version = { service: "fleet", version: "0.1.0", gitSha, buildDate };
  const http = createHttp({ version }, { clock, log, health, metrics });
  const address = await http.listen({ host: config.host, port: config.httpPort });
  log.info({ http: address, stations: config.stations }, "publishing");
  return {
    ended,
    async stopAccepting() {
      ending.abort(new Error("stopping"));
      await ended;
    },
    close: () => http.close(),
  };
});
