import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ageText,
  durationText,
  inputInstantText,
  instantText,
  parseDuration,
  parseInputInstant,
  shortInstantText,
} from "./duration.ts";

test("an age is told in one unit, and a second ahead is now", () => {
  const table = [
    [0, "now"],
    [999, "now"],
    [-1_500, "now"],
    [1_000, "1 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [3_599_999, "59 min"],
    [3_600_000, "1 h"],
    [86_400_000 * 3, "3 d"],
    [-60_000, "in 1 min"],
    [Number.NaN, "–"],
  ] as const;
  for (const [ageMs, text] of table) assert.equal(ageText(ageMs), text);
});

test("a duration is told in its two largest units", () => {
  const table = [
    [0, "0 s"],
    [250, "250 ms"],
    [45_000, "45 s"],
    [80_000, "1 min 20 s"],
    [3_600_000, "1 h"],
    [3_601_000, "1 h"],
    [4_800_000, "1 h 20 min"],
    [90_000_000, "1 d 1 h"],
    [-45_000, "−45 s"],
  ] as const;
  for (const [ms, text] of table) assert.equal(durationText(ms), text);
});

test("what a person types as a duration is understood or refused", () => {
  const table = [
    ["90", 90_000],
    ["90 s", 90_000],
    ["1.5h", 5_400_000],
    ["1 h 20 min", 4_800_000],
    ["2 d", 172_800_000],
    ["250 ms", 250],
    ["", undefined],
    ["soon", undefined],
    ["5 min later", undefined],
    ["-5 s", undefined],
  ] as const;
  for (const [text, ms] of table) assert.equal(parseDuration(text), ms, text);
});

test("every whole second of a day can be typed as it is told", () => {
  for (const ms of [1_000, 61_000, 3_660_000, 86_400_000]) {
    assert.equal(parseDuration(durationText(ms)), ms);
  }
});

test("an instant says its zone, and its date only when it is long ago", () => {
  const at = Date.UTC(2026, 6, 1, 9, 30, 5);
  assert.equal(instantText(at, "utc"), "2026-07-01 09:30:05 UTC");
  assert.equal(shortInstantText(at, "utc", at + 60_000), "09:30:05");
  assert.equal(shortInstantText(at, "utc", at + 86_400_000 * 2), "07-01 09:30");
  assert.equal(instantText(Number.NaN, "utc"), "–");
});

test("an input's text and its instant are the same in both clocks", () => {
  const at = Date.UTC(2026, 6, 1, 9, 30, 5);
  for (const clock of ["utc", "local"] as const) {
    assert.equal(parseInputInstant(inputInstantText(at, clock), clock), at);
  }
  assert.equal(parseInputInstant("2026-07-01T09:30", "utc"), at - 5_000);
  assert.equal(parseInputInstant("", "utc"), undefined);
});
