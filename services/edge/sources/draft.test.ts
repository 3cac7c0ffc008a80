import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@drover/core/service/clock";
import { Report } from "@drover/core/model/report";
import fc from "fast-check";
import { fuzzRuns } from "@drover/core/model/fuzz";
import { cleanText, finishDraft } from "./draft.ts";
import { createTally, refusalReasonsMax } from "./tally.ts";

const tally = () => createTally({ name: "t", kind: "test" }, { clock: systemClock });

test("whatever a parser hands in, a report satisfies the schema or is not made", () => {
  const number = fc.option(fc.double(), { nil: undefined });
  const name = fc.oneof(fc.string(), fc.constantFrom("callsign", "a.b", "x".repeat(65)));
  const draft = fc.record({
    kind: fc.constantFrom("aircraft", "station"),
    id: fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("7c6b2d", "~7c6b2d")),
    at: fc.option(fc.oneof(fc.double(), fc.integer({ min: 0, max: 2 ** 42 })), { nil: undefined }),
    lat: number,
    lon: number,
    altitudeM: number,
    accuracyM: number,
    onGround: fc.option(fc.boolean(), { nil: undefined }),
    speedMps: number,
    headingDeg: number,
    climbMps: number,
    measurements: fc.dictionary(name, number, { maxKeys: 80 }),
    attributes: fc.dictionary(
      name,
      fc.option(fc.string({ maxLength: 400, unit: "binary" }), { nil: undefined }),
    ),
    source: fc.constant("test"),
  });
  let made = 0;
  fc.assert(
    fc.property(draft, (given) => {
      const report = finishDraft(given, tally());
      if (report === undefined) return;
      made += 1;
      Report.parse(report);
    }),
    { seed: 5, numRuns: fuzzRuns(300) },
  );
  assert(made > 30, `${made} reports were made`);
});

test("a draft without content, time or name is counted by its reason", () => {
  const counts = tally();
  const good = { kind: "aircraft", id: "7c6b2d", at: 1_700_000_000_000, source: "test" };
  finishDraft(good, counts);
  finishDraft({ ...good, at: undefined, speedMps: 1 }, counts);
  finishDraft({ ...good, at: 2 ** 53, speedMps: 1 }, counts);
  finishDraft({ ...good, at: 1_000, speedMps: 1 }, counts);
  finishDraft({ ...good, id: "", speedMps: 1 }, counts);
  assert.deepEqual(counts.status().refused, {
    empty: 1,
    "bad-time": 2,
    "clock-not-set": 1,
    "bad-id": 1,
  });
});

test("the reasons of refusal are bounded", () => {
  const counts = tally();
  for (let i = 0; i < 1_000; i++) counts.refused(`reason-${i}`);
  const { refused } = counts.status();
  assert.equal(Object.keys(refused).length, refusalReasonsMax);
  assert.equal(
    Object.values(refused).reduce((sum, count) => sum + count),
    1_000,
  );
});

test("padding, control characters and half surrogates are not text", () => {
  assert.equal(cleanText("QFA12  @@"), "QFA12");
  assert.equal(cleanText(" a\u0000b\u202Ec "), "abc");
  assert.equal(cleanText("@@@@@@@@"), undefined);
  assert.equal(cleanText("\uD800"), undefined);
});
