import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { IngestAnswer } from "@drover/core/model/ingest";
import { decodeRows } from "@drover/core/model/row";
import { openRecords } from "@drover/core/records/open";
import { createTokens } from "@drover/core/records/tokens";
import { systemClock } from "@drover/core/service/clock";
import { openStream } from "@drover/core/stream/open";
import { ndjson } from "./example.ts";

const clock = systemClock;
let folder = "";
let token = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "drover-ingest-"));
  await using records = await openRecords({ url: recordsUrl() }, { clock });
  const wanted = { role: "edge", label: "test", edge: "edge-1" } as const;
  ({ token } = await createTokens({ records, clock }).create(wanted));
});
after(() => rm(folder, { recursive: true }));

const streamUrl = () => `sqlite:${join(folder, "stream.db")}`;
const recordsUrl = () => `sqlite:${join(folder, "records.db")}`;

interface Process {
  readonly url: string;
  readonly child: ChildProcess;
}

async function startIngest(): Promise<Process> {
  const entry = join(import.meta.dirname, "main.ts");
  const child = spawn(process.execPath, [entry], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      DROVER_STREAM_URL: streamUrl(),
      DROVER_RECORDS_URL: recordsUrl(),
      DROVER_PROBE_MS: "0",
      DROVER_PARENT_PID: String(process.pid),
    },
  });
  for await (const line of createInterface(child.stdout)) {
    const { url } = JSON.parse(line);
    if (typeof url === "string") return { url, child };
  }
  throw new Error("ingest ended before it listened");
}

/** The answer, or undefined when the process went away before it came. */
async function send(url: string, firstSeq: number, count: number) {
  const lines = Array.from({ length: count }, (_, index) => ({
    asset: `aircraft:${(firstSeq + index) % 40}`,
    at: Date.now(),
    source: "test",
    measurements: { seq: firstSeq + index },
  }));
  try {
    const response = await fetch(`${url}/v1/reports`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/x-ndjson",
        "drover-edge": "edge-1",
        "drover-epoch": "1",
        "drover-first-seq": String(firstSeq),
      },
      body: ndjson(...lines),
    });
    assert.equal(response.status, 200, await response.clone().text());
    return IngestAnswer.parse(await response.json());
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

async function storedSeqs(): Promise<number[]> {
  await using stream = await openStream({ url: streamUrl() }, { clock });
  const seqs: number[] = [];
  for (let partition = 0; partition < stream.partitions; partition++) {
    for (let offset = 0; ;) {
      const limits = { maxBytes: 1_000_000, maxCount: 100_000 };
      const entries = await stream.read(partition, offset, limits);
      const last = entries.at(-1);
      if (last === undefined) break;
      for (const entry of entries) {
        for (const row of decodeRows(entry.bytes)) {
          assert.equal(row.measurements?.["seq"], row.seq);
          seqs.push(row.seq);
        }
      }
      offset = last.offset + last.count;
    }
  }
  return seqs.toSorted((a, b) => a - b);
}

describe("the ingest process", () => {
  it("killed under load loses nothing it acknowledged and stores nothing twice", async () => {
    const batch = 25;
    const acknowledged = new Set<number>();
    const sent = new Set<number>();
    let nextSeq = 1;
    for (const killAfterMs of [60]) {
      const { url, child } = await startIngest();
      const lanes = [0, 1, 2, 3].map(async () => {
        for (;;) {
          const firstSeq = nextSeq;
          nextSeq += batch;
          sent.add(firstSeq);
          const answer = await send(url, firstSeq, batch);
          if (answer === undefined) return;
          assert.equal(answer.accepted + answer.duplicates, batch);
          acknowledged.add(firstSeq);
        }
      });
      while (acknowledged.size === 0) await clock.sleep(1);
      await clock.sleep(killAfterMs);
      child.kill("SIGKILL");
      await Promise.all([once(child, "exit"), ...lanes]);
    }
    assert(acknowledged.size < sent.size, "the kills came in the middle of something");
    const before = await storedSeqs();
    for (const firstSeq of acknowledged) assert(before.includes(firstSeq), `lost ${firstSeq}`);

    const { url, child } = await startIngest();
    let accepted = 0;
    let through = 0;
    for (const firstSeq of sent) {
      const answer = await send(url, firstSeq, batch);
      assert(answer !== undefined);
      if (acknowledged.has(firstSeq)) assert.equal(answer.duplicates, batch);
      accepted += answer.accepted;
      through = Math.max(through, answer.through ?? 0);
    }
    assert.equal(through, sent.size * batch);
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [0, null]);
    const everything = await storedSeqs();
    assert.deepEqual(
      everything,
      Array.from({ length: sent.size * batch }, (_, index) => index + 1),
    );
    assert.equal(before.length + accepted, everything.length);
  });

  it("refuses to start without its addresses, and names them", async () => {
    const entry = join(import.meta.dirname, "main.ts");
    const child = spawn(process.execPath, [entry], {
      env: {},
      stdio: ["ignore", "ignore", "pipe"],
    });
    const chunks = await child.stderr.toArray();
    const text = Buffer.concat(chunks).toString();
    assert.match(text, /DROVER_STREAM_URL is required/);
    assert.match(text, /DROVER_RECORDS_URL is required/);
  });
});
