// The port's deduplication: every row once, whatever is sent again, in whatever order and overlap.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  array,
  assert as assertProperty,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  record,
  tuple,
  uniqueArray,
} from "fast-check";
import { allTexts, batchOf, ModelLog, rowOf, runOf, textsIn } from "./conformance-batches.ts";
import { opened, partitions } from "./conformance-place.ts";
import type { Adapter } from "./conformance-place.ts";

const key = { kind: "key" } as const;

export function deduplicationTests(adapter: Adapter): void {
  deduplication(adapter);
  manySenders(adapter);
  memory(adapter);
  againstTheModel(adapter);
}

function deduplication(adapter: Adapter): void {
  test("keeps only what is new of a batch that was partly here", async () => {
    await using at = await opened(adapter);
    await at.log.append(batchOf(runOf(1, 10, partitions)));
    const again = await at.log.append(batchOf(runOf(6, 15, partitions)));
    assert.deepEqual(again, { accepted: 5, quarantined: 0, duplicates: 5, through: 15 });
    const once = await at.log.append(batchOf(runOf(1, 15, partitions)));
    assert.deepEqual(once, { accepted: 0, quarantined: 0, duplicates: 15, through: 15 });
    const texts = await allTexts(at.log);
    assert.equal(texts.length, 15);
    assert.equal(new Set(texts).size, 15);
  });

  test("counts a row once that is twice in a batch or in two batches of one commit", async () => {
    await using at = await opened(adapter);
    const twice = batchOf([rowOf(0, 1), rowOf(0, 1), rowOf(1, 1), rowOf(0, 2)]);
    const results = await Promise.all([twice, twice, twice].map((batch) => at.log.append(batch)));
    assert.equal(
      results.reduce((sum, { accepted }) => sum + accepted, 0),
      2,
    );
    assert.equal(
      results.reduce((sum, { duplicates }) => sum + duplicates, 0),
      10,
    );
    assert.deepEqual(await textsIn(at.log, 0), ["0:1", "0:2"]);
    assert.deepEqual(await at.log.totals(), { accepted: 2, duplicates: 10, quarantined: 0 });
  });

  test("tells edges and epochs apart", async () => {
    await using at = await opened(adapter);
    for (const edge of ["edge-1", "edge-2"]) {
      for (const epoch of [1, 2]) {
        const identity = { kind: "seq", edge, epoch } as const;
        const result = await at.log.append(batchOf(runOf(1, 4, 1), { identity }));
        assert.equal(result.accepted, 4);
      }
    }
    const producers = await at.log.producers(10);
    assert.equal(producers.length, 4);
    assert.ok(producers.every(({ through, gaps }) => through === 4 && gaps === 0));
    assert.equal((await at.log.producers(3)).length, 3);
  });

  test("moves through past gaps that the sender gave up", async () => {
    await using at = await opened(adapter);
    assert.equal((await at.log.append(batchOf([rowOf(0, 5)]))).through, 0);
    assert.equal((await at.log.producers(1))[0]?.gaps, 1);
    const filled = await at.log.append(batchOf([rowOf(0, 1)], { gaps: [{ first: 2, last: 4 }] }));
    assert.deepEqual(filled, { accepted: 1, quarantined: 0, duplicates: 0, through: 5 });
    const late = await at.log.append(batchOf([rowOf(0, 3), rowOf(0, 6)]));
    assert.deepEqual(late, { accepted: 1, quarantined: 0, duplicates: 1, through: 6 });
    const alone = await at.log.append(batchOf([], { gaps: [{ first: 7, last: 9 }] }));
    assert.deepEqual(alone, { accepted: 0, quarantined: 0, duplicates: 0, through: 9 });
    const overlapping = await at.log.append(
      batchOf([rowOf(0, 20)], { gaps: [{ first: 4, last: 19 }] }),
    );
    assert.deepEqual(overlapping, { accepted: 1, quarantined: 0, duplicates: 0, through: 20 });
  });
}

function manySenders(adapter: Adapter): void {
  test("knows each of more senders than it keeps at hand, all in one commit", async () => {
    await using at = await opened(adapter);
    const numbers = Array.from({ length: 1_100 }, (_, index) => index);
    const send = (seq: number) =>
      numbers.map((number) => {
        const identity = { kind: "seq", edge: `edge-${number}`, epoch: 1 } as const;
        return at.log.append(batchOf([rowOf(0, seq)], { identity }));
      });
    // The second of each comes when all of them have been seen, in the same commit.
    await Promise.all([...send(1), ...send(2)]);
    const again = await Promise.all([...send(1), ...send(2)]);
    assert.equal(again.filter(({ duplicates }) => duplicates === 1).length, 2_200);
    assert.ok(again.every(({ through }) => through === 2));
    assert.equal((await at.log.totals()).accepted, 2_200);
  });
}

