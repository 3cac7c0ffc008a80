import assert from "node:assert/strict";
import { test } from "node:test";
import { LimitError, createBoundedQueue, createSemaphore } from "./limits.ts";

test("a semaphore blocks beyond its permits and rejects beyond its waiters", async () => {
  const semaphore = createSemaphore({ name: "queries", permits: 1, waitersMax: 1 });
  const first = await semaphore.acquire();
  const second = semaphore.acquire();
  await assert.rejects(semaphore.acquire(), LimitError);
  assert.equal(semaphore.tryAcquire(), undefined);
  first.release();
  first.release();
  const held = await second;
  assert.equal(semaphore.inUse(), 1);
  held.release();
  assert.equal(semaphore.inUse(), 0);
});

test("a waiter that gives up leaves the line", async () => {
  const semaphore = createSemaphore({ name: "queries", permits: 1, waitersMax: 5 });
  const first = await semaphore.acquire();
  const ending = new AbortController();
  const waiting = semaphore.acquire(ending.signal);
  ending.abort(new Error("left"));
  await assert.rejects(waiting, /left/);
  assert.equal(semaphore.waiting(), 0);
  first.release();
  using again = await semaphore.acquire();
  assert.ok(again);
});

test("a blocking queue holds its producer until there is room and keeps the order", async () => {
  const queue = createBoundedQueue<number>({ name: "q", itemsMax: 2, whenFull: "block" });
  const pushed: number[] = [];
  const producing = (async () => {
    for (let item = 0; item < 5; item += 1) {
      await queue.push(item);
      pushed.push(item);
    }
    queue.close();
  })();
  await Promise.resolve();
  assert.ok(queue.size() <= 2);
  const taken: number[] = [];
  for (let item = await queue.take(); item !== undefined; item = await queue.take()) {
    taken.push(item);
    assert.ok(queue.size() <= 2);
  }
  await producing;
  assert.deepEqual(taken, [0, 1, 2, 3, 4]);
});

test("a rejecting queue says its limit", async () => {
  const queue = createBoundedQueue<string>({ name: "inserts", itemsMax: 1, whenFull: "reject" });
  await queue.push("a");
  await assert.rejects(queue.push("b"), { name: "LimitError", message: "inserts is full (1)" });
});

test("a queue that drops its oldest keeps the newest and counts", async () => {
  const queue = createBoundedQueue<number>({ name: "q", itemsMax: 2, whenFull: "drop-oldest" });
  for (const item of [1, 2, 3, 4]) await queue.push(item);
  assert.equal(queue.dropped(), 2);
  assert.deepEqual(queue.takeMany(10), [3, 4]);
});

test("a closed queue refuses producers and lets consumers end", async () => {
  const queue = createBoundedQueue<number>({ name: "q", itemsMax: 1, whenFull: "block" });
  await queue.push(1);
  const blocked = queue.push(2);
  queue.close();
  await assert.rejects(blocked, /closed/);
  assert.equal(await queue.take(), 1);
  assert.equal(await queue.take(), undefined);
});
