import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EdgeNote } from "@drover/core/records/edge-links";
import { createFakeClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createEdgeNotes } from "./edge-notes.ts";
import { edge1, ndjson, nowMs, report, setUp } from "./example.ts";

function setUpNotes() {
  const clock = createFakeClock({ nowMs });
  const written: (readonly EdgeNote[])[] = [];
  let failures = 0;
  const links = {
    async note(notes: readonly EdgeNote[]) {
      if (failures-- > 0) throw new Error("away");
      written.push(structuredClone(notes));
    },
  };
  const stopping = new AbortController();
  const notes = createEdgeNotes({ links, clock, log: silentLog });
  const running = notes.run(stopping.signal);
  return {
    clock,
    notes,
    written,
    fail: (times: number) => void (failures = times),
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

const edge = (epoch: number) => ({ edge: "edge-1", epoch });

describe("what is heard of edges", () => {
  it("is written once for many requests, every five seconds, with the newest of all", async () => {
    const { clock, notes, written, stop } = setUpNotes();
    for (let request = 1; request <= 1_000; request++) {
      notes.heard(edge(3), nowMs + request, request === 500 ? "backlog=9, bytes=90" : undefined);
      notes.stored(edge(3), nowMs + request, request);
    }
    notes.heard(edge(2), nowMs + 1_001, undefined);
    notes.stored(edge(2), nowMs + 1_001, 5_000);
    await clock.advance(4_999);
    assert.deepEqual(written, []);
    await clock.advance(1);
    const told = { at: nowMs + 500, backlog: { reports: 9, bytes: 90 } };
    const note = { edge: "edge-1", receivedAt: nowMs + 1_001, epoch: 3, through: 1_000, told };
    assert.deepEqual(written, [[note]]);
    await clock.advance(20_000);
    assert.equal(written.length, 1, "nothing was heard, so nothing is written");
    await stop();
  });

  it("is tried again when the store is away, and does not replace what came meanwhile", async () => {
    const { clock, notes, written, fail, stop } = setUpNotes();
    fail(1);
    notes.heard(edge(1), nowMs, "backlog=1, bytes=1");
    notes.heard({ edge: "edge-2", epoch: 1 }, nowMs, undefined);
    await clock.advance(5_000);
    notes.heard(edge(1), nowMs + 5_000, undefined);
    await clock.advance(5_000);
    const [notesOfAll] = written;
    assert.deepEqual(
      notesOfAll?.map((note) => [note.edge, note.receivedAt]),
      [
        ["edge-1", nowMs + 5_000],
        ["edge-2", nowMs],
      ],
    );
    await stop();
  });

  it("is written when the process stops", async () => {
    const { notes, written, stop } = setUpNotes();
    notes.heard(edge(1), nowMs, undefined);
    await stop();
    assert.equal(written.length, 1);
  });
});

describe("POST /v1/reports with Drover-Link", () => {
  const link = "backlog=120, bytes=45000, oldest=1799999000000, drain=42000";

  it("tells what the edge says of itself, with what is durable", async () => {
    const { notes: edges, written, stop } = setUpNotes();
    const { ingest } = await setUp({ edges });
    await using _ = ingest;
    const { status } = await ingest.post(ndjson(report()), { ...edge1, "drover-link": link });
    assert.equal(status, 200);
    await stop();
    const backlog = { reports: 120, bytes: 45_000, oldestAt: 1_799_999_000_000, drainMs: 42_000 };
    const told = { at: nowMs, backlog };
    assert.deepEqual(written, [
      [{ edge: "edge-1", receivedAt: nowMs, epoch: 1, through: 1, told }],
    ]);
  });

  it("answers a greeting without a word to the stream", async () => {
    const { notes: edges, written, stop } = setUpNotes();
    const { stream, ingest } = await setUp({ edges });
    await using _ = ingest;
    const { status, json } = await ingest.post("", { ...edge1, "drover-link": link });
    assert.equal(status, 200);
    assert.deepEqual(json, { accepted: 0, duplicates: 0, quarantined: [] });
    assert.deepEqual(stream.batches, []);
    await stop();
    assert.equal(written.flat()[0]?.told?.backlog.reports, 120);
  });

  it("stores reports whatever the header says, and notes no edge that may not speak", async () => {
    const { notes: edges, written, stop } = setUpNotes();
    const { stream, ingest } = await setUp({ edges });
    await using _ = ingest;
    const headers = { ...edge1, "drover-link": "backlog=lots" };
    assert.equal((await ingest.post(ndjson(report()), headers)).status, 200);
    assert.equal(stream.rows().length, 1);
    const bound = { ...edge1, "drover-edge": "edge-2", authorization: "Bearer bound" };
    assert.equal((await ingest.post("", { ...bound, "drover-link": link })).status, 403);
    await ingest.request("/v1/reports?dryRun=true", {
      method: "POST",
      headers: {
        ...edge1,
        "drover-edge": "edge-3",
        authorization: "Bearer edge",
        "content-type": "application/x-ndjson",
      },
      body: ndjson(report()),
    });
    await stop();
    assert.deepEqual(
      written.flat().map((note) => [note.edge, note.told]),
      [["edge-1", undefined]],
    );
  });
});
