import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { edge1, ndjson, nowMs, report, setUp } from "./example.ts";
import type { Served } from "./serve-test.ts";

describe("POST /v1/quarantine/readmit", () => {
  const readmit = (ingest: Served, body: unknown, token = "operator") =>
    ingest.request("/v1/quarantine/readmit", {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  it("lets a mended line in once, and says so the second time", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    await ingest.post(ndjson(report({ at: nowMs + 9_000_000 })), edge1);
    const [entry] = stream.quarantine();
    assert(entry !== undefined);
    const line = { id: entry.id, text: entry.text };
    const { json: early } = await readmit(ingest, { lines: [line] });
    assert.equal(early.results[0].reason, "clock-ahead");
    const mended = { lines: [{ ...line, offsetMs: -9_000_000 }] };
    const { json: first } = await readmit(ingest, mended);
    assert.deepEqual(first, { results: [{ id: "edge-1:1:1", outcome: "admitted" }] });
    const again = { lines: [{ ...line, at: nowMs }] };
    const { json: second } = await readmit(ingest, again);
    assert.deepEqual(second, { results: [{ id: "edge-1:1:1", outcome: "already-admitted" }] });
    assert.deepEqual(
      stream.rows().map(({ at, edge, asset }) => [at, edge, asset]),
      [[nowMs, "", "aircraft:7c6b2d"]],
    );
  });

  it("answers for each line, and leaves fields out when asked to", async () => {
    const { ingest } = await setUp();
    await using _ = ingest;
    const lines = [
      { id: "a", text: JSON.stringify(report({ extra: 1, seq: 3 })) },
      { id: "b", text: "{" },
      { id: "c", text: '{"gap":{"first":1,"last":2,"reason":"x"}}' },
    ];
    const { json } = await readmit(ingest, { lines, unknownFields: "ignore" });
    assert.deepEqual(
      json.results.map(({ outcome }: { outcome: string }) => outcome),
      ["admitted", "refused", "refused"],
    );
  });

  it("is for operators, and refuses what it does not understand", async () => {
    const { ingest } = await setUp();
    await using _ = ingest;
    const line = { id: "a", text: JSON.stringify(report()) };
    assert.equal((await readmit(ingest, { lines: [line] }, "edge")).status, 403);
    assert.equal((await readmit(ingest, { lines: [line] }, "viewer")).status, 403);
    assert.equal((await readmit(ingest, { lines: [] })).status, 400);
    assert.equal((await readmit(ingest, { lines: [{ ...line, at: 1, offsetMs: 1 }] })).status, 400);
    assert.equal(
      (await readmit(ingest, { lines: Array.from({ length: 1_001 }, () => line) })).status,
      400,
    );
  });
});
