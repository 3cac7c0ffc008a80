import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alert } from "@drover/core/model/alert";
import { alertsShown } from "./alert-list.ts";

const alert = (id: string, part: Partial<Alert> = {}): Alert => ({
  id: id.padEnd(32, "0"),
  cause: `rule:low:${id}`,
  title: id,
  severity: "warning",
  state: "raised",
  raisedAt: 100,
  lastEventAt: 100,
  lastEvent: "e",
  count: 1,
  isFlapping: false,
  explanation: { text: "" },
  ...part,
});
const titles = (alerts: readonly Alert[]) => alerts.map(({ title }) => title);

test("what stands is sorted by what needs somebody first", () => {
  const listed = [
    alert("old"),
    alert("acknowledged", { state: "acknowledged", severity: "critical" }),
    alert("new", { raisedAt: 200 }),
    alert("worst", { severity: "critical" }),
    alert("over", { state: "cleared", clearedAt: 150 }),
  ];
  const shown = alertsShown(listed, [], { choice: "standing", severities: [] });
  assert.deepEqual(titles(shown), ["worst", "new", "old", "acknowledged"]);
  const raised = alertsShown(listed, [], { choice: "raised", severities: ["critical"] });
  assert.deepEqual(titles(raised), ["worst"]);
});

test("what the feed told since stands in for what was listed, and adds to it", () => {
  const listed = [alert("a"), alert("b")];
  const live = [
    alert("a", { state: "cleared", clearedAt: 300, clearedBy: "condition" }),
    alert("c"),
  ];
  assert.deepEqual(
    titles(alertsShown(listed, live, { choice: "standing", severities: [] })).toSorted(),
    ["b", "c"],
  );
  assert.deepEqual(titles(alertsShown(listed, live, { choice: "cleared", severities: [] })), ["a"]);
});

test("an older word of the feed does not undo what the server listed", () => {
  const listed = [alert("a", { state: "acknowledged", acknowledgedAt: 400 })];
  const [shown] = alertsShown(listed, [alert("a")], { choice: "standing", severities: [] });
  assert.equal(shown?.state, "acknowledged");
});
