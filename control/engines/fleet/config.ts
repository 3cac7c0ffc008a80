// Everything that the demo's stations read from their environment.

import { z } from "zod";
import { packetIdPattern } from "@drover/core/model/packet";
import { declareEnv, envInt } from "@drover/core/service/env";
import { processEnv } from "@drover/core/service/process-env";

export const fleetEnv = declareEnv({
  ...processEnv,
  httpPort: {
    name: "DROVER_HTTP_PORT",
    schema: envInt({ min: 0, max: 65_535 }),
    default: "0",
    meaning: "port of /readyz and /metrics; 0 takes a free one",
  },
  mqttUrl: {
    name: "DROVER_MQTT_URL",
    schema: z.url({ protocol: /^mqtts?$/, hostname: /.*/ }),
    default: "mqtt://127.0.0.1:1883",
    meaning: "broker that the stations publish to",
  },
  mqttUser: {
    name: "DROVER_MQTT_USER",
    schema: z.string().min(1).max(128).optional(),
    meaning: "user at the broker",
  },
  mqttPassword: {
    name: "DROVER_MQTT_PASSWORD",
    schema: z.string().min(1).max(512).optional(),
    isSecret: true,
    meaning: "password or token at the broker",
  },
  org: {
    name: "DROVER_FLEET_ORG",
    schema: z.string().regex(packetIdPattern),
    default: "demo",
    meaning: "org in the topics of Drover packets",
  },
  seed: {
    name: "DROVER_FLEET_SEED",
    schema: envInt({ min: 0, max: 0xffff_ffff }),
    default: "1",
    meaning: "seed of the fleet",
  },
  stations: {
    name: "DROVER_FLEET_STATIONS",
    schema: envInt({ min: 1, max: 10_000 }),
    default: "200",
    meaning: "how many stations there are",
  },
  cadenceMs: {
    name: "DROVER_FLEET_CADENCE_MS",
    schema: envInt({ min: 100, max: 3_600_000 }),
    default: "30000",
    meaning: "time between two reports of a station",
  },
  stateDir: {
    name: "DROVER_STATE_DIR",
    schema: z.string().min(1).max(4_096).optional(),
    meaning: "folder for what must outlive the process; without it a restart forgets the backlog",
  },
});
