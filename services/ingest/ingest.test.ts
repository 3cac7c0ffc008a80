import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { IngestAnswer } from "@drover/core/model/ingest";
import { dayMs, edge1, from, ndjson, nowMs, report, setUp } from "./example.ts";

describe("POST /v1/reports from an edge", () => {
  it("stores each report with its number, its sender and the three clocks", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    const sentAt = nowMs - 500;
    const headers = { ...from(7), "drover-sent-at": String(sentAt), "drover-lane": "backfill" };
    const { status, json } = await ingest.post(ndjson(report(), report({ at: nowMs })), headers);
    assert.equal(status, 200);
    assert.deepEqual(IngestAnswer.parse(json), {
      accepted: 2,
      duplicates: 0,
      quarantined: [],
      through: 0,
    });
    const stamp = { edge: "edge-1", epoch: 1, sentAt, receivedAt: nowMs, suspect: false };
    assert.deepEqual(
      stream.rows().map((row) => ({ ...row })),
      [
        { ...report(), kind: "aircraft", ...stamp, seq: 7 },
        { ...report({ at: nowMs }), kind: "aircraft", ...stamp, seq: 8 },
      ],
    );
    assert.equal(stream.batches[0]?.lane, "backfill");
  });

  it("takes the number on a line before the place of the line", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    const body = ndjson(report({ seq: 40 }), report(), report({ seq: 50 }), report());
    const { json } = await ingest.post(body, from(1));
    assert.equal(json.accepted, 4);
    assert.deepEqual(
      stream.rows().map((row) => row.seq),
      [40, 2, 50, 4],
    );
  });

  it("answers duplicates for what came before: again, in another order, in part", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    const line = (seq: number) => report({ seq, at: nowMs - seq });
    const send = async (...seqs: number[]) => {
      const { json } = await ingest.post(ndjson(...seqs.map(line)), edge1);
      return [json.accepted, json.duplicates, json.through];
    };
    assert.deepEqual(await send(1, 2, 3), [3, 0, 3]);
    assert.deepEqual(await send(1, 2, 3), [0, 3, 3]);
    assert.deepEqual(await send(8, 7), [2, 0, 3]);
    assert.deepEqual(await send(9, 3, 6, 4, 5), [4, 1, 9]);
    assert.equal(stream.rows().length, 9);
  });

  it("keeps the first of two lines with one number", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    const body = ndjson(
      report({ seq: 5, source: "first" }),
      report({ seq: 4 }),
      report({ seq: 5, source: "second" }),
      report({ seq: 4, position: { lat: 95, lon: 0 } }),
    );
    const { json } = await ingest.post(body, edge1);
    assert.deepEqual([json.accepted, json.duplicates, json.quarantined], [2, 2, []]);
    assert.equal(stream.rows().find((row) => row.seq === 5)?.source, "first");
  });

  it("passes gaps on, and does not count them as lines", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    const gap = { first: 1, last: 9, reason: "evicted-bytes" };
    const { json } = await ingest.post(ndjson({ gap }, report(), report()), from(10));
    assert.deepEqual([json.accepted, json.through], [2, 11]);
    assert.deepEqual(stream.batches[0]?.gaps, [gap]);
  });

  it("asks for numbers when a good line has none", async () => {
    const { ingest } = await setUp();
    await using _ = ingest;
    const headers = { "drover-edge": "edge-1", "drover-epoch": "1" };
    const { status, json } = await ingest.post(ndjson(report({ seq: 1 }), report()), headers);
    assert.equal(status, 400);
    assert.match(json.detail, /^line 2: it has no "seq"/);
  });

  it("sets a line aside by its hash when even its number cannot be read", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    const headers = { "drover-edge": "edge-1", "drover-epoch": "1" };
    for (const round of [1, 2]) {
      const { json } = await ingest.post(ndjson(report({ seq: 1 }), '{"seq":2,"asset'), headers);
      assert.equal(json.accepted, round === 1 ? 1 : 0);
      assert.equal(json.quarantined[0].reason, "bad-json");
      assert.equal(json.quarantined[0].seq, undefined);
      assert.equal(json.through, 1);
    }
    assert.equal(stream.quarantine().length, 1);
    assert.match(stream.quarantine()[0]?.id ?? "", /^key:[\w-]{22}$/);
  });

  it("answers an empty batch with where it stands", async () => {
    const { ingest } = await setUp();
    await using _ = ingest;
    await ingest.post(ndjson(report(), report()), edge1);
    const { json } = await ingest.post("\n", edge1);
    assert.deepEqual(json, { accepted: 0, duplicates: 0, quarantined: [], through: 2 });
  });
});

