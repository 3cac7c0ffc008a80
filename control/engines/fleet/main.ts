import { createBasics } from "@drover/core/service/basics";
import { parseEnv } from "@drover/core/service/env";
import { createHttp } from "@drover/core/service/http";
import { run } from "@drover/core/service/run";
import { fleetEnv } from "./config.ts";
import { createPublisher } from "./publisher.ts";

const config = parseEnv(fleetEnv, process.env);
const basics = createBasics("fleet", config);

await run(config, basics, async (accepting) => {
  const publisher = await createPublisher(config, basics);
  const ending = new AbortController();
  const ended = publisher.run(AbortSignal.any([accepting, ending.signal]));
  basics.health.addCheck({
    name: "broker",
    kind: "ready",
    check: () => ({
      isOk: publisher.online() > 0 || publisher.reachable() === 0,
      detail: `${publisher.online()} of ${publisher.reachable()} reachable sites are connected`,
    }),
  });
  const http = createHttp({ version: basics.version }, basics);
  const address = await http.listen({ host: config.host, port: config.httpPort });
  basics.log.info({ http: address, stations: config.stations }, "publishing");
  return {
    ended,
    async stopAccepting() {
      ending.abort(new Error("stopping"));
      await ended;
    },
    close: () => http.close(),
  };
});
