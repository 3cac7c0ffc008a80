import { createBasics } from "@drover/core/service/basics";
import { parseEnv } from "@drover/core/service/env";
import { countBuffersInHeap } from "@drover/core/service/heap";
import { run } from "@drover/core/service/run";
import { processorEnv, readConfig } from "./config.ts";
import { startProcessor } from "./processor.ts";

const env = parseEnv(processorEnv, process.env);
if (env.pipeline === "history") countBuffersInHeap();
const basics = createBasics(env.pipeline, env);
await run(env, basics, (signal) => startProcessor(readConfig(env), basics, signal));
