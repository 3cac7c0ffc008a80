// Everything that the embedded broker reads from its environment.

import { z } from "zod";
import { declareEnv, envInt } from "@drover/core/service/env";
import { processEnv } from "@drover/core/service/process-env";

export const brokerEnv = declareEnv({
  ...processEnv,
  port: { ...processEnv.port, default: "1883", meaning: "MQTT port; 0 takes a free one" },
  httpPort: {
    name: "DROVER_HTTP_PORT",
    schema: envInt({ min: 0, max: 65_535 }),
    default: "0",
    meaning: "port of /readyz and /metrics; 0 takes a free one",
  },
  user: {
    name: "DROVER_MQTT_USER",
    schema: z.string().min(1).max(128).optional(),
    meaning: "user that every client must give; without one, only loopback may be listened on",
  },
  password: {
    name: "DROVER_MQTT_PASSWORD",
    schema: z.string().min(1).max(512).optional(),
    isSecret: true,
    meaning: "that user's password or token",
  },
  connectionsMax: {
    name: "DROVER_MQTT_CONNECTIONS",
    schema: envInt({ min: 1, max: 65_535 }),
    default: "1000",
    meaning: "connections at once; further ones are closed (reject)",
  },
  packetBytesMax: {
    name: "DROVER_MQTT_PACKET_BYTES",
    schema: envInt({ min: 1_024, max: 16 * 1024 * 1024 }),
    default: String(256 * 1024),
    meaning: "a client that sends a larger packet is disconnected (reject)",
  },
  sessionMessagesMax: {
    name: "DROVER_MQTT_SESSION_MESSAGES",
    schema: envInt({ min: 1, max: 1_000_000 }),
    default: "20000",
    meaning: "unacknowledged messages kept for one session; later ones are not kept (reject)",
  },
});
