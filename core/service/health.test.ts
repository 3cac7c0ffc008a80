import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "./clock.ts";
import { createHealth } from "./health.ts";

test("a process is live at once and ready only when it says so", async () => {
  const health = createHealth({ clock: createFakeClock() });
  assert.equal((await health.liveness()).status, "pass");
  assert.equal((await health.readiness()).status, "fail");
  health.setReady(true, "serving");
  assert.deepEqual(await health.readiness(), {
    status: "pass",
    checks: [{ name: "process", kind: "ready", isOk: true, detail: "serving" }],
  });
});

test("a failing, throwing or late check fails its kind alone, with its detail", async () => {
  const clock = createFakeClock();
  const health = createHealth({ clock });
  health.setReady(true, "serving");
  health.addCheck({
    name: "store",
    kind: "ready",
    check: () => Promise.reject(new Error("refused")),
  });
  health.addCheck({
    name: "stream",
    kind: "ready",
    timeoutMs: 50,
    check: () => new Promise(() => {}),
  });
  const asking = health.readiness();
  await clock.advance(50);
  const report = await asking;
  assert.equal(report.status, "fail");
  assert.deepEqual(
    report.checks.map((check) => `${check.name}: ${check.detail}`),
    ["process: serving", "store: refused", "stream: no answer within 50 ms"],
  );
  assert.equal((await health.liveness()).status, "pass");
});

test("probing often runs the checks once per 200 ms", async () => {
  const clock = createFakeClock();
  const health = createHealth({ clock });
  let runs = 0;
  const check = () => ({ isOk: ++runs > 0 });
  health.addCheck({ name: "disk", kind: "live", check });
  await Promise.all([health.liveness(), health.liveness(), health.liveness()]);
  assert.equal(runs, 1);
  await clock.advance(200);
  await health.liveness();
  assert.equal(runs, 2);
});

test("a failing note is told to people and keeps nobody from sending work", async () => {
  const health = createHealth({ clock: createFakeClock() });
  health.setReady(true, "serving");
  health.addCheck({
    name: "history",
    kind: "note",
    check: () => ({ isOk: false, detail: "away" }),
  });
  assert.equal((await health.readiness()).status, "pass");
  assert.equal((await health.liveness()).status, "pass");
  const { status, checks } = await health.everything();
  assert.equal(status, "fail");
  assert.deepEqual(checks.at(-1), { name: "history", kind: "note", isOk: false, detail: "away" });
});
