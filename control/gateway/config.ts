import { declareEnv, envInt, parseEnv } from "@drover/core/service/env";
import { processEnv } from "@drover/core/service/process-env";
import { z } from "zod";

export const gatewayEnv = declareEnv({
  ...processEnv,
  routesFile: {
    name: "DROVER_ROUTES",
    schema: z.string().min(1).max(4096),
    meaning: "file with the routes and the copies of each service",
  },
  answerMsMax: {
    name: "DROVER_ANSWER_MS_MAX",
    schema: envInt({ min: 100, max: 600_000 }),
    default: "60000",
    meaning: "longest time until a copy begins its answer; then 504",
  },
  connectionsMax: {
    name: "DROVER_CONNECTIONS_MAX",
    schema: envInt({ min: 1, max: 65_535 }),
    default: "4096",
    meaning: "most connections at once; more are refused",
  },
});

export const readConfig = () => parseEnv(gatewayEnv, process.env);