describe("a bad line", () => {
  const bad: readonly [line: unknown, reason: string][] = [
    ["{", "bad-json"],
    ["[]", "bad-json"],
    [`{"x":"${"y".repeat(40_000)}"}`, "line-too-long"],
    [report({ extra: 1 }), "unknown-field"],
    [report({ source: undefined }), "missing-field"],
    [report({ position: { lat: 95, lon: 0 } }), "out-of-range"],
    [report({ asset: "Aircraft" }), "bad-value"],
    [report({ at: nowMs + 120_001 }), "clock-ahead"],
    [report({ at: nowMs - 365 * dayMs - 1 }), "clock-behind"],
  ];

  it("never fails its batch, and is kept with its reason", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    const lines = bad.flatMap(([line], index) => [line, report({ at: nowMs - index })]);
    const { status, json } = await ingest.post(ndjson(...lines), edge1);
    assert.equal(status, 200);
    assert.equal(json.accepted, bad.length);
    assert.equal(json.through, bad.length * 2);
    const expected = bad.map(([, reason], index) => [index * 2 + 1, index * 2 + 1, reason]);
    const notes = IngestAnswer.parse(json).quarantined;
    assert.deepEqual(
      notes.map(({ seq, line, reason }) => [seq, line, reason]),
      expected,
    );
    for (const note of notes) assert.match(note.detail, /^[\w.]+: ./);
    const kept = stream.quarantine();
    assert.deepEqual(
      kept.map(({ id, edge, epoch, receivedAt }) => [id, edge, epoch, receivedAt]),
      expected.map(([seq]) => [`edge-1:1:${seq}`, "edge-1", 1, nowMs]),
    );
    assert.equal(kept[0]?.text, "{");
    assert.equal(kept[2]?.text.length, 32_768);
    assert.equal(kept[2]?.truncated, true);
  });

  it("is judged at the very edge of the clock limits", async () => {
    const { ingest } = await setUp();
    await using _ = ingest;
    const edges = [report({ at: nowMs + 120_000 }), report({ at: nowMs - 365 * dayMs })];
    assert.equal((await ingest.post(ndjson(...edges), edge1)).json.accepted, 2);
  });

  it("of bytes that are not UTF-8 is set aside alone", async () => {
    const { ingest } = await setUp();
    await using _ = ingest;
    const body = Buffer.concat([
      Buffer.from(`${JSON.stringify(report())}\n`),
      Buffer.from(`${JSON.stringify(report({ attributes: { a: "é" } }))}\n`, "latin1"),
      Buffer.from(JSON.stringify(report({ attributes: { a: "é" } }))),
    ]);
    const { json } = await ingest.post(body, edge1);
    assert.equal(json.accepted, 2);
    assert.deepEqual(json.quarantined, [
      { seq: 2, line: 2, reason: "bad-json", detail: "line: its bytes are not UTF-8" },
    ]);
  });

  it("with an unknown field is stored without it under the other policy", async () => {
    const { stream, ingest } = await setUp({ unknownFields: "ignore" });
    await using _ = ingest;
    assert.equal((await ingest.post(ndjson(report({ extra: 1 })), edge1)).json.accepted, 1);
    assert.equal("extra" in (stream.rows()[0] ?? {}), false);
  });

  it("that is a jump is no bad line: it is stored and marked", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    const far = report({ at: nowMs, position: { lat: 40, lon: 10 } });
    const { json } = await ingest.post(ndjson(report(), far), edge1);
    assert.equal(json.accepted, 2);
    assert.deepEqual(
      stream.rows().map((row) => row.suspect),
      [false, true],
    );
  });
});

