import assert from "node:assert/strict";
import { test } from "node:test";
import type { WatchEvent } from "@drover/core/model/event";
import { Rule } from "@drover/core/model/rule";
import { openRecords } from "@drover/core/records/open";
import { createWatchCounts } from "@drover/core/records/watch-counts";
import { createFakeClock } from "@drover/core/service/clock";
import { compileRules } from "@drover/core/watch/rules/rule-set";
import { createZoneSet } from "@drover/core/watch/zones/zone-set";
import { createCountJudge } from "./count-judge.ts";
import type { Definitions } from "./definitions.ts";

const nowMs = 1_800_000_000_000;
const { signal } = new AbortController();
const known = { zones: new Set(["z1"]) };

function definitionsOf(forMs: number): Definitions {
  const rule = Rule.parse({
    id: "crowd",
    name: "Crowd",
    condition: { type: "count", zone: "z1", above: 2 },
    forMs,
    severity: "warning",
    version: 1,
    updatedAt: nowMs,
  });
  const { set: ruleSet } = compileRules([rule], known);
  const zoneSet = createZoneSet([]);
  return { revision: 1, zones: new Map(), rules: new Map([["crowd", rule]]), zoneSet, ruleSet };
}

async function setUp() {
  const clock = createFakeClock({ nowMs });
  const records = await openRecords({ url: "sqlite::memory:" }, { clock });
  const counts = createWatchCounts({ records });
  const told: WatchEvent[] = [];
  const judge = () =>
    createCountJudge({
      counts,
      clock,
      graceMs: 0,
      reactions: {
        act: ({ events }) => {
          told.push(...events);
          return Promise.resolve(true);
        },
      },
    });
  const put = (partition: number, inside: number, agoMs: number) =>
    counts.put({ partition, token: 1 }, [
      { rule: "crowd", inside, changedAt: clock.now() - agoMs },
    ]);
  return { clock, records, counts, told, judge, put };
}

test("the sum over partitions is judged, and told once", async () => {
  const { records, told, judge, put } = await setUp();
  await using _ = records;
  const one = judge();
  const lease = { partition: 0, token: 1 };
  const definitions = definitionsOf(0);
  await put(0, 2, 500);
  await one.judge(lease, definitions, signal);
  assert.deepEqual(told, []);
  await put(1, 1, 400);
  for (let look = 0; look < 3; look++) await one.judge(lease, definitions, signal);
  assert.deepEqual(
    told.map(({ kind, at, asset, zone }) => [kind, at, asset, zone]),
    [["rule-fired", nowMs - 400, undefined, "z1"]],
  );
  await put(0, 0, 100);
  await one.judge(lease, definitions, signal);
  assert.deepEqual(told.map(({ kind, at }) => [kind, at]).slice(1), [
    ["rule-cleared", nowMs - 100],
  ]);
});

test("a judge that takes over tells again what may not have been recorded, with the same id", async () => {
  const { clock, records, told, judge, put } = await setUp();
  await using _ = records;
  const definitions = definitionsOf(10_000);
  await put(0, 5, 0);
  await judge().judge({ partition: 0, token: 1 }, definitions, signal);
  clock.jump(10_000);
  const first = judge();
  await first.judge({ partition: 0, token: 2 }, definitions, signal);
  // More assets come before the next judge takes over: it is still the same firing.
  await put(1, 3, 0);
  const second = judge();
  await second.judge({ partition: 0, token: 3 }, definitions, signal);
  assert.equal(told.length, 2);
  assert.equal(told[0]?.id, told[1]?.id);
  // The one that was paused sees fewer, and changes nothing.
  await put(0, 0, 0);
  await put(1, 0, 0);
  await first.judge({ partition: 0, token: 2 }, definitions, signal);
  assert.equal(told.length, 2);
  await second.judge({ partition: 0, token: 3 }, definitions, signal);
  assert.deepEqual(told.map(({ kind }) => kind).slice(2), ["rule-cleared"]);
});

test("a judge that does not know a rule yet leaves alone what others count for it", async () => {
  const { records, counts, judge, put } = await setUp();
  await using _ = records;
  const behind = { ...definitionsOf(0), revision: 5, ruleSet: compileRules([], known).set };
  await put(0, 5, 0);
  const one = judge();
  await one.judge({ partition: 0, token: 1 }, behind, signal);
  assert.equal((await counts.sums()).get("crowd")?.count, 5);
  // Known and then gone, it is forgotten.
  await one.judge({ partition: 0, token: 1 }, { ...definitionsOf(0), revision: 6 }, signal);
  assert.equal((await counts.verdicts()).size, 1);
  await counts.put({ partition: 0, token: 1 }, [{ rule: "newer", inside: 1, changedAt: nowMs }]);
  await one.judge({ partition: 0, token: 1 }, { ...behind, revision: 7 }, signal);
  assert.deepEqual([...(await counts.sums()).keys()], ["newer"]);
  assert.equal((await counts.verdicts()).size, 0);
});
