import { mkdir } from "node:fs/promises";
import { createBasics } from "@drover/core/service/basics";
import { createHttp } from "@drover/core/service/http";
import { run } from "@drover/core/service/run";
import { readConfig, toEdgeConfig, toSecrets } from "./config.ts";
import { startEdge } from "./edge.ts";
import { createEdgeEvents } from "./events.ts";
import { nodeFileSystem } from "./outbox/node-file-system.ts";
import { registerEdgeMetrics, registerEdgeRoutes } from "./routes.ts";
import { prepareSources } from "./sources/registry.ts";

const env = readConfig();
const basics = createBasics("edge", env);
const { clock, log, metrics } = basics;

await run(env, basics, async () => {
  const stateDir = `${env.dataDir}/edge/${env.edge}/sources`;
  await mkdir(stateDir, { recursive: true });
  const secrets = toSecrets(env);
  const sources = prepareSources(env.sources).map((prepared) =>
    prepared.create({ clock, log: log.child({ source: prepared.name }), stateDir, secrets }),
  );
  const events = createEdgeEvents(basics);
  const edge = await startEdge(toEdgeConfig(env), {
    clock,
    events,
    fileSystem: nodeFileSystem,
    sources,
  });
  const app = createHttp({ version: basics.version }, basics);
  registerEdgeRoutes(app, edge, { edge: env.edge, clock });
  registerEdgeMetrics(metrics, edge, { edge: env.edge, clock });
  await app.listen({ host: env.host, port: env.port });
  return {
    ...edge,
    async close() {
      await app.close();
      await edge.close();
    },
  };
});
