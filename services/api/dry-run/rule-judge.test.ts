import assert from "node:assert/strict";
import { test } from "node:test";
import type { WatchEvent } from "@drover/core/model/event";
import type { StampedReport } from "@drover/core/model/report";
import { type Rule, RuleInput } from "@drover/core/model/rule";
import { reportOf } from "../live/testing.ts";
import { createRuleJudge } from "./rule-judge.ts";

const start = Date.UTC(2026, 5, 1);
const minute = 60_000;
const to = start + 60 * minute;

const ruleOf = (input: object): Rule => ({
  ...RuleInput.parse({ name: "A", severity: "warning", ...input }),
  id: "dry-run",
  version: 1,
  updatedAt: 0,
});
const hot = { type: "threshold", metric: "temperatureC", above: 45, clearAt: 42 };
const station = (asset: string, at: number, temperatureC: number): StampedReport =>
  reportOf({ asset, kind: "station", at, measurements: { temperatureC } });

function judge(rule: Rule, reports: readonly StampedReport[], isLastWhole = true) {
  const found: WatchEvent[] = [];
  const judging = createRuleJudge({ rule, zones: [], to }, (event) => found.push(event));
  for (const report of reports) judging.take(report);
  judging.finish(isLastWhole);
  return found.map(({ asset, kind, at }) => [asset, kind, (at - start) / minute]);
}

test("a threshold fires once a crossing, for each asset by itself", () => {
  const heat = [40, 46, 44, 47, 41, 40, 50];
  const reports = ["station:a", "station:b"].flatMap((asset) =>
    heat.map((value, index) => station(asset, start + index * minute, value)),
  );
  const expected = (asset: string) => [
    [asset, "rule-fired", 1],
    [asset, "rule-cleared", 4],
    [asset, "rule-fired", 6],
  ];
  assert.deepEqual(judge(ruleOf({ condition: hot }), reports), [
    ...expected("station:a"),
    ...expected("station:b"),
  ]);
});

test("what holds at the end fires when its time is over within the range", () => {
  const reports = [station("station:a", start, 50)];
  const rule = ruleOf({ condition: hot, forMs: 10 * minute });
  assert.deepEqual(judge(rule, reports), [["station:a", "rule-fired", 10]]);
  const longer = ruleOf({ condition: hot, forMs: 90 * minute });
  assert.deepEqual(judge(longer, reports), []);
});

test("silence is found between reports and up to the end, not where an asset was cut off", () => {
  const reports = [0, 1, 30].map((at) => station("station:a", start + at * minute, 20));
  const rule = ruleOf({ condition: { type: "silence", afterMs: 5 * minute } });
  const between = [
    ["station:a", "rule-fired", 6],
    ["station:a", "rule-cleared", 30],
  ];
  assert.deepEqual(judge(rule, reports), [...between, ["station:a", "rule-fired", 35]]);
  assert.deepEqual(judge(rule, reports, false), between);
});

test("a rule that is off is tried like any other", () => {
  const rule = ruleOf({ condition: hot, isEnabled: false });
  assert.equal(judge(rule, [station("station:a", start, 50)]).length, 1);
});
