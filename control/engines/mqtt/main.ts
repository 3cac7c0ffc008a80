import { createBasics } from "@drover/core/service/basics";
import { parseEnv } from "@drover/core/service/env";
import { createHttp } from "@drover/core/service/http";
import { run } from "@drover/core/service/run";
import { createBroker } from "./broker.ts";
import { brokerEnv } from "./config.ts";

const config = parseEnv(brokerEnv, process.env);
const basics = createBasics("mqtt", config);

await run(config, basics, async () => {
  const broker = await createBroker(config, basics);
  const http = createHttp({ version: basics.version }, basics);
  const address = await http.listen({ host: config.host, port: config.httpPort });
  basics.log.info({ port: broker.port, http: address }, "listening");
  return {
    stopAccepting: async () => broker.stopAccepting(),
    async close() {
      await broker[Symbol.asyncDispose]();
      await http.close();
    },
  };
});
