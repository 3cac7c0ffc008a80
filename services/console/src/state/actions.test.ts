import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alert } from "@drover/core/model/alert";
import { alertsMax, putAlert } from "./actions.ts";
import { store } from "./store.ts";

const alertOf = (number: number, state: Alert["state"]): Alert => ({
  id: number.toString(16).padStart(32, "0"),
  cause: `rule:speed:bus:${number}`,
  title: "Too fast",
  severity: "warning",
  state,
  raisedAt: number,
  lastEventAt: number,
  lastEvent: "0",
  count: 1,
  isFlapping: false,
  explanation: { text: "faster than 20 m/s" },
});

test("of the alerts beyond the bound those that stand are kept", () => {
  for (let number = 0; number < alertsMax + 100; number++) {
    putAlert(alertOf(number, number % 300 === 0 ? "raised" : "cleared"));
  }
  const { alerts } = store.getState();
  assert.ok(alerts.length <= alertsMax + 1, String(alerts.length));
  assert.deepEqual(
    alerts.filter(({ state }) => state === "raised").map(({ raisedAt }) => raisedAt),
    [300, 0],
  );
  assert.equal(alerts[0]?.raisedAt, alertsMax + 99);
});
