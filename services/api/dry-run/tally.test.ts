import assert from "node:assert/strict";
import { test } from "node:test";
import type { WatchEvent } from "@drover/core/model/event";
import { createTally, createVisits } from "./tally.ts";

const day = 86_400_000;
const start = Date.UTC(2026, 5, 1);
const event = (index: number, more: Partial<WatchEvent> = {}): WatchEvent => ({
  id: String(index).padStart(32, "0"),
  kind: "rule-fired",
  at: start + index,
  asset: "ship:1",
  retro: false,
  explanation: { text: "" },
  ...more,
});

test("events are summed by asset and day, with the first and the last, in whatever order", () => {
  const tally = createTally();
  const order = [7, 2, 9, 0, 4, 11, 1, 3, 10, 5, 8, 6];
  for (const index of order) {
    const asset = index % 4 === 0 ? "ship:2" : "ship:1";
    tally.add(event(index, { at: start + index * (day / 6), asset }));
  }
  tally.add(event(99, { asset: undefined, at: start + 5 * day }));
  const { first, last, ...sums } = tally.sums();
  assert.deepEqual(sums, {
    count: 13,
    assetsConcerned: 2,
    perAsset: [
      { asset: "ship:1", count: 9 },
      { asset: "ship:2", count: 3 },
    ],
    perDay: [
      { day: "2026-06-01", count: 6 },
      { day: "2026-06-02", count: 6 },
      { day: "2026-06-06", count: 1 },
    ],
  });
  const numbers = (events: readonly WatchEvent[]) => events.map(({ id }) => Number(id));
  assert.deepEqual(numbers(first), [0, 1, 2, 3, 4]);
  assert.deepEqual(numbers(last), [8, 9, 10, 11, 99]);
});

test("visits are measured from entry to exit; who is still inside is counted apart", () => {
  const visits = createVisits();
  const of = (asset: string, kind: WatchEvent["kind"], at: number) =>
    visits.add(event(at, { asset, kind }));
  of("ship:1", "left", 5);
  of("ship:1", "entered", 10);
  of("ship:1", "dwelt", 20);
  of("ship:1", "left", 40);
  of("ship:1", "entered", 50);
  of("ship:2", "entered", 10);
  of("ship:2", "left", 20);
  of("ship:3", "crossed", 20);
  assert.deepEqual(visits.sums(), { completed: 2, stillInside: 1, meanMs: 20, longestMs: 30 });
  assert.deepEqual(createVisits().sums(), { completed: 0, stillInside: 0 });
});
