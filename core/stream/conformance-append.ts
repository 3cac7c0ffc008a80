// The port's append and read, its bounds, and several openers at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { batchOf, rowOf, runOf, textsIn, textsOf, wide } from "./conformance-batches.ts";
import { opened, partitions } from "./conformance-place.ts";
import type { Adapter } from "./conformance-place.ts";
import { EpochForgottenError, StreamFullError, TooManyGapsError } from "./log.ts";

export function appendTests(adapter: Adapter): void {
  orderAndOffsets(adapter);
  limitsAndBytes(adapter);
  bounds(adapter);
  concurrency(adapter);
}

function orderAndOffsets(adapter: Adapter): void {
  test("keeps the order of a partition and counts reports in its offsets", async () => {
    await using at = await opened(adapter);
    for (let first = 1; first <= 10; first++) {
      const rows = [rowOf(0, first * 2 - 1), rowOf(0, first * 2)];
      const result = await at.log.append(batchOf(rows));
      assert.deepEqual(result, { accepted: 2, quarantined: 0, duplicates: 0, through: first * 2 });
    }
    const entries = await at.log.read(0, 0, wide);
    assert.deepEqual(
      textsOf(entries),
      Array.from({ length: 20 }, (_, index) => `0:${index + 1}`),
    );
    let next = 0;
    for (const { offset, count } of entries) {
      assert.equal(offset, next);
      next += count;
    }
    assert.deepEqual((await at.log.bounds())[0], { start: 0, end: 20 });
  });

  test("gives an entry whole for an offset inside it, and nothing at the end", async () => {
    await using at = await opened(adapter);
    await at.log.append(batchOf(runOf(1, 5, 1)));
    await at.log.append(batchOf(runOf(6, 8, 1)));
    const inside = await at.log.read(0, 3, wide);
    assert.deepEqual(
      inside.map(({ offset, count }) => ({ offset, count })),
      [
        { offset: 0, count: 5 },
        { offset: 5, count: 3 },
      ],
    );
    assert.equal((await at.log.read(0, 5, wide))[0]?.offset, 5);
    assert.deepEqual(await at.log.read(0, 8, wide), []);
    assert.deepEqual(await at.log.read(1, 0, wide), []);
  });
}

function limitsAndBytes(adapter: Adapter): void {
  test("stops a read before its limits but always gives one entry", async () => {
    await using at = await opened(adapter);
    for (let seq = 1; seq <= 40; seq++)
      await at.log.append(batchOf([rowOf(0, seq, "x".repeat(99))]));
    assert.equal((await at.log.read(0, 0, { maxBytes: 1, maxCount: 1 })).length, 1);
    assert.equal((await at.log.read(0, 0, { maxBytes: 1e9, maxCount: 7 })).length, 7);
    assert.equal((await at.log.read(0, 0, { maxBytes: 1_050, maxCount: 1_000 })).length, 10);
    assert.equal((await at.log.read(0, 30, { maxBytes: 1e9, maxCount: 1_000 })).length, 10);
  });

  test("carries lane, kind, time and the exact bytes", async () => {
    await using at = await opened(adapter);
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const identity = { kind: "seq", edge: "edge-1", epoch: 7 } as const;
    const slice = { partition: 2, kind: "rows", bytes, ends: [256], seqs: [1] } as const;
    const before = Date.now();
    await at.log.append({ identity, lane: "backfill", slices: [slice] });
    await at.log.append(batchOf([rowOf(partitions, 2)], { identity, quarantine: partitions }));
    const [entry] = await at.log.read(2, 0, wide);
    assert.deepEqual(
      { ...entry, bytes: Buffer.from(entry?.bytes ?? []), appendedAt: 0 },
      {
        partition: 2,
        offset: 0,
        count: 1,
        kind: "rows",
        lane: "backfill",
        appendedAt: 0,
        bytes: Buffer.from(bytes),
      },
    );
    assert.ok((entry?.appendedAt ?? 0) >= before && (entry?.appendedAt ?? 0) <= Date.now());
    const [aside] = await at.log.read(at.log.quarantinePartition, 0, wide);
    assert.deepEqual([aside?.kind, aside?.lane, aside?.count], ["quarantine", "live", 1]);
  });

  test("carries a slice of 6 MiB", async () => {
    await using at = await opened(adapter);
    const bytes = new Uint8Array(6 * 1024 * 1024).fill(7);
    const slice = { partition: 0, kind: "rows", bytes, ends: [bytes.length], seqs: [1] } as const;
    const identity = { kind: "seq", edge: "edge-1", epoch: 1 } as const;
    await at.log.append({ identity, lane: "live", slices: [slice] });
    const [entry] = await at.log.read(0, 0, { maxBytes: 1, maxCount: 1 });
    assert.equal(Buffer.compare(entry?.bytes ?? new Uint8Array(), bytes), 0);
  });
}

