import assert from "node:assert/strict";
import { test } from "node:test";
import { gapBatch, splitBatch } from "./batch.ts";
import { batchOf } from "./testing.ts";

const textOf = (body: Uint8Array) => new TextDecoder().decode(body);

test("halves hold the lines of the whole, in order, with the numbers that they stand for", () => {
  const whole = batchOf([5, 6, -7, 8, 9]);
  const [head, tail] = splitBatch(whole) ?? [];
  assert.ok(head !== undefined && tail !== undefined);
  assert.equal(textOf(head.body) + textOf(tail.body), textOf(whole.body));
  assert.deepEqual([head.first, head.last, tail.first, tail.last], [5, 6, 7, 9]);
  assert.deepEqual([head.reports, tail.reports], [2, 2]);
  assert.equal(tail.ends.at(-1), tail.body.length);
});

test("a single line cannot be halved, and can be given up", () => {
  const single = batchOf([5]);
  assert.equal(splitBatch(single), undefined);
  const gap = gapBatch(single, "refused");
  assert.equal(textOf(gap.body), '{"gap":{"first":5,"last":5,"reason":"refused"}}\n');
  assert.deepEqual([gap.first, gap.last, gap.reports], [5, 5, 0]);
});