describe("POST /v1/reports from a simple device", () => {
  const json = { "content-type": "application/json" };

  it("takes one report or an array of them as JSON", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    const one = await ingest.post(JSON.stringify(report()), json);
    assert.deepEqual(one.json, { accepted: 1, duplicates: 0, quarantined: [] });
    const many = [report(), report({ at: nowMs }), { no: "report" }, 7];
    const { json: answer } = await ingest.post(JSON.stringify(many), json);
    assert.equal(answer.accepted, 1);
    assert.equal(answer.duplicates, 1);
    assert.deepEqual(
      answer.quarantined.map(({ line, reason }: { line: number; reason: string }) => [
        line,
        reason,
      ]),
      [
        [3, "unknown-field"],
        [4, "bad-json"],
      ],
    );
    assert.deepEqual(
      stream.quarantine().map(({ text }) => text),
      ['{"no":"report"}', "7"],
    );
  });

  it("recognises a report by what it says, however it is spelled", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    const { asset, at, position, source } = report();
    const spellings = [
      { asset, at, position, source },
      { source, position: { lon: 130.8, lat: -12.4 }, at, asset, kind: "aircraft" },
      { asset, at, source, position: { lat: -12.400_000_01, lon: 130.8 }, historical: false },
    ];
    const answers = [];
    for (const line of spellings) answers.push((await ingest.post(ndjson(line))).json);
    assert.deepEqual(
      answers.map(({ accepted, duplicates }) => [accepted, duplicates]),
      [
        [1, 0],
        [0, 1],
        [0, 1],
      ],
    );
    const both = await ingest.post(ndjson(report({ at: nowMs }), report({ at: nowMs })));
    assert.deepEqual([both.json.accepted, both.json.duplicates], [1, 1]);
    const [row] = stream.rows();
    assert.equal(row?.edge, "");
    assert(row !== undefined && row.seq >= 1 && Number.isSafeInteger(row.seq));
  });

  it("has no gaps to report", async () => {
    const { ingest } = await setUp();
    await using _ = ingest;
    const gap = { first: 1, last: 2, reason: "corrupt" };
    const { json: answer } = await ingest.post(ndjson({ gap }));
    assert.equal(answer.quarantined[0].reason, "bad-value");
  });

  it("learns that its body is not JSON", async () => {
    const { ingest } = await setUp();
    await using _ = ingest;
    for (const body of ["{", "", Buffer.from([0xff])]) {
      assert.equal((await ingest.post(body, json)).status, 400);
    }
  });
});

describe("?dryRun=true", () => {
  it("answers as if it had stored, and stores and remembers nothing", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    const send = (body: string) =>
      ingest.request("/v1/reports?dryRun=true", {
        method: "POST",
        headers: { authorization: "Bearer edge", "content-type": "application/x-ndjson", ...edge1 },
        body,
      });
    const { json } = await send(ndjson(report({ position: { lat: 40, lon: 10 } }), "{"));
    assert.equal(json.dryRun, true);
    assert.deepEqual([json.accepted, json.quarantined.length, json.through], [1, 1, undefined]);
    assert.equal(stream.batches.length, 0);
    await ingest.post(ndjson(report()), edge1);
    assert.equal(stream.rows()[0]?.suspect, false);
  });

  it("refuses a question it does not know", async () => {
    const { ingest } = await setUp();
    await using _ = ingest;
    const init = {
      method: "POST",
      headers: { authorization: "Bearer edge", "content-type": "application/x-ndjson" },
      body: "",
    };
    assert.equal((await ingest.request("/v1/reports?dryrun=true", init)).status, 400);
    assert.equal((await ingest.request("/v1/reports?dryRun=yes", init)).status, 400);
  });
});
