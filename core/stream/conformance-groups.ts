// The port's groups: checkpoints with their state, lag, and a tail that is only cut behind all.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { batchOf, rowOf, runOf, textsIn, wide } from "./conformance-batches.ts";
import { opened, partitions } from "./conformance-place.ts";
import type { Adapter } from "./conformance-place.ts";
import type { Consumer, Lease } from "./log.ts";

/** The lease of a partition. */
export function leaseOf(consumer: Consumer, partition: number): Lease {
  const lease = consumer.leases().find((held) => held.partition === partition);
  assert.ok(lease !== undefined, `no lease of partition ${partition}`);
  return lease;
}

export function groupTests(adapter: Adapter): void {
  checkpoints(adapter);
  lag(adapter);
  trimming(adapter);
}

function checkpoints(adapter: Adapter): void {
  test("keeps offsets and state together, through a change of owner and a new opening", async () => {
    await using place = await adapter.place();
    const state = randomBytes(1024 * 1024);
    {
      await using log = await place.open({ partitions });
      await log.append(batchOf(runOf(1, 20, 1)));
      await using worker = await log.join("history", "a");
      const lease = leaseOf(worker, 0);
      const fresh = { committed: 0, synced: 0, state: undefined };
      assert.deepEqual(await worker.checkpoint(lease), fresh);
      await worker.commit(lease, { committed: 12, state });
      await worker.commit(lease, { synced: 5 });
      await worker.commit(lease, { committed: 3, synced: 1 });
    }
    await using log = await place.open();
    await using worker = await log.join("history", "b");
    const lease = leaseOf(worker, 0);
    const { state: kept, ...offsets } = await worker.checkpoint(lease);
    assert.deepEqual(offsets, { committed: 12, synced: 5 });
    assert.equal(Buffer.compare(kept ?? new Uint8Array(), state), 0);
    await assert.rejects(worker.commit(lease, { committed: 21 }), /commit: .*offset/);
    await worker.commit(lease, { state: undefined });
    assert.equal((await worker.checkpoint(lease)).state, undefined);
    await assert.rejects(
      worker.commit(lease, { state: new Uint8Array(1024 * 1024 + 1) }),
      /1048577/,
    );
  });

  test("moves several partitions in one transaction", async () => {
    await using at = await opened(adapter);
    await at.log.append(batchOf(runOf(1, 9, partitions)));
    await using worker = await at.log.join("history", "a");
    const changes = [0, 1, 2].map((partition) => ({
      lease: leaseOf(worker, partition),
      change: { committed: partition + 1, state: Uint8Array.of(partition) },
    }));
    await worker.commitAll(changes);
    for (const [index, { lease }] of changes.entries()) {
      const { committed, state } = await worker.checkpoint(lease);
      assert.deepEqual([committed, state?.[0]], [index + 1, index]);
    }
  });
}

function lag(adapter: Adapter): void {
  test("says what is not committed, per partition, and how old the oldest of it is", async () => {
    await using at = await opened(adapter);
    await at.log.ensureGroup("history");
    assert.equal((await at.log.lag("history")).reports, 0);
    assert.equal((await at.log.lag("history")).oldestAgeMs, 0);
    await at.log.append(batchOf(runOf(1, 30, partitions)));
    const sentAt = performance.now();
    await using worker = await at.log.join("history", "worker-1");
    await worker.commit(leaseOf(worker, 0), { committed: 10 });
    await worker.commit(leaseOf(worker, 1), { committed: 4, synced: 2 });
    // Long enough to be seen in an age of whole milliseconds.
    while (performance.now() - sentAt < 20) await at.log.wait(5);
    const lag = await at.log.lag("history");
    assert.equal(lag.reports, 16);
    assert.equal(lag.members, 1);
    assert.ok(lag.oldestAgeMs >= 15 && lag.oldestAgeMs < 60_000, `age ${lag.oldestAgeMs}`);
    assert.deepEqual(lag.perPartition.slice(0, 2), [
      { partition: 0, end: 10, committed: 10, synced: 0, owner: "worker-1" },
      { partition: 1, end: 10, committed: 4, synced: 2, owner: "worker-1" },
    ]);
    assert.equal(lag.perPartition.length, partitions + 1);
    await worker.leave();
    assert.equal((await at.log.lag("history")).members, 0);
    assert.equal((await at.log.lag("history")).perPartition[0]?.owner, undefined);
  });
}

function trimming(adapter: Adapter): void {
  test("cuts whole entries, behind what every known group has synced, and never restarts", async () => {
    await using at = await opened(adapter);
    for (let first = 1; first <= 30; first += 5) {
      await at.log.append(batchOf(runOf(first, first + 4, 1)));
    }
    assert.equal(await at.log.trim(), 0);
    await at.log.ensureGroup("watch");
    await using history = await at.log.join("history", "a");
    assert.deepEqual(await at.log.groups(), ["history", "watch"]);
    await history.commit(leaseOf(history, 0), { committed: 30, synced: 13 });
    assert.equal(await at.log.trim(), 0);
    await using watch = await at.log.join("watch", "a");
    await watch.commit(leaseOf(watch, 0), { committed: 30, synced: 30 });
    assert.equal(await at.log.trim(), 10);
    assert.deepEqual((await at.log.bounds())[0], { start: 10, end: 30 });
    assert.equal((await at.log.read(0, 0, wide))[0]?.offset, 10);
    assert.equal((await at.log.read(0, 13, wide))[0]?.offset, 10);
    await history.commit(leaseOf(history, 0), { synced: 30 });
    assert.equal(await at.log.trim(), 20);
    assert.deepEqual((await at.log.bounds())[0], { start: 30, end: 30 });
    await at.log.append(batchOf([rowOf(0, 31)]));
    assert.equal((await at.log.read(0, 30, wide))[0]?.offset, 30);
    assert.equal((await at.log.append(batchOf(runOf(1, 31, 1)))).duplicates, 31);
    await at.log.ensureGroup("late");
    const late = await at.log.lag("late");
    assert.deepEqual([late.reports, late.perPartition[0]?.committed], [1, 30]);
    assert.deepEqual(await textsIn(at.log, 0), ["0:31"]);
  });
}
