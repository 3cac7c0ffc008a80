// One server under measurement: `bare`, or ingest over a stream that does nothing or over SQLite.
// Tells its address, and its processor time whenever it is asked.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseEnv } from "../core/service/env.ts";
import { systemClock } from "../core/service/clock.ts";
import { createBasics } from "../core/service/basics.ts";
import { openStream } from "../core/stream/open.ts";
import type { AppendBatch, AppendResult } from "../core/stream/log.ts";
import { ingestEnv } from "../services/ingest/config.ts";
import { createIngestHttp } from "../services/ingest/serve.ts";
import type { ServeDeps } from "../services/ingest/serve.ts";

const [subject = "bare", folder = "."] = process.argv.slice(2);

async function listenBare(): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      let accepted = 0;
      for (const line of Buffer.concat(chunks).toString("utf8").split("\n")) {
        if (line === "") continue;
        JSON.parse(line);
        accepted++;
      }
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ accepted, duplicates: 0 }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on TCP
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function openSubject(): Promise<ServeDeps["stream"]> {
  if (subject === "sqlite append") {
    return openStream({ url: `sqlite:${join(folder, "stream.db")}` }, { clock: systemClock });
  }
  return {
    partitions: 24,
    quarantinePartition: 24,
    append: (batch: AppendBatch): Promise<AppendResult> => {
      let accepted = 0;
      for (const slice of batch.slices) accepted += slice.ends.length;
      return Promise.resolve({ accepted, quarantined: 0, duplicates: 0, through: 0 });
    },
  };
}

async function listenIngest(): Promise<string> {
  const env = parseEnv(ingestEnv, {
    DROVER_STREAM_URL: "unused",
    DROVER_RECORDS_URL: "unused",
    DROVER_LOG_LEVEL: "warn",
  });
  const verifier = { verify: () => Promise.resolve({ tokenId: "bench", role: "edge" as const }) };
  const deps = { ...createBasics("ingest", env), stream: await openSubject(), verifier };
  return createIngestHttp(env, deps).listen({ port: 0, host: "127.0.0.1" });
}

const url = subject === "bare" ? await listenBare() : await listenIngest();
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
process.on("disconnect", () => process.exit());
process.on("SIGTERM", () => process.exit());
process.send?.(url);
