// For tests, as a process of its own: an edge that hands over numbered reports as fast as they become
// durable, and writes each number to standard output once it is. Nothing else goes there.

import { writeSync } from "node:fs";
import { systemClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { readConfig, toEdgeConfig } from "./config.ts";
import { startEdge } from "./edge.ts";
import { createEdgeEvents } from "./events.ts";
import { nodeFileSystem } from "./outbox/node-file-system.ts";
import { reportOf } from "./outbox/testing.ts";
import type { Source } from "./sources/source.ts";

// oxlint-disable-next-line node/no-process-env -- a main of its own
let next = Number(process.env["NUMBER_FROM"]);

const numbers: Source = {
  name: "numbers",
  async run(emit, signal) {
    while (!signal.aborted) {
      const reports = Array.from({ length: 7 }, (_, index) => reportOf(next + index));
      await emit(reports);
      writeSync(1, reports.map((_, index) => `${next + index}\n`).join(""));
      next += reports.length;
      await systemClock.sleep(1);
    }
  },
  status: () => ({
    name: "numbers",
    kind: "numbers",
    state: "running",
    received: 0,
    emitted: 0,
    repeated: 0,
    refused: {},
  }),
  [Symbol.asyncDispose]: async () => {},
};

const events = createEdgeEvents({ log: silentLog, metrics: createMetrics({ service: "edge" }) });
const defaults = toEdgeConfig(readConfig());
const uplink = { ...defaults.uplink, backoffMs: { min: 10, max: 100 }, unreachableMsMax: 50 };
const deps = { clock: systemClock, events, fileSystem: nodeFileSystem, sources: [numbers] };
await startEdge({ ...defaults, uplink }, deps);
