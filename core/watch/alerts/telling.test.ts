import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { notifiableMs } from "../../model/event.ts";
import { type Receiver, ReceiverInput, type Telling } from "../../model/receiver.ts";
import type { AlertChange, RaiseChange } from "./change.ts";
import { calm } from "./flapping.ts";
import { acknowledge, advance, tend } from "./lifecycle.ts";
import type { AlertRecord, CauseState } from "./record.ts";
import { type Hold, matches, recipientsOf, settle, silenceOf } from "./telling.ts";
import { clearAt, raiseAt, t0, theCause } from "./testing.ts";

const idOf = (change: RaiseChange) => change.event.id;
const minute = 60_000;

function createLife() {
  let cause: CauseState = { cause: theCause, clearedAt: 0, flap: calm };
  const told: Telling[] = [];
  const records = new Map<string, AlertRecord>();
  function take(record: AlertRecord, hold: Hold): void {
    const { id } = record.alert;
    const settled = settle(records.get(id), record, hold);
    records.set(id, settled.record);
    if (settled.telling) told.push(settled.telling);
    if (cause.newest?.alert.id === id) cause = { ...cause, newest: settled.record };
  }
  return {
    told,
    newest: () => cause.newest,
    change(change: AlertChange, nowMs: number, hold: Hold = {}) {
      const advanced = advance(cause, change, nowMs, idOf);
      cause = advanced.cause;
      if (advanced.record) take(advanced.record, hold);
    },
    tend(nowMs: number, hold: Hold = {}) {
      const advanced = tend(cause, nowMs);
      cause = advanced.cause;
      if (advanced.record) take(advanced.record, hold);
    },
    acknowledge(nowMs: number) {
      if (cause.newest) take(acknowledge(cause.newest, { by: "jo" }, nowMs), {});
    },
    review(hold: Hold) {
      if (cause.newest) take(cause.newest, hold);
    },
  };
}

describe("telling", () => {
  it("tells the beginning, that somebody has it, and the end; repetitions are counted in silence", () => {
    const life = createLife();
    life.change(raiseAt(t0), t0);
    life.change(raiseAt(t0 + 1), t0);
    life.acknowledge(t0 + 2);
    life.change(clearAt(t0 + 3), t0 + 3);
    assert.deepEqual(life.told, ["raised", "acknowledged", "cleared"]);
  });

  it("tells nothing of what is older than 15 minutes or came late", () => {
    const life = createLife();
    life.change(raiseAt(t0), t0 + notifiableMs);
    life.change(clearAt(t0 + 1), t0 + notifiableMs);
    const late = raiseAt(t0 + 2);
    life.change({ ...late, event: { ...late.event, retro: true } }, t0 + 2);
    assert.deepEqual(life.told, []);
    life.change(raiseAt(t0 + notifiableMs), t0 + notifiableMs);
    assert.deepEqual(life.told, ["raised"], "young again");
  });

  it("holds back what is silenced, and tells it when the silence ends if it still stands", () => {
    const life = createLife();
    life.change(raiseAt(t0), t0, { silencedBy: "s" });
    assert.equal(life.newest()?.alert.silencedBy, "s");
    assert.equal(life.newest()?.isHeld, true);
    life.review({});
    assert.deepEqual(life.told, ["raised"]);
    assert.equal(life.newest()?.alert.silencedBy, undefined);
  });

  it("tells nothing of what began and ended in a silence, and the end of what was told before it", () => {
    const silenced = createLife();
    silenced.change(raiseAt(t0), t0, { silencedBy: "s" });
    silenced.change(clearAt(t0 + 1), t0, { silencedBy: "s" });
    silenced.review({});
    assert.deepEqual(silenced.told, []);
    const before = createLife();
    before.change(raiseAt(t0), t0);
    before.change(clearAt(t0 + 1), t0, { silencedBy: "s" });
    assert.equal(before.newest()?.isHeld, true);
    before.review({});
    assert.deepEqual(before.told, ["raised", "cleared"]);
  });

  it("tells that it is worse, once, and not that it is less bad", () => {
    const life = createLife();
    life.change(raiseAt(t0), t0);
    life.change(raiseAt(t0 + 1, { severity: "critical" }), t0);
    life.change(raiseAt(t0 + 2, { severity: "critical" }), t0);
    life.change(raiseAt(t0 + 3, { severity: "info" }), t0);
    life.change(raiseAt(t0 + 4, { severity: "warning" }), t0);
    assert.deepEqual(life.told, ["raised", "escalated", "escalated"]);
  });

  it("damps what comes and goes: told once that it flaps, and how it stands when it is calm", () => {
    const life = createLife();
    for (let round = 0; round < 20; round++) {
      life.change(raiseAt(t0 + round * minute), t0 + round * minute);
      life.change(clearAt(t0 + round * minute + 30_000), t0 + round * minute + 30_000);
    }
    assert.deepEqual(life.told, ["raised", "cleared", "raised", "cleared", "raised"]);
    assert.equal(life.newest()?.alert.isFlapping, true);
    life.tend(t0 + 60 * minute);
    assert.equal(life.newest()?.alert.isFlapping, false);
    assert.equal(life.told.length, 6);
    assert.equal(life.told.at(-1), "cleared");
  });
});

