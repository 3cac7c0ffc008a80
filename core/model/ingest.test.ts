import assert from "node:assert/strict";
import { it } from "node:test";
import { Gap, IngestAnswer, Lane, Producer, QuarantineNote, Seq } from "./ingest.ts";

it("counts sequence numbers and epochs from one, within what each may hold", () => {
  assert(Seq.safeParse(1).success && Seq.safeParse(Number.MAX_SAFE_INTEGER).success);
  for (const seq of [0, -1, 1.5, 2 ** 53]) assert(!Seq.safeParse(seq).success, `${seq}`);
  assert(Producer.safeParse({ edge: "e", epoch: 0xffff_ffff }).success);
  assert(!Producer.safeParse({ edge: "e", epoch: 2 ** 32 }).success);
  assert(!Producer.safeParse({ edge: "e", epoch: 0 }).success);
});

it("takes a gap of one number and no gap that ends before it begins", () => {
  assert(Gap.safeParse({ first: 4, last: 4, reason: "corrupt" }).success);
  assert(!Gap.safeParse({ first: 4, last: 3, reason: "corrupt" }).success);
});

it("knows two lanes", () => {
  assert.deepEqual(Lane.options, ["live", "backfill"]);
});

it("describes the answer with and without an edge", () => {
  const note = { line: 3, reason: "bad-json", detail: "line: not JSON" };
  assert(QuarantineNote.safeParse(note).success);
  assert(!QuarantineNote.safeParse({ ...note, reason: "because" }).success);
  const answer = { accepted: 2, duplicates: 0, quarantined: [note] };
  assert(IngestAnswer.safeParse(answer).success);
  assert(IngestAnswer.safeParse({ ...answer, through: 3, dryRun: true }).success);
  assert(!IngestAnswer.safeParse({ ...answer, dryRun: false }).success);
});
