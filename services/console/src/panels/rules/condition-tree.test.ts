import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Condition } from "@drover/core/model/rule";
import {
  addAt,
  depthOf,
  isGroup,
  mayWrap,
  newLeaf,
  partAt,
  removeAt,
  replaceAt,
  turnAt,
  wrapAt,
} from "./condition-tree.ts";

const low = newLeaf("threshold", "");
const silent = newLeaf("silence", "");
const squawk = newLeaf("attribute", "");
const tree: Condition = { type: "all", of: [low, { type: "any", of: [silent, squawk] }] };

test("a part is found, replaced, added and taken out by its path", () => {
  assert.deepEqual(partAt(tree, [1, 0]), silent);
  assert.equal(partAt(tree, [0, 0]), undefined);
  assert.equal(partAt(tree, [7]), undefined);
  assert.deepEqual(partAt(replaceAt(tree, [1, 0], low), [1, 0]), low);
  assert.deepEqual(replaceAt(tree, [9], low), tree);
  assert.deepEqual(partAt(addAt(tree, [1], low), [1, 2]), low);
  assert.deepEqual(addAt(tree, [0], low), tree);
});

test("a group that is left with one part becomes that part", () => {
  assert.deepEqual(removeAt(tree, [1, 1]), { type: "all", of: [low, silent] });
  assert.deepEqual(removeAt(removeAt(tree, [1, 1]), [0]), silent);
  assert.deepEqual(removeAt(low, []), low);
});

test("a group is put around a part, and turned", () => {
  const wrapped = wrapAt(low, [], { type: "any", beside: silent });
  assert.deepEqual(wrapped, { type: "any", of: [low, silent] });
  assert.equal(turnAt(wrapped, []).type, "all");
  assert.deepEqual(turnAt(wrapped, [0]), wrapped);
});

test("groups lie no deeper than a rule may have them, and a count stands alone", () => {
  assert.equal(depthOf(tree), 2);
  assert.equal(mayWrap(tree, [1, 0]), true);
  const deep = wrapAt(tree, [1, 0], { type: "all", beside: low });
  assert.equal(depthOf(deep), 3);
  assert.equal(mayWrap(deep, [1, 0, 0]), false);
  assert.equal(mayWrap(newLeaf("count", "z"), []), false);
});

test("a group takes no more parts than a rule may have", () => {
  let full: Condition = tree;
  for (let i = 0; i < 20; i++) full = addAt(full, [], low);
  assert.ok(isGroup(full) && full.of.length === 16);
});

test("whatever is done to it, the tree stays a condition", () => {
  const paths = fc.array(fc.nat(3), { maxLength: 3 });
  const steps = fc.array(
    fc.record({ what: fc.constantFrom("add", "remove", "wrap", "turn", "replace"), path: paths }),
    { maxLength: 25 },
  );
  fc.assert(
    fc.property(steps, (list) => {
      let root: Condition = low;
      for (const { what, path } of list) {
        if (what === "add") root = addAt(root, path, silent);
        if (what === "remove") root = removeAt(root, path);
        if (what === "turn") root = turnAt(root, path);
        if (what === "replace") root = replaceAt(root, path, squawk);
        if (what === "wrap" && mayWrap(root, path)) {
          root = wrapAt(root, path, { type: "any", beside: low });
        }
      }
      assert.ok(Condition.safeParse(root).success);
      assert.ok(depthOf(root) <= 3);
    }),
    { seed: 7, numRuns: 200 },
  );
});

test("every new leaf is one that the schema takes", () => {
  for (const type of ["threshold", "rate", "silence", "attribute", "in-zone", "count"] as const) {
    assert.ok(Condition.safeParse(newLeaf(type, "home")).success, type);
  }
});