const receiver = (over: object): Receiver => ({
  ...ReceiverInput.parse({
    name: "ops",
    channel: { kind: "webhook", url: "http://127.0.0.1/" },
    ...over,
  }),
  id: "ops",
  version: 1,
  createdAt: t0,
  updatedAt: t0,
});

describe("who is told", () => {
  const life = createLife();
  life.change(raiseAt(t0), t0);
  const alert = life.newest()?.alert;
  assert(alert);

  it("matches by severity, rule, zone, kind and asset", () => {
    const table = [
      [{}, true],
      [{ severities: ["warning"] }, true],
      [{ severities: ["critical"] }, false],
      [{ zones: ["port"] }, true],
      [{ zones: ["airport"] }, false],
      [{ rules: ["speeding"] }, false],
      [{ kinds: ["vessel"] }, true],
      [{ kinds: ["aircraft"] }, false],
      [{ assets: ["vessel:a"], kinds: ["aircraft"] }, true],
    ] as const;
    for (const [match, expected] of table) {
      const copy = JSON.parse(JSON.stringify(match));
      assert.equal(matches(copy, alert), expected, JSON.stringify(match));
    }
  });

  it("is whoever asks for it, and for an end whoever knows of the beginning", () => {
    const ask = (over: object, telling: Telling, knowing: readonly string[] = []) =>
      recipientsOf([receiver(over)], alert, telling, new Set(knowing)).length;
    assert.equal(ask({}, "raised"), 1);
    assert.equal(ask({ isEnabled: false }, "raised"), 0);
    assert.equal(ask({ severityMin: "critical" }, "raised"), 0);
    assert.equal(ask({ tell: ["cleared"] }, "raised"), 0);
    assert.equal(ask({}, "cleared"), 0);
    assert.equal(ask({ severityMin: "critical" }, "cleared", ["ops"]), 1);
  });

  it("finds the silence that ends last among those that hold now", () => {
    const silence = (id: string, from: number, until: number, match = {}) => ({
      id,
      from,
      until,
      match,
      reason: "works",
      createdBy: "jo",
      createdAt: from,
    });
    const silences = [
      silence("past", t0 - 2, t0),
      silence("short", t0, t0 + 10),
      silence("long", t0, t0 + 20),
      silence("other", t0, t0 + 30, { zones: ["airport"] }),
    ];
    assert.equal(silenceOf(silences, alert, t0)?.id, "long");
    assert.equal(silenceOf(silences, alert, t0 + 20), undefined);
  });
});
