import assert from "node:assert/strict";
import { test } from "node:test";
import { findBest, fitOf } from "./find.ts";

test("every word must be there, in any order", () => {
  assert.ok(fitOf("dark light", "Dark or light") > 0);
  assert.ok(fitOf("light dark", "Dark or light") > 0);
  assert.equal(fitOf("dark blue", "Dark or light"), 0);
  assert.ok(fitOf("", "anything") > 0);
});

test("beginnings come before middles, short before long", () => {
  const items = ["Replay the last hours", "Display", "Play or pause the replay", "Play"];
  assert.deepEqual(findBest("play", items, { textOf: (one) => one, limit: 3 }), [
    "Play",
    "Play or pause the replay",
    "Display",
  ]);
});

test("what fits alike keeps its order, and no more than the limit comes", () => {
  const items = ["b1", "a1", "c1"];
  assert.deepEqual(findBest("", items, { textOf: (one) => one, limit: 2 }), ["b1", "a1"]);
});
