import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeCount } from "./count.ts";
import type { CountState } from "./count.ts";
import { ruleOf, setOf, t0 } from "./testing.ts";

const [rule] = setOf([
  ruleOf({ type: "count", zone: "z1", above: 2 }, { forMs: 10_000, name: "Crowd" }),
]).counts;
assert.ok(rule);

function judgeAll(seen: readonly (readonly [number, number, number])[]) {
  assert.ok(rule);
  let state: CountState | undefined;
  const told: string[] = [];
  const ids: string[] = [];
  for (const [count, atS, nowS] of seen) {
    const judged = judgeCount(state, rule, {
      count,
      at: t0 + atS * 1_000,
      nowMs: t0 + nowS * 1_000,
    });
    state = judged.state;
    for (const { kind, at, id, explanation } of judged.events) {
      told.push(`${kind} ${(at - t0) / 1_000} ${explanation.text}`);
      ids.push(id);
    }
  }
  return { state, told, ids };
}

test("a count fires once it has held for its time, and is cleared when it falls", () => {
  const { told } = judgeAll([
    [2, 0, 0],
    [3, 5, 5],
    [4, 8, 8],
    [4, 8, 14],
    [4, 8, 15],
    [4, 8, 20],
    [2, 30, 31],
  ]);
  assert.deepEqual(told, [
    "rule-fired 15 Crowd: 4 in the zone, more than 2, for 10 s",
    "rule-cleared 30 Crowd: 2 in the zone, not more than 2",
  ]);
});

test("the same numbers judged again give the same events", () => {
  const seen = [
    [5, 0, 0],
    [5, 0, 60],
    [1, 70, 71],
  ] as const;
  assert.deepEqual(judgeAll(seen).ids, judgeAll(seen).ids);
});

test("numbers that come late do not move what was judged into the past", () => {
  const { told } = judgeAll([
    [5, 100, 100],
    [1, 50, 101],
  ]);
  assert.deepEqual(told, []);
});
