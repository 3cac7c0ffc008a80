import { createBasics } from "@drover/core/service/basics";
import { run } from "@drover/core/service/run";
import { startApi } from "./api.ts";
import { readConfig } from "./config.ts";

const config = readConfig();
const basics = createBasics("api", config);
await run(config, basics, (signal) => startApi(config, basics, signal));
