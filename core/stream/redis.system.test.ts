import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { systemClock } from "../service/clock.ts";
import { streamConformance } from "./conformance.ts";
import type { Adapter } from "./conformance-place.ts";
import { openStream } from "./open.ts";
import { findRedis, startRedis } from "./temporary-redis.ts";

const binary = await findRedis(process.env);
const folder = await mkdtemp(join(tmpdir(), "drover-redis-"));
const server =
  binary === undefined ? undefined : await startRedis({ binary, folder }, { clock: systemClock });
after(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

let places = 0;
const adapter: Adapter = {
  name: "redis",
  ...(server === undefined && { skip: "redis-server is not installed" }),
  async place() {
    const url = `${server?.url}?prefix=place-${++places}`;
    return {
      open: (options = {}, clock = systemClock) => openStream({ url, ...options }, { clock }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
};

streamConformance(adapter);
