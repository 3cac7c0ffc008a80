import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { AlertChange, RaiseChange } from "./change.ts";
import { calm } from "./flapping.ts";
import { acknowledge, advance, dueAt, end, tend } from "./lifecycle.ts";
import type { CauseState } from "./record.ts";
import { clearAt, raiseAt, t0, theCause } from "./testing.ts";

const fresh: CauseState = { cause: theCause, clearedAt: 0, flap: calm };
const idOf = (change: RaiseChange) => change.event.id;
const minute = 60_000;

function run(changes: readonly AlertChange[], nowMs = t0) {
  let cause = fresh;
  const alerts = new Map<string, ReturnType<typeof advance>["record"]>();
  for (const change of changes) {
    const advanced = advance(cause, change, nowMs, idOf);
    cause = advanced.cause;
    if (advanced.record) alerts.set(advanced.record.alert.id, advanced.record);
  }
  return { cause, alerts: [...alerts.values()].flatMap((record) => record?.alert ?? []) };
}

describe("an alert", () => {
  it("counts what happens again while it stands", () => {
    const { alerts } = run([raiseAt(t0), raiseAt(t0 + 1_000), raiseAt(t0 + 2_000)]);
    assert.equal(alerts.length, 1);
    assert.equal(alerts[0]?.count, 3);
    assert.equal(alerts[0]?.raisedAt, t0);
    assert.equal(alerts[0]?.lastEventAt, t0 + 2_000);
  });

  it("ends as its newest change says, whatever the order in which changes arrive", () => {
    const changes = fc.array(
      fc.record({ isRaise: fc.boolean(), at: fc.integer({ min: 1, max: 50 }) }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(changes, fc.infiniteStream(fc.nat()), (list, keys) => {
        const unique = [...new Map(list.map((one) => [one.at, one])).values()];
        const made = unique.map(({ isRaise, at }) =>
          isRaise ? raiseAt(t0 + at * minute) : clearAt(t0 + at * minute),
        );
        const shuffled = made
          .map((change) => ({ change, key: keys.next().value }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ change }) => change);
        const { cause, alerts } = run(shuffled);
        const newest = unique.toSorted((a, b) => b.at - a.at)[0];
        const stands = cause.newest !== undefined && cause.newest.alert.state !== "cleared";
        assert.equal(stands, newest?.isRaise ?? false);
        const raises = unique.filter(({ isRaise }) => isRaise).length;
        const counted = alerts.reduce((sum, { count }) => sum + count, 0);
        assert.equal(counted, raises, "each raise counts once");
        assert(alerts.filter(({ state }) => state !== "cleared").length <= 1);
      }),
    );
  });

  it("is cleared by its end although somebody acknowledged it, and the other way round", () => {
    const { cause } = run([raiseAt(t0)]);
    assert(cause.newest);
    const taken = acknowledge(cause.newest, { by: "jo", note: "on it" }, t0 + 1);
    assert.equal(taken.alert.acknowledgedNote, "on it");
    const ended = advance({ ...cause, newest: taken }, clearAt(t0 + 2), t0 + 2, idOf);
    assert.equal(ended.record?.alert.state, "cleared");
    assert.equal(ended.record.alert.acknowledgedBy, "jo");
    const late = acknowledge(ended.record, { by: "mo" }, t0 + 3);
    assert.equal(late, ended.record, "what is over is not acknowledged");
  });

  it("that a person cleared stays over for what had happened by then", () => {
    const { cause } = run([raiseAt(t0 + minute)]);
    const ended = end(cause, { clearedAt: t0 + minute, clearedBy: "operator", clearedWho: "jo" });
    const late = advance(ended.cause, raiseAt(t0), t0 + minute, idOf);
    assert.equal(late.cause.newest?.alert.state, "cleared");
    const next = advance(late.cause, raiseAt(t0 + 2 * minute), t0 + 2 * minute, idOf);
    assert.equal(next.record?.alert.state, "raised");
    assert.notEqual(next.record.alert.id, ended.record?.alert.id);
  });

  it("lists what was over before it was heard of, and does not stand for it", () => {
    const { cause, alerts } = run([clearAt(t0 + minute), raiseAt(t0)]);
    assert.equal(alerts[0]?.state, "cleared");
    assert.equal(alerts[0]?.clearedAt, t0 + minute);
    assert.equal(cause.newest?.isTellable, false);
  });

  it("gets worse while nobody acknowledges it, and less bad where a later step says so", () => {
    const escalations = [
      { afterMs: 5 * minute, severity: "critical" as const },
      { afterMs: 60 * minute, severity: "warning" as const },
    ];
    const { cause } = run([raiseAt(t0, { severity: "info", escalations })]);
    assert.equal(dueAt(cause, t0), t0 + 5 * minute);
    assert.equal(tend(cause, t0 + 5 * minute - 1).record, undefined);
    const worse = tend(cause, t0 + 5 * minute);
    assert.equal(worse.record?.alert.severity, "critical");
    assert.equal(dueAt(worse.cause, t0 + 5 * minute), t0 + 60 * minute);
    assert.equal(tend(worse.cause, t0 + 60 * minute).record?.alert.severity, "warning");
    const taken = acknowledge(worse.record, { by: "jo" }, t0 + 6 * minute);
    assert.equal(taken.alert.severity, "info", "somebody has it: as bad as it is in itself");
  });

  it("follows its rule when that says that it is worse, or less bad", () => {
    const { alerts } = run([raiseAt(t0), raiseAt(t0 + 1, { severity: "critical" })]);
    assert.equal(alerts[0]?.severity, "critical");
    const back = run([raiseAt(t0, { severity: "critical" }), raiseAt(t0 + 1)]);
    assert.equal(back.alerts[0]?.severity, "warning");
  });

  it("without an end of its own is cleared after its time", () => {
    const { cause } = run([raiseAt(t0, { clearAfterMs: 15 * minute })]);
    assert.equal(dueAt(cause, t0), t0 + 15 * minute);
    const ended = tend(cause, t0 + 15 * minute);
    assert.equal(ended.record?.alert.clearedBy, "condition");
    assert.equal(dueAt(ended.cause, t0 + 15 * minute), undefined);
  });

  it("that comes and goes becomes one that flaps, stands for all of it, and calms down", () => {
    const changes = [0, 2, 4, 6, 8].flatMap((at) => [
      raiseAt(t0 + at * minute),
      clearAt(t0 + (at + 1) * minute),
    ]);
    const { cause, alerts } = run(changes);
    const last = alerts.at(-1);
    assert.equal(last?.isFlapping, true);
    assert.equal(alerts.length, 3, "from the third raise on it is one");
    assert.equal(last.count, 3);
    const calmMs = dueAt(cause, t0 + 10 * minute);
    assert(calmMs !== undefined && calmMs > t0 + 10 * minute && calmMs < t0 + 40 * minute);
    const calmed = tend(cause, calmMs);
    assert.equal(calmed.record?.alert.isFlapping, false);
    assert.equal(dueAt(calmed.cause, calmMs), undefined);
  });

  it("that a person acknowledged stays so while it flaps", () => {
    let { cause } = run(
      [0, 1].flatMap((at) => [raiseAt(t0 + at * 100), clearAt(t0 + at * 100 + 50)]),
    );
    cause = advance(cause, raiseAt(t0 + 300), t0, idOf).cause;
    assert.equal(cause.newest?.alert.isFlapping, true);
    cause = { ...cause, newest: acknowledge(cause.newest, { by: "jo" }, t0) };
    cause = advance(cause, clearAt(t0 + 400), t0, idOf).cause;
    cause = advance(cause, raiseAt(t0 + 500), t0, idOf).cause;
    assert.equal(cause.newest?.alert.state, "acknowledged");
    assert.equal(cause.newest.alert.clearedAt, undefined);
  });
});
