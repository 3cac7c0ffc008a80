import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ReceiverLoad } from "@drover/core/records/notifications";
import { digestEveryMs, isToBeGivenUp, nextTake, nextTryAt } from "./pacing.ts";
import { receiverFor, t0 } from "./testing.ts";

const receiver = receiverFor(
  { kind: "webhook", url: "http://127.0.0.1/" },
  { groupWaitMs: 2_000, groupIntervalMs: 30_000, budgetPerHour: 3 },
);
const pager = receiverFor(
  { kind: "pagerduty", routingKey: "R".repeat(32), apiUrl: "https://events.pagerduty.com" },
  { groupWaitMs: 2_000, budgetPerHour: 3 },
);
const load = (over: Partial<ReceiverLoad>): ReceiverLoad => ({
  receiver: "ops",
  open: undefined,
  tests: [],
  waiting: 1,
  waitingSince: t0,
  lastMessageAt: undefined,
  lastDigestAt: undefined,
  lastHour: 0,
  ...over,
});

describe("nextTake", () => {
  const late = digestEveryMs;
  const table = [
    ["waits for others to join the first", load({}), 1_999, undefined],
    ["then takes all of them", load({}), 2_000, "alerts"],
    ["keeps its distance to the last message", load({ lastMessageAt: t0 }), 29_999, undefined],
    ["and then goes on", load({ lastMessageAt: t0 }), 30_000, "alerts"],
    ["keeps order: one at a time", load({ open: { id: "m", nextAt: t0 } }), 99_999, undefined],
    ["does nothing for nothing", load({ waiting: 0, waitingSince: undefined }), 1e9, undefined],
    [
      "holds what is beyond the budget",
      load({ lastHour: 3, lastMessageAt: t0 }),
      late - 1,
      undefined,
    ],
    ["tells that as a digest", load({ lastHour: 3, lastMessageAt: t0 }), late, "digest"],
    ["one digest at a time", load({ lastHour: 4, lastDigestAt: t0 + 1 }), late, undefined],
  ] as const;
  for (const [fact, given, afterMs, expected] of table) {
    it(fact, () => {
      assert.equal(nextTake(receiver, given, t0 + afterMs)?.kind, expected);
    });
  }

  it("tells PagerDuty of each alert at once, and closes incidents beyond the budget too", () => {
    const one = nextTake(pager, load({ lastMessageAt: t0 }), t0 + 2_000);
    assert.deepEqual(one, { kind: "alerts", itemsMax: 1 });
    const over = nextTake(pager, load({ lastHour: 3, lastMessageAt: t0 }), t0 + 2_000);
    assert.deepEqual(over?.what, ["acknowledged", "cleared"]);
    const digest = nextTake(pager, load({ lastHour: 3, lastMessageAt: t0 }), t0 + late);
    assert.deepEqual([digest?.kind, digest?.what?.includes("cleared")], ["digest", false]);
  });
});

describe("nextTryAt", () => {
  it("waits longer each time, up to five minutes, never less than half of it", () => {
    const waits = [0, 1, 2, 3, 30].map((attempts) => nextTryAt({ attempts }, 0, 0));
    assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 150_000]);
    assert.equal(nextTryAt({ attempts: 30 }, 1, 0), 300_000);
  });
  it("waits as long as the receiver asks", () => {
    assert.equal(nextTryAt({ attempts: 0, retryAfterMs: 60_000 }, 0.5, t0), t0 + 60_000);
    assert(nextTryAt({ attempts: 5, retryAfterMs: 1 }, 0.5, t0) > t0 + 10_000);
  });
});

describe("isToBeGivenUp", () => {
  it("goes by the age of what is told", () => {
    const old = { waitingSince: t0 };
    assert.equal(isToBeGivenUp({ giveUpMs: 1_000 }, old, t0 + 999), false);
    assert.equal(isToBeGivenUp({ giveUpMs: 1_000 }, old, t0 + 1_000), true);
  });
});
