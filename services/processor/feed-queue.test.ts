import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "@drover/core/stream/log";
import { createFeedQueue } from "./feed-queue.ts";

const entry = (partition: number, offset: number, count: number, text: string): Entry => ({
  partition,
  offset,
  count,
  kind: "rows",
  lane: "live",
  appendedAt: 0,
  bytes: Buffer.from(text),
});
const textOf = (chunks: readonly Uint8Array[]): string => Buffer.concat([...chunks]).toString();

test("what leaves is ordered by partition and offset, whatever order it came in", () => {
  const queue = createFeedQueue();
  queue.add([entry(2, 0, 1, "c"), entry(0, 5, 2, "a")], 100);
  queue.add([entry(2, 1, 3, "d"), entry(0, 7, 1, "b")], 200);
  assert.deepEqual([queue.rows(), queue.sizeBytes(), queue.oldestMs()], [7, 4, 100]);
  const batch = queue.take({ rowsMax: 100, bytesMax: 100 });
  assert.deepEqual(batch?.manifest.ranges, [
    [0, 5, 8],
    [2, 0, 4],
  ]);
  assert.equal(textOf(batch?.chunks ?? []), "abcd");
  assert.deepEqual([queue.rows(), queue.sizeBytes(), queue.oldestMs()], [0, 0, undefined]);
  assert.equal(queue.take({ rowsMax: 100, bytesMax: 100 }), undefined);
});

test("a block holds no more than its limits, and at least one entry", () => {
  const queue = createFeedQueue();
  queue.add([entry(0, 0, 5, "aaaaa"), entry(0, 5, 5, "bbbbb"), entry(1, 0, 1, "c")], 0);
  const first = queue.take({ rowsMax: 3, bytesMax: 100 });
  assert.deepEqual(first?.manifest.ranges, [[0, 0, 5]]);
  const second = queue.take({ rowsMax: 100, bytesMax: 6 });
  assert.deepEqual(second?.manifest.ranges, [
    [0, 5, 10],
    [1, 0, 1],
  ]);
});

test("a partition that is gone takes its rows with it", () => {
  const queue = createFeedQueue();
  queue.add([entry(0, 0, 5, "aaaaa"), entry(1, 0, 1, "c")], 0);
  queue.keepOnly((partition) => partition === 1);
  assert.deepEqual([queue.rows(), queue.sizeBytes()], [1, 1]);
  queue.drop(1);
  assert.deepEqual([queue.rows(), queue.oldestMs()], [0, undefined]);
});

test("entries leave in order and once, however they come; none leaves from behind a hole", () => {
  const queue = createFeedQueue();
  queue.add([entry(0, 20, 5, "c"), entry(0, 40, 5, "e")], 0);
  queue.add([entry(0, 10, 10, "b"), entry(0, 20, 5, "c"), entry(0, 0, 10, "a")], 0);
  assert.equal(queue.rows(), 30);
  const limits = { rowsMax: 100, bytesMax: 100 };
  const first = queue.take(limits);
  assert.deepEqual(first?.manifest.ranges, [[0, 0, 25]]);
  assert.equal(textOf(first?.chunks ?? []), "abc");
  assert.deepEqual(queue.take(limits)?.manifest.ranges, [[0, 40, 45]]);
});
