import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { fuzzRuns } from "@drover/core/model/fuzz";
import { arbitraryReport } from "@drover/core/model/arbitrary";
import { normaliseReport } from "@drover/core/model/report";
import { decodeRows } from "@drover/core/model/row";
import { partitionOf } from "@drover/core/stream/partition";
import { createBatchBuilder } from "./batch.ts";
import type { BuiltBatch } from "./batch.ts";
import { eachLine } from "./body.ts";
import { nowMs, report } from "./example.ts";
import { createJumpGuard } from "./plausibility.ts";

const createBuilder = () =>
  createBatchBuilder(
    {
      partitions: 5,
      quarantinePartition: 5,
      unknownFields: "refuse",
      clockAheadMs: 120_000,
      retentionMs: 86_400_000,
    },
    { guard: createJumpGuard({ assetsMax: 64 }) },
  );

const sender = {
  producer: { edge: "edge-1", epoch: 2 },
  firstSeq: 1,
  sentAt: undefined,
  lane: "live",
} as const;
const head = { sender, receivedAt: nowMs, isDryRun: false };

function build(builder: ReturnType<typeof createBuilder>, body: string, mayScan: boolean) {
  builder.begin(head);
  eachLine(Buffer.from(body), 1_000, {
    scan: (bytes, start, line) => (mayScan ? builder.scan(bytes, start, line) : -1),
    text: (text, line) => builder.text(text, line),
    notUtf8: (text, line) => builder.notUtf8(text, line),
  });
  return builder.finish();
}

/** Buffers and typed arrays of one content are equal to those who read them. */
const plain = (built: BuiltBatch) => ({
  ...built,
  batch: {
    ...built.batch,
    slices: built.batch.slices.map((slice) => ({ ...slice, bytes: [...slice.bytes] })),
  },
});

/** Plain reports, odd ones, repeated numbers, late and early ones, broken lines. */
const arbitraryLine = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 9 }).map((id) => plainLine(id)) },
  { weight: 2, arbitrary: arbitraryReport.map((odd) => ({ ...normaliseReport(odd), at: nowMs })) },
  fc.integer({ min: 1, max: 30 }).map((seq) => ({ ...plainLine(seq % 7), seq })),
  fc.constantFrom({ at: nowMs + 9e6 }, { at: 1 }, { at: "x" }, { extra: 1 }).map((change) => ({
    ...plainLine(1),
    ...change,
  })),
  fc.constantFrom("{", "", "   ", "[]", '{"gap":{"first":50,"last":60,"reason":"corrupt"}}'),
);

function plainLine(id: number) {
  return { ...report(), asset: `bus:${id}`, position: { lat: id * 10, lon: 5, accuracyM: 3 } };
}

describe("batch builder", () => {
  it("builds the same batch from bytes as from parsed lines", () => {
    const [one, other] = [createBuilder(), createBuilder()];
    const property = fc.property(fc.array(arbitraryLine, { maxLength: 30 }), (lines) => {
      const body = lines
        .map((line) => (typeof line === "string" ? line : JSON.stringify(line)))
        .join("\n");
      assert.deepEqual(plain(build(one, body, true)), plain(build(other, body, false)));
    });
    fc.assert(property, { numRuns: fuzzRuns(200), seed: 1 });
  });

  it("puts each row in its asset's partition, in the order of the lines", () => {
    const lines = Array.from({ length: 60 }, (_, index) =>
      JSON.stringify({ ...report(), asset: `bus:${index % 12}` }),
    );
    const { batch } = build(createBuilder(), lines.join("\n"), true);
    let rows = 0;
    for (const { partition, bytes, ends, seqs } of batch.slices) {
      const decoded = decodeRows(bytes);
      assert.deepEqual(
        decoded.map((row) => row.seq),
        seqs,
      );
      assert.equal(ends.at(-1), bytes.length);
      assert.deepEqual(
        seqs.toSorted((a, b) => a - b),
        seqs,
      );
      for (const row of decoded) assert.equal(partitionOf(row.asset, 5), partition);
      rows += decoded.length;
    }
    assert.equal(rows, 60);
  });

  it("gives bytes that a later batch does not change", () => {
    const builder = createBuilder();
    const first = build(builder, JSON.stringify(report()), true);
    const before = plain(first);
    build(builder, JSON.stringify({ ...report(), asset: "aircraft:ffffff" }), true);
    assert.deepEqual(plain(first), before);
  });

  it("forgets a batch that was left unfinished", () => {
    const builder = createBuilder();
    builder.begin(head);
    builder.text(JSON.stringify(report()), 1);
    builder.text("{", 2);
    const { reports, notes } = build(builder, "", true);
    assert.deepEqual([reports, notes], [0, []]);
    assert.throws(() => builder.finish(), /finish without begin/);
  });
});
