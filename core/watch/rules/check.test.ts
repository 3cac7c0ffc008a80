import assert from "node:assert/strict";
import { test } from "node:test";
import type { Condition } from "../../model/rule.ts";
import { compileRules } from "./rule-set.ts";
import { ruleOf } from "./testing.ts";

const zones = new Set(["z1"]);

const faultsOf = (condition: Condition) =>
  compileRules([ruleOf(condition)], { zones }).faults.map(({ path }) => path);

const table: [string, Condition, string[]][] = [
  ["a threshold needs a side", { type: "threshold", metric: "temp" }, ["rules.r1.condition"]],
  [
    "a threshold takes one side alone",
    { type: "threshold", metric: "temp", above: 1, below: 0 },
    ["rules.r1.condition"],
  ],
  [
    "clearAt lies on the good side of above",
    { type: "threshold", metric: "temp", above: 40, clearAt: 41 },
    ["rules.r1.condition.clearAt"],
  ],
  [
    "clearAt lies on the good side of below",
    { type: "threshold", metric: "temp", below: 4, clearAt: 3 },
    ["rules.r1.condition.clearAt"],
  ],
  ["a rate needs a limit", { type: "rate", metric: "temp", overMs: 1_000 }, ["rules.r1.condition"]],
  [
    "a rate that always holds is refused",
    { type: "rate", metric: "temp", overMs: 1_000, abovePerSecond: -1, belowPerSecond: 1 },
    ["rules.r1.condition.abovePerSecond"],
  ],
  ["silence needs a length", { type: "silence" }, ["rules.r1.condition"]],
  ["an attribute needs a text", { type: "attribute", name: "squawk" }, ["rules.r1.condition"]],
  ["a zone must exist", { type: "in-zone", zone: "z9" }, ["rules.r1.condition.zone"]],
  [
    "a count stands alone, and its zone must exist",
    { type: "any", of: [{ type: "count", zone: "z9", above: 1 }] },
    ["rules.r1.condition.of.0", "rules.r1.condition.of.0.zone"],
  ],
  [
    "all faults of a tree are told at once",
    { type: "all", of: [{ type: "silence" }, { type: "any", of: [{ type: "silence" }] }] },
    ["rules.r1.condition.of.0", "rules.r1.condition.of.1.of.0"],
  ],
];

for (const [fact, condition, paths] of table) {
  test(fact, () => {
    assert.deepEqual(faultsOf(condition), paths);
  });
}

test("groups lie at most three deep", () => {
  const leaf: Condition = { type: "in-zone", zone: "z1" };
  const deep = (depth: number): Condition =>
    depth === 0 ? leaf : { type: "all", of: [deep(depth - 1)] };
  assert.deepEqual(faultsOf(deep(3)), []);
  assert.deepEqual(faultsOf(deep(4)), ["rules.r1.condition.of.0.of.0.of.0"]);
});

test("more single conditions than can be judged are refused", () => {
  const leaf: Condition = { type: "in-zone", zone: "z1" };
  const part: Condition = { type: "any", of: Array.from({ length: 16 }, () => leaf) };
  assert.deepEqual(faultsOf({ type: "all", of: [part, part] }), ["rules.r1.condition"]);
});

test("rules with faults, and those that are off, are left out; the others are judged", () => {
  const good = ruleOf({ type: "in-zone", zone: "z1" }, { id: "good" });
  const off = ruleOf({ type: "silence" }, { id: "off", isEnabled: false });
  const count = ruleOf({ type: "count", zone: "z1", above: 3 }, { id: "count" });
  const { set, faults } = compileRules([good, off, count, ruleOf({ type: "silence" })], { zones });
  assert.deepEqual(
    set.rules.map(({ rule }) => rule.id),
    ["good"],
  );
  assert.deepEqual(
    set.counts.map(({ rule }) => rule.id),
    ["count"],
  );
  assert.equal(faults.length, 1);
});
