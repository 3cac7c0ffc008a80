import assert from "node:assert/strict";
import { test } from "node:test";
import { createSettle } from "./settle.ts";

test("runs once when calls have settled, and at the limit when they do not", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let runs = 0;
  using settle = createSettle({ afterMs: 300, latestMs: 2_000 }, () => runs++);
  settle.later();
  t.mock.timers.tick(200);
  settle.later();
  t.mock.timers.tick(299);
  assert.equal(runs, 0);
  t.mock.timers.tick(1);
  assert.equal(runs, 1);
  t.mock.timers.tick(10_000);
  assert.equal(runs, 1);
  for (let ms = 0; ms < 4_100; ms += 100) {
    settle.later();
    t.mock.timers.tick(100);
  }
  assert.equal(runs, 3);
  settle.cancel();
  t.mock.timers.tick(10_000);
  assert.equal(runs, 3);
});