function bounds(adapter: Adapter): void {
  test("refuses a batch that leaves too many holes, alone, and says what to send", async () => {
    await using at = await opened(adapter, { gapsMax: 8 });
    const sparse = Array.from({ length: 9 }, (_, index) => rowOf(0, 10 + index * 2));
    const [refused, taken] = await Promise.allSettled([
      at.log.append(batchOf(sparse)),
      at.log.append(batchOf([rowOf(0, 1), rowOf(0, 2), rowOf(0, 5)])),
    ]);
    assert.ok(refused.status === "rejected" && refused.reason instanceof TooManyGapsError);
    assert.equal(taken.status, "fulfilled");
    assert.deepEqual(await textsIn(at.log, 0), ["0:1", "0:2", "0:5"]);
    await assert.rejects(at.log.append(batchOf(sparse)), (error: unknown) => {
      assert.ok(error instanceof TooManyGapsError);
      assert.deepEqual(error.missing, { first: 3, last: 4 });
      return true;
    });
    assert.equal((await at.log.append(batchOf(runOf(3, 30, 1)))).through, 30);
    assert.equal((await at.log.append(batchOf(sparse))).duplicates, 9);
  });

  test("forgets the oldest epochs of an edge and then refuses them", async () => {
    await using at = await opened(adapter, { epochsMax: 3 });
    const send = (epoch: number) =>
      at.log.append(batchOf([rowOf(0, 1)], { identity: { kind: "seq", edge: "edge-1", epoch } }));
    for (const epoch of [1, 2, 3, 4]) assert.equal((await send(epoch)).accepted, 1);
    await assert.rejects(send(1), (error: unknown) => {
      assert.ok(error instanceof EpochForgottenError);
      assert.equal(error.oldest, 2);
      return true;
    });
    assert.equal((await send(2)).duplicates, 1);
    assert.equal((await send(3)).duplicates, 1);
  });

  test("refuses what does not fit and takes more once the tail was trimmed", async () => {
    await using at = await opened(adapter, { sizeBytesMax: 1024 * 1024 });
    await using worker = await at.log.join("history", "worker");
    const text = "x".repeat(65_536);
    const fill = async () => {
      for (let seq = 1; ; seq++) await at.log.append(batchOf([rowOf(0, seq, text)]));
    };
    await assert.rejects(fill(), (error: unknown) => {
      assert.ok(error instanceof StreamFullError);
      assert.match(error.message, /1048576 bytes/);
      assert.ok(error.retryAfterMs > 0);
      return true;
    });
    assert.ok((await at.log.sizeBytes()) > 400_000);
    const end = (await at.log.bounds())[0]?.end ?? 0;
    assert.equal((await textsIn(at.log, 0)).length, end);
    const [lease] = worker.leases();
    assert.ok(lease !== undefined);
    await worker.commit(lease, { committed: end, synced: end });
    assert.equal(await at.log.trim(), end);
    assert.equal((await at.log.append(batchOf([rowOf(0, end + 1)]))).through, end + 1);
  });
}

function concurrency(adapter: Adapter): void {
  test("several openers append at once: every row once, order per partition and sender", async () => {
    await using at = await opened(adapter);
    await using other = await at.place.open();
    const logs = [at.log, other];
    const total = 120;
    const sending = logs.flatMap((log) =>
      ["edge-1", "edge-2"].map(async (edge) => {
        let accepted = 0;
        for (let first = 1; first <= total; first += 10) {
          const rows = runOf(first, first + 9, partitions).map((row) =>
            rowOf(row.partition, row.seq, `${edge}:${row.seq}`),
          );
          const identity = { kind: "seq", edge, epoch: 1 } as const;
          accepted += (await log.append(batchOf(rows, { identity }))).accepted;
        }
        return accepted;
      }),
    );
    const accepted = await Promise.all(sending);
    assert.equal(
      accepted.reduce((sum, count) => sum + count, 0),
      2 * total,
    );
    for (let partition = 0; partition < partitions; partition++) {
      const texts = await textsIn(other, partition);
      for (const edge of ["edge-1", "edge-2"]) {
        const seqs = texts
          .filter((text) => text.startsWith(edge))
          .map((text) => Number(text.slice(7)));
        assert.deepEqual(
          seqs,
          seqs.toSorted((left, right) => left - right),
        );
        assert.equal(seqs.length, total / partitions);
      }
    }
    assert.equal((await other.totals()).accepted, 2 * total);
  });

  test("wait wakes for an append of another opener, and ends at its time or signal", async () => {
    await using at = await opened(adapter);
    await using other = await at.place.open();
    await at.log.wait(5_000);
    await at.log.wait(10);
    const startedAt = performance.now();
    const woken = at.log.wait(10_000);
    await other.append(batchOf([rowOf(0, 1)]));
    await woken;
    assert.ok(performance.now() - startedAt < 5_000);
    await other.append(batchOf([rowOf(0, 2)]));
    await at.log.wait(10_000);
    assert.ok(performance.now() - startedAt < 5_000);
    await at.log.wait(10);
    const stop = new AbortController();
    const stopped = at.log.wait(10_000, stop.signal);
    stop.abort(new Error("stopping"));
    await assert.rejects(stopped, /stopping/);
  });
}
