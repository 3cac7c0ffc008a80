// The port's leases: one owner a partition, fair shares, and no write by somebody who lost one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../service/clock.ts";
import type { Clock } from "../service/clock.ts";
import { batchOf, rowOf, runOf } from "./conformance-batches.ts";
import { leaseOf } from "./conformance-groups.ts";
import { opened, partitions } from "./conformance-place.ts";
import type { Adapter } from "./conformance-place.ts";
import { FencedError } from "./log.ts";
import type { Consumer, StreamLog } from "./log.ts";

const quick = { leaseMs: 250, heartbeatMs: 60 } as const;

/** A process that can be stopped in its tracks: once paused, nothing that sleeps wakes. */
function createPausableClock(): { clock: Clock; pause: () => void } {
  let isPaused = false;
  const never = new Promise<void>(() => {});
  const clock: Clock = {
    ...systemClock,
    async sleep(ms, signal) {
      await systemClock.sleep(ms, signal);
      if (isPaused) await never;
    },
  };
  return {
    clock,
    pause: () => {
      isPaused = true;
    },
  };
}

/** Resolves when the members hold so many leases each, and no partition twice. */
async function settled(members: readonly Consumer[], shares: readonly number[]): Promise<void> {
  const isSettled = () => {
    const held = members.map((member) => member.leases());
    const all = held.flat().map(({ partition }) => partition);
    return (
      held.every(({ length }, index) => length === shares[index]) &&
      new Set(all).size === all.length
    );
  };
  if (isSettled()) return;
  await new Promise<void>((resolve) => {
    for (const member of members) {
      member.onChange(() => {
        if (isSettled()) resolve();
      });
    }
  });
}

const joinAll = (log: StreamLog, names: readonly string[]): Promise<Consumer[]> =>
  Promise.all(names.map((name) => log.join("history", name)));

export function leaseTests(adapter: Adapter): void {
  rebalancing(adapter);
  fencing(adapter);
}

function rebalancing(adapter: Adapter): void {
  test("shares partitions fairly while members join and leave", async () => {
    await using at = await opened(adapter, { partitions: 6, ...quick });
    await using other = await at.place.open(quick);
    const [a, b] = [await at.log.join("history", "a"), await other.join("history", "b")];
    await settled([a, b], [4, 3]);
    const [c] = await joinAll(at.log, ["c"]);
    assert.ok(c !== undefined);
    await settled([a, b, c], [3, 2, 2]);
    await a.leave();
    assert.deepEqual(a.leases(), []);
    await settled([b, c], [4, 3]);
    await b.leave();
    await settled([c], [7]);
    await c.leave();
  });

  test("keeps groups apart", async () => {
    await using at = await opened(adapter, quick);
    await using history = await at.log.join("history", "a");
    await using watch = await at.log.join("watch", "a");
    assert.equal(history.leases().length, partitions + 1);
    assert.equal(watch.leases().length, partitions + 1);
  });

  test("hands the partitions of a crashed member over once its lease has run out", async () => {
    await using at = await opened(adapter, quick);
    const { clock, pause } = createPausableClock();
    await using dying = await at.place.open(quick, clock);
    const [a, b] = [await dying.join("history", "a"), await at.log.join("history", "b")];
    await settled([a, b], [2, 2]);
    const lost = a.leases();
    pause();
    await settled([b], [4]);
    for (const { partition, token } of lost) assert.ok(leaseOf(b, partition).token > token);
  });
}

function fencing(adapter: Adapter): void {
  test("a paused owner that wakes can neither commit nor keep what it lost", async () => {
    await using at = await opened(adapter, quick);
    await at.log.append(batchOf(runOf(1, 20, partitions)));
    const { clock, pause } = createPausableClock();
    await using sleepy = await at.place.open(quick, clock);
    const a = await sleepy.join("history", "a");
    const mine = leaseOf(a, 0);
    await a.commit(mine, { committed: 1, state: Uint8Array.of(1) });
    pause();
    await using b = await at.log.join("history", "b");
    await settled([b], [4]);
    await b.commit(leaseOf(b, 0), { committed: 2, state: Uint8Array.of(2) });
    await assert.rejects(a.commit(mine, { committed: 5, state: Uint8Array.of(5) }), (error) => {
      assert.ok(error instanceof FencedError);
      assert.equal(error.partition, 0);
      return true;
    });
    assert.ok(!a.leases().includes(mine));
    const { committed, state } = await b.checkpoint(leaseOf(b, 0));
    assert.deepEqual([committed, state?.[0]], [2, 2]);
  });

  test("writes nothing of several partitions when one of them was lost", async () => {
    await using at = await opened(adapter, quick);
    await at.log.append(batchOf([rowOf(0, 1), rowOf(1, 2), rowOf(2, 3)]));
    const a = await at.log.join("history", "a");
    const before = a.leases();
    await using b = await at.log.join("history", "b");
    await settled([a, b], [2, 2]);
    const changes = before.map((lease) => ({
      lease,
      change: { committed: lease.partition < partitions ? 1 : 0 },
    }));
    await assert.rejects(a.commitAll(changes), FencedError);
    assert.equal((await at.log.lag("history")).reports, 3);
    await a.leave();
  });

  test("a second life of a name takes over at once and fences the first", async () => {
    await using at = await opened(adapter, quick);
    await at.log.append(batchOf([rowOf(1, 1)]));
    const first = await at.log.join("history", "a");
    const lease = leaseOf(first, 1);
    await using second = await at.log.join("history", "a");
    assert.equal(second.leases().length, partitions + 1);
    await assert.rejects(first.commit(lease, { committed: 1 }), FencedError);
    await second.commit(leaseOf(second, 1), { committed: 0 });
    await first.leave();
    assert.equal((await at.log.lag("history")).members, 1);
  });

  test("a member that left cannot commit", async () => {
    await using at = await opened(adapter, quick);
    const member = await at.log.join("history", "a");
    const lease = leaseOf(member, 0);
    await member.leave();
    await assert.rejects(member.commit(lease, { committed: 0 }), FencedError);
    assert.equal((await at.log.lag("history")).members, 0);
  });
}
