import { createEdgeLinks } from "@drover/core/records/edge-links";
import { createTokens } from "@drover/core/records/tokens";
import { createTokenVerifier } from "@drover/core/records/verifier";
import { openRecords } from "@drover/core/records/open";
import { createBasics } from "@drover/core/service/basics";
import { parseEnv } from "@drover/core/service/env";
import { countBuffersInHeap } from "@drover/core/service/heap";
import { run } from "@drover/core/service/run";
import { openStream } from "@drover/core/stream/open";
import { ingestEnv } from "./config.ts";
import { createEdgeNotes } from "./edge-notes.ts";
import { forgetOldKeys } from "./forget.ts";
import { createIngestHttp } from "./serve.ts";

countBuffersInHeap();
const env = parseEnv(ingestEnv, process.env);
const basics = createBasics("ingest", env);
const { clock, log, health } = basics;

const isOk = async (asked: Promise<unknown>) => {
  await asked;
  return { isOk: true };
};

await run(env, basics, async (signal) => {
  const stream = await openStream({ url: env.streamUrl }, { clock });
  const records = await openRecords({ url: env.recordsUrl }, { clock });
  const tokens = createTokens({ records, clock });
  const verifier = createTokenVerifier({}, { tokens, clock, log });
  health.addCheck({ name: "stream", kind: "ready", check: () => isOk(stream.sizeBytes()) });
  health.addCheck({ name: "records", kind: "ready", check: () => isOk(records.ping()) });
  const edges = createEdgeNotes({ links: createEdgeLinks({ records, clock }), clock, log });
  const app = createIngestHttp(env, { ...basics, stream, verifier, edges });
  const url = await app.listen({ host: env.host, port: env.port });
  log.info({ url }, "listening");
  const { retentionDays } = env;
  const ended = Promise.all([
    forgetOldKeys({ retentionDays }, { stream, clock, log }, signal),
    edges.run(signal),
  ]);
  return {
    stopAccepting: () => app.close(),
    async close() {
      await ended;
      await stream[Symbol.asyncDispose]();
      await records[Symbol.asyncDispose]();
    },
  };
});
