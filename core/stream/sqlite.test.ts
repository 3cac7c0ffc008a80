import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../service/clock.ts";
import { streamConformance } from "./conformance.ts";
import type { Adapter } from "./conformance-place.ts";
import { openStream } from "./open.ts";

const adapter: Adapter = {
  name: "sqlite",
  async place() {
    const folder = await mkdtemp(join(tmpdir(), "drover-stream-"));
    return {
      open: (options = {}, clock = systemClock) =>
        openStream({ url: `sqlite:${folder}/stream.db`, ...options }, { clock }),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    };
  },
};

streamConformance(adapter);
