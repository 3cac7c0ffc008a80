import assert from "node:assert/strict";
import { test } from "node:test";
import { nextRestartAction, restartDelayMs } from "./restart.ts";
import type { ProcessObserved } from "./restart.ts";

const spec = {
  minMs: 100,
  maxMs: 1000,
  stableMs: 5000,
  startMsMax: 10_000,
  deafMsMax: 3000,
};
const absent = { kind: "absent", failures: 0, endedMs: undefined } as const;
const running = {
  kind: "running",
  failures: 0,
  startedMs: 0,
  readyMs: 1000,
  wasReady: true,
  heardMs: 1000,
} as const;

const table: readonly [string, ProcessObserved, number, string][] = [
  ["starts what never ran", absent, 0, "start"],
  ["waits after a failure", { ...absent, failures: 1, endedMs: 0 }, 99, "wait"],
  ["starts once the delay is over", { ...absent, failures: 1, endedMs: 0 }, 100, "start"],
  ["waits longer after more failures", { ...absent, failures: 3, endedMs: 0 }, 399, "wait"],
  ["leaves a ready process alone", running, 2000, "none"],
  [
    "is patient while a process starts",
    { ...running, wasReady: false, readyMs: undefined },
    9999,
    "none",
  ],
  [
    "kills what never gets ready",
    { ...running, wasReady: false, readyMs: undefined },
    10_001,
    "kill",
  ],
  [
    "leaves an answering process that is not ready",
    { ...running, readyMs: undefined, heardMs: 99_000 },
    100_000,
    "none",
  ],
  ["kills what no longer answers", running, 4001, "kill"],
  ["forgives after a stable while", { ...running, failures: 4, heardMs: 6000 }, 6000, "forgive"],
  ["does not forgive too early", { ...running, failures: 4, heardMs: 5999 }, 5999, "none"],
];

for (const [fact, observed, nowMs, expected] of table) {
  test(fact, () => {
    assert.equal(nextRestartAction(spec, observed, nowMs).kind, expected);
  });
}

test("the delay doubles up to its maximum", () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 1000].map((failures) => restartDelayMs(spec, failures)),
    [100, 200, 400, 800, 1000, 1000, 1000],
  );
});
