import { systemClock as clock } from "@drover/core/service/clock";
import { parseEnv } from "@drover/core/service/env";
import { createHealth } from "@drover/core/service/health";
import { createHttp } from "@drover/core/service/http";
import { createLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { run } from "@drover/core/service/run";
import { createBroker } from "./broker.ts";
import { brokerEnv } from "./config.ts";

const config = parseEnv(brokerEnv, process.env);
const about = { service: "mqtt", instance: config.instance };
const log = createLog({ ...about, level: config.logLevel });
const health = createHealth({ clock });
const metrics = createMetrics(about);
const { gitSha, buildDate } = config;

await run(config, { clock, log, health }, async () => {
  const broker = await createBroker(config, { log, metrics });
  const version = { service: "mqtt", version: "0.1.0", gitSha, buildDate };
  const http = createHttp({ version }, { clock, log, health, metrics });
  const address = await http.listen({ host: config.host, port: config.httpPort });
  log.info({ port: broker.port, http: address }, "listening");
  return {
    stopAccepting: async () => broker.stopAccepting(),
    async close() {
      await broker[Symbol.asyncDispose]();
      await http.close();
    },
  };
});
