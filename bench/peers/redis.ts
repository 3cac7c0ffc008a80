// Bare XADD into Redis with every write synced: what a stream costs when nothing else is done.

import { Redis } from "ioredis";
import { startPeer, type PeerSpec } from "./server.ts";

const redis: PeerSpec = {
  program: "redis-server",
  options: async ({ port, folder }) =>
    `--port ${port} --bind 127.0.0.1 --dir ${folder} --appendonly yes --appendfsync always --save`
      .split(" ")
      .concat(""),
  async isUp(port) {
    const client = new Redis(port, "127.0.0.1", { lazyConnect: true, retryStrategy: () => null });
    client.on("error", () => {});
    try {
      await client.connect();
      return (await client.ping()) === "PONG";
    } finally {
      client.disconnect();
    }
  },
};

/**
 * Reports/s of XADD, one entry for each blob, eight in flight.
 *
 * @param blobs the same bytes that the stream would hold, with how many reports are in each
 */
export async function appendToRedis(
  blobs: readonly { readonly reports: number; readonly bytes: Buffer }[],
): Promise<number> {
  await using server = await startPeer(redis);
  const client = new Redis(server.port, "127.0.0.1");
  const startedAt = performance.now();
  let next = 0;
  let reports = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let blob = blobs[next++]; blob !== undefined; blob = blobs[next++]) {
        await client.xadd("bench", "*", "rows", blob.bytes);
        reports += blob.reports;
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  client.disconnect();
  return reports / seconds;
}
