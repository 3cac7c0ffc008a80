import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "../service/clock.ts";
import { openRecords } from "./open.ts";
import { createWatchCounts } from "./watch-counts.ts";

async function open() {
  const records = await openRecords({ url: "sqlite::memory:" }, { clock: createFakeClock() });
  return { records, counts: createWatchCounts({ records }) };
}

test("numbers of all partitions are summed, as of the newest change", async () => {
  const { records, counts } = await open();
  await using _ = records;
  await counts.put({ partition: 0, token: 1 }, [{ rule: "a", inside: 2, changedAt: 100 }]);
  await counts.put({ partition: 1, token: 1 }, [
    { rule: "a", inside: 3, changedAt: 50 },
    { rule: "b", inside: 1, changedAt: 60 },
  ]);
  await counts.put({ partition: 1, token: 1 }, [{ rule: "a", inside: 4, changedAt: 70 }]);
  assert.deepEqual(
    await counts.sums(),
    new Map([
      ["a", { count: 6, changedAt: 100 }],
      ["b", { count: 1, changedAt: 60 }],
    ]),
  );
  await counts.forget([]);
  await counts.forget(["a"]);
  assert.deepEqual([...(await counts.sums()).keys()], ["b"]);
});

test("an owner whose lease was lost changes neither numbers nor verdicts", async () => {
  const { records, counts } = await open();
  await using _ = records;
  await counts.put({ partition: 0, token: 2 }, [{ rule: "a", inside: 5, changedAt: 100 }]);
  await counts.put({ partition: 0, token: 1 }, [{ rule: "a", inside: 1, changedAt: 900 }]);
  assert.deepEqual((await counts.sums()).get("a"), { count: 5, changedAt: 100 });
  const state = { version: 1, at: 100, count: 5, since: 100, firedSince: 100 };
  assert.equal(await counts.decide(2, "a", { state, events: [] }), true);
  assert.equal(await counts.decide(1, "a", { state: { ...state, count: 1 }, events: [] }), false);
  assert.deepEqual(await counts.verdicts(), new Map([["a", { state, events: [] }]]));
});
