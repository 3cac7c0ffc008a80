import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@drover/core/service/clock";
import type { Report } from "@drover/core/model/report";
import { createHandover } from "./handover.ts";
import { createRepeatFilter } from "./repeat-filter.ts";
import { createTally } from "./tally.ts";

const report = (at: number): Report => ({
  asset: "aircraft:a",
  kind: "aircraft",
  at,
  position: { lat: 1, lon: 2 },
  source: "test",
});

test("what the outbox refused goes first the next time, though the feed repeats it", async () => {
  const tally = createTally({ name: "t", kind: "test" }, { clock: systemClock });
  const handover = createHandover(createRepeatFilter(), tally);
  const taken: number[] = [];
  const take = async (batch: readonly Report[]) => void taken.push(...batch.map(({ at }) => at));
  const refuse = async () => Promise.reject(new Error("outbox: full"));
  await handover.give([report(1)], take);
  await assert.rejects(handover.give([report(1), report(2)], refuse), /outbox: full/);
  await handover.give([report(2), report(3)], take);
  await handover.give([], take);
  assert.deepEqual(taken, [1, 2, 3]);
  assert.equal(tally.status().emitted, 3);
  assert.equal(tally.status().repeated, 2);
});
