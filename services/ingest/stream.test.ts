import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "@drover/core/service/clock";
import { openStream } from "@drover/core/stream/open";
import type { StreamLog } from "@drover/core/stream/log";
import { edge1, from, ndjson, report } from "./example.ts";
import { QuarantinedLine } from "./quarantine.ts";
import { serve } from "./serve-test.ts";
import type { Served } from "./serve-test.ts";

let folder = "";
let stream: StreamLog;
let ingest: Served;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "drover-ingest-"));
  const url = `sqlite:${join(folder, "stream.db")}`;
  stream = await openStream({ url, gapsMax: 32 }, { clock: systemClock });
  ingest = await serve(stream);
});
after(async () => {
  await ingest[Symbol.asyncDispose]();
  await stream[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** A report of now, recognisable by its number. */
const line = (seq: number) => report({ seq, at: Date.now() - 1_000 + seq });

async function send(edge: string, ...lines: unknown[]) {
  const { status, json, headers } = await ingest.post(ndjson(...lines), {
    ...edge1,
    "drover-edge": edge,
  });
  const counts = [json.accepted, json.duplicates, json.quarantined?.length, json.through];
  return { status, counts, headers };
}

describe("ingest over SQLite", () => {
  it("counts repetitions in any order and overlap, and says how far it got", async () => {
    assert.deepEqual((await send("a", line(1), line(2), line(3))).counts, [3, 0, 0, 3]);
    assert.deepEqual((await send("a", line(1), line(2), line(3))).counts, [0, 3, 0, 3]);
    assert.deepEqual((await send("a", line(9), line(7), line(8))).counts, [3, 0, 0, 3]);
    assert.deepEqual((await send("a", line(6), line(8), line(4), line(5))).counts, [3, 1, 0, 9]);
    assert.deepEqual((await send("a")).counts, [0, 0, 0, 9]);
  });

  it("passes gaps and refused lines, and keeps a refused line once", async () => {
    const gap = { gap: { first: 1, last: 10, reason: "evicted-age" } };
    const bad = report({ seq: 11, position: { lat: 95, lon: 0 } });
    assert.deepEqual((await send("b", gap, bad, line(12))).counts, [1, 0, 1, 12]);
    assert.deepEqual((await send("b", gap, bad, line(12))).counts, [0, 1, 1, 12]);
    const limits = { maxBytes: 1e6, maxCount: 100 };
    const entries = await stream.read(stream.quarantinePartition, 0, limits);
    const kept = entries.flatMap(({ bytes }) =>
      Buffer.from(bytes).toString().trimEnd().split("\n"),
    );
    assert.deepEqual(
      kept.map((entry) => QuarantinedLine.parse(JSON.parse(entry)).id),
      ["b:1:11"],
    );
  });

  it("recognises a report without an edge, and an entry let in before", async () => {
    const body = ndjson(report({ at: Date.now() }));
    assert.equal((await ingest.post(body)).json.accepted, 1);
    assert.equal((await ingest.post(body)).json.duplicates, 1);
    const lines = [{ id: "b:1:11", text: JSON.stringify(report({ at: Date.now() })) }];
    for (const outcome of ["admitted", "already-admitted"]) {
      const { json } = await ingest.request("/v1/quarantine/readmit", {
        method: "POST",
        headers: { authorization: "Bearer admin", "content-type": "application/json" },
        body: JSON.stringify({ lines }),
      });
      assert.equal(json.results[0].outcome, outcome);
    }
  });

  it("refuses more holes than may be, and names what is missing", async () => {
    const holes = Array.from({ length: 40 }, (_, index) => line(index * 2 + 2));
    const { status, headers } = await send("c", ...holes);
    assert.equal(status, 409);
    assert.match(headers.get("drover-missing") ?? "", /^1-1$/);
    assert.deepEqual((await send("c", line(1), line(2))).counts, [2, 0, 0, 2]);
  });

  it("takes concurrent batches of one edge without losing or doubling any", async () => {
    const batches = Array.from({ length: 20 }, (_, index) => index * 10 + 1);
    const sendAll = () =>
      Promise.all(
        batches.map((first) => {
          const lines = Array.from({ length: 10 }, (_, index) => ({
            ...line(first + index),
            seq: undefined,
          }));
          return ingest.post(ndjson(...lines), { ...from(first), "drover-edge": "d" });
        }),
      );
    const answers = [...(await sendAll()), ...(await sendAll())];
    const sum = (name: string) => answers.reduce((total, { json }) => total + json[name], 0);
    assert.deepEqual([sum("accepted"), sum("duplicates")], [200, 200]);
    assert.deepEqual((await send("d")).counts, [0, 0, 0, 200]);
  });
});
