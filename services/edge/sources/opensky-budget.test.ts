import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fuzzRuns } from "@drover/core/model/fuzz";
import { corrected, debited, freshBudget, nextCallAt, refreshed, tiers } from "./opensky-budget.ts";
import type { BudgetState } from "./opensky-budget.ts";

const dayMs = 86_400_000;
const midnight = Date.UTC(2026, 0, 10);
const at = (state: Partial<BudgetState>): BudgetState => ({
  ...freshBudget("anonymous", midnight),
  ...state,
});

test("the next call is decided by table", () => {
  const table: readonly (readonly [string, Partial<BudgetState>, number, number, number])[] = [
    ["at once when there was none", {}, 1, midnight + 5, midnight + 5],
    [
      "1-credit calls are 216 s apart over a whole day",
      { lastCallAt: midnight },
      1,
      midnight,
      midnight + 216_000,
    ],
    ["4-credit calls are 864 s apart", { lastCallAt: midnight }, 4, midnight, midnight + 864_000],
    [
      "never below the resolution",
      { lastCallAt: midnight, creditsLeft: 100_000 },
      1,
      midnight,
      midnight + 10_000,
    ],
    [
      "not before the refill without credits",
      { creditsLeft: 0 },
      1,
      midnight + 1,
      midnight + dayMs,
    ],
    ["not with too few for this call", { creditsLeft: 3 }, 4, midnight + 1, midnight + dayMs],
    ["not while blocked", { blockedUntil: midnight + 9_999 }, 1, midnight, midnight + 9_999],
    [
      "a clock set back does not wait for the old one",
      { lastCallAt: midnight + 7_200_000 },
      1,
      midnight,
      midnight + 216_000,
    ],
  ];
  for (const [what, state, cost, nowMs, want] of table) {
    assert.equal(nextCallAt(at(state), cost, nowMs), want, what);
  }
});

test("the published poll intervals follow from the tiers", () => {
  for (const [tier, cost, seconds] of [
    ["anonymous", 1, 216],
    ["standard", 1, 21.6],
    ["feeder", 1, 10.8],
    ["anonymous", 4, 864],
    ["standard", 4, 86.4],
    ["feeder", 4, 43.2],
  ] as const) {
    const state = { ...freshBudget(tier, midnight), lastCallAt: midnight };
    assert.equal(nextCallAt(state, cost, midnight), midnight + seconds * 1000);
  }
});

test("the server's count stands over ours", () => {
  const headers = new Headers({ "x-rate-limit-remaining": "123" });
  assert.equal(corrected(at({}), { status: 200, headers }, midnight).creditsLeft, 123);
  for (const text of ["", "-1", "many", "1e9", "99999999999"]) {
    const odd = new Headers({ "x-rate-limit-remaining": text });
    assert.equal(corrected(at({}), { status: 200, headers: odd }, midnight).creditsLeft, 400);
  }
});

test("a refusal waits by OpenSky's header, else by the standard one, else a minute", () => {
  const wait = (headers: Record<string, string>) =>
    nextCallAt(
      corrected(
        at({ lastCallAt: midnight }),
        { status: 429, headers: new Headers(headers) },
        midnight,
      ),
      1,
      midnight,
    ) - midnight;
  assert.equal(wait({ "x-rate-limit-retry-after-seconds": "500", "retry-after": "7" }), 500_000);
  assert.equal(wait({ "retry-after": "700" }), 700_000);
  assert.equal(wait({ "x-rate-limit-retry-after-seconds": "1" }), 10_000);
  assert.equal(wait({ "x-rate-limit-retry-after-seconds": "999999999" }), dayMs);
  assert.equal(wait({ "x-rate-limit-retry-after-seconds": "-4" }), 216_000);
});

test("the bucket is full again at its time, and after a clock that was a year ahead", () => {
  const empty = at({ creditsLeft: 0 });
  assert.equal(refreshed(empty, midnight + dayMs - 1).creditsLeft, 0);
  assert.equal(refreshed(empty, midnight + dayMs).creditsLeft, 400);
  const ahead = { ...freshBudget("anonymous", midnight + 365 * dayMs), creditsLeft: 0 };
  assert.equal(refreshed(ahead, midnight).creditsLeft, 400);
});

test("no order of calls spends more than a bucket before its refill", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("anonymous" as const, "standard" as const, "licensed" as const),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 600_000 })), {
        maxLength: 300,
      }),
      (tier, steps) => {
        let state = freshBudget(tier, midnight);
        let nowMs = midnight;
        let spent = 0;
        let lastAt = -Infinity;
        for (const [cost, pauseMs] of steps) {
          const { refillAt } = state;
          nowMs = Math.max(nowMs + pauseMs, nextCallAt(refreshed(state, nowMs), cost, nowMs));
          state = refreshed(state, nowMs);
          if (state.refillAt !== refillAt) spent = 0;
          state = debited(state, cost, nowMs);
          spent += cost;
          assert(spent <= tiers[tier].credits);
          assert(nowMs - lastAt >= tiers[tier].floorMs);
          lastAt = nowMs;
        }
      },
    ),
    { seed: 11, numRuns: fuzzRuns(100) },
  );
});
