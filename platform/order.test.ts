import assert from "node:assert/strict";
import { test } from "node:test";
import { findCycle, levelsOf } from "./order.ts";

test("levels put each item behind what it waits for and ignore names from outside", () => {
  const items = [
    { name: "edge", after: ["gateway"] },
    { name: "gateway", after: ["api", "ingest"] },
    { name: "api", after: ["store", "remote"] },
    { name: "ingest", after: [] },
    { name: "store", after: [] },
  ];
  const names = levelsOf(items).map((level) => level.map((item) => item.name));
  assert.deepEqual(names, [["ingest", "store"], ["api"], ["gateway"], ["edge"]]);
});

test("a loop is found and named in its order", () => {
  const items = [
    { name: "a", after: ["b"] },
    { name: "b", after: ["c"] },
    { name: "c", after: ["b"] },
  ];
  assert.deepEqual(findCycle(items), ["b", "c", "b"]);
  assert.equal(findCycle(items.slice(0, 1)), undefined);
});
