import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rule } from "@drover/core/model/rule";
import { ruleFormOf, ruleOf } from "./rule-form.ts";

const rule: Rule = {
  id: "low-battery",
  name: "Low battery",
  applies: { kinds: ["station"], assets: ["station:a-1"] },
  condition: {
    type: "all",
    of: [
      { type: "threshold", metric: "batteryV", below: 11.8, clearAt: 12.2 },
      { type: "in-zone", zone: "home" },
    ],
  },
  forMs: 60_000,
  keepFiringMs: 0,
  severity: "warning",
  escalations: [{ afterMs: 3_600_000, severity: "critical" }],
  isEnabled: true,
  version: 2,
  updatedAt: 1,
};
const zones = new Set(["home"]);

test("a rule that goes through its form comes out as it was", () => {
  const result = ruleOf(ruleFormOf(rule), zones);
  const { id: _id, version: _version, updatedAt: _at, ...input } = rule;
  assert.deepEqual(result, { kind: "rule", input });
});

test("what cannot work is told by its path, all of it", () => {
  const form = {
    ...ruleFormOf(rule),
    name: "",
    assets: "No Id",
    condition: {
      type: "all" as const,
      of: [
        { type: "threshold" as const, metric: "batteryV", below: 11.8, clearAt: 11 },
        { type: "in-zone" as const, zone: "gone" },
      ],
    },
  };
  const result = ruleOf(form, zones);
  assert.ok(result.kind === "mistakes");
  assert.equal(result.mistakes["name"], "Give it a name");
  assert.match(result.mistakes["applies.assets.0"] ?? "", /kind:id/);
  assert.match(result.mistakes["condition.of.0.clearAt"] ?? "", /less than below/);
  assert.match(result.mistakes["condition.of.1.zone"] ?? "", /no zone gone/);
});
