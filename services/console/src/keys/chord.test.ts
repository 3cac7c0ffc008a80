import assert from "node:assert/strict";
import { test } from "node:test";
import { chordOf, chordParts } from "./chord.ts";

const press = (key: string, held: Partial<Parameters<typeof chordOf>[0]> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

const table = [
  ["a letter is itself", press("w"), "w"],
  ["a letter with Shift says so", press("C", { shiftKey: true }), "shift+c"],
  ["a sign is what it says, however it is typed", press("?", { shiftKey: true }), "?"],
  ["⌘ is Ctrl", press("k", { metaKey: true }), "ctrl+k"],
  ["the space bar has a name", press(" "), "space"],
  ["Shift alone is nothing", press("Shift", { shiftKey: true }), undefined],
  ["Alt belongs to the browser", press("f", { altKey: true }), undefined],
  ["Tab belongs to the browser", press("Tab"), undefined],
] as const;
for (const [fact, given, chord] of table) {
  test(fact, () => assert.equal(chordOf(given), chord));
}

test("chords are printed as on keys", () => {
  assert.deepEqual(chordParts("ctrl+k"), ["Ctrl", "K"]);
  assert.deepEqual(chordParts("arrowup"), ["↑"]);
  assert.deepEqual(chordParts("+"), ["+"]);
  assert.deepEqual(chordParts("escape"), ["Esc"]);
});