function memory(adapter: Adapter): void {
  test("numbers beyond 2^32 are told apart", async () => {
    await using at = await opened(adapter);
    const first = 2 ** 45;
    await at.log.append(batchOf([], { gaps: [{ first: 1, last: first - 1 }] }));
    const rows = [rowOf(0, first), rowOf(0, first + 1), rowOf(0, first + 3)];
    assert.equal((await at.log.append(batchOf(rows))).through, first + 1);
    assert.equal((await at.log.append(batchOf(rows))).duplicates, 3);
  });

  test("remembers exact keys of senders without an edge until they are forgotten", async () => {
    await using at = await opened(adapter);
    const rows = [rowOf(0, 1_000, "a"), rowOf(1, 2_000, "b"), rowOf(0, 3_000, "c")];
    const first = await at.log.append(batchOf(rows, { identity: key }));
    assert.deepEqual(first, { accepted: 3, quarantined: 0, duplicates: 0, through: 0 });
    const more = [...rows, rowOf(2, 4_000, "d"), rowOf(2, 4_000, "d")];
    const second = await at.log.append(batchOf(more, { identity: key }));
    assert.deepEqual(second, { accepted: 1, quarantined: 0, duplicates: 4, through: 0 });
    await at.log.forgetKeysBefore(2_000);
    const third = await at.log.append(batchOf(rows, { identity: key }));
    assert.deepEqual([third.accepted, third.duplicates], [1, 2]);
  });

  test("remembers after it was closed and opened again", async () => {
    await using place = await adapter.place();
    const half = runOf(1, 10, partitions).filter(({ seq }) => seq % 2 === 0);
    {
      await using log = await place.open({ partitions });
      await log.append(batchOf(half));
      await log.append(batchOf([rowOf(0, 1_000, "a")], { identity: key }));
    }
    await using log = await place.open();
    assert.equal(log.partitions, partitions);
    const result = await log.append(batchOf(runOf(1, 10, partitions)));
    assert.deepEqual(result, { accepted: 5, quarantined: 0, duplicates: 5, through: 10 });
    const keyed = await log.append(batchOf([rowOf(0, 1_000, "a")], { identity: key }));
    assert.equal(keyed.duplicates, 1);
    assert.deepEqual(await log.totals(), { accepted: 11, duplicates: 6, quarantined: 0 });
    assert.equal((await allTexts(log)).length, 11);
  });
}

function againstTheModel(adapter: Adapter): void {
  const seqs = uniqueArray(integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 });
  const batch = record({
    edge: constantFrom("edge-1", "edge-2", undefined),
    epoch: integer({ min: 1, max: 2 }),
    // Repetitions inside a batch come from the second list.
    seqs: tuple(seqs, array(integer({ min: 1, max: 40 }), { maxLength: 3 })),
    isAside: boolean(),
  });
  const groups = array(array(batch, { minLength: 1, maxLength: 4 }), { maxLength: 6 });

  test("any batches in any order and overlap give what a plain model gives", async () => {
    const check = asyncProperty(groups, async (groups) => {
      await using at = await opened(adapter);
      const model = new ModelLog(partitions);
      for (const group of groups) {
        const calls = group.map(({ edge, epoch, seqs, isAside }) => {
          const sender = edge === undefined ? undefined : { edge, epoch };
          const identity = sender === undefined ? key : ({ kind: "seq", ...sender } as const);
          const rows = seqs.flat().map((seq) => {
            const partition = isAside && seq % 5 === 0 ? partitions : seq % partitions;
            return rowOf(partition, seq, `${edge}/${epoch}/${seq}`);
          });
          return { rows, sender, batch: batchOf(rows, { identity, quarantine: partitions }) };
        });
        const results = await Promise.all(calls.map(({ batch }) => at.log.append(batch)));
        const expected = calls.map(({ rows, sender }) => model.append(rows, sender));
        for (const [index, result] of results.entries()) {
          const { through, ...counts } = result;
          const { through: least, ...expectedCounts } = expected[index] ?? { through: -1 };
          assert.deepEqual(counts, expectedCounts);
          // A call is told at least its own; what shares the commit may have moved it on.
          assert.ok(through >= least);
        }
      }
      for (const [partition, texts] of model.partitions.entries()) {
        assert.deepEqual(await textsIn(at.log, partition), texts);
      }
    });
    await assertProperty(check, { numRuns: 12, seed: 4 });
  });
}
