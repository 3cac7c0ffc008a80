import assert from "node:assert/strict";
import { test } from "node:test";
import { createConcurrency } from "./adaptive-concurrency.ts";

function succeed(
  concurrency: ReturnType<typeof createConcurrency>,
  rttMs: number,
  windows: number,
) {
  for (let window = 0; window < windows; window += 1) {
    const limit = concurrency.limit();
    for (let answer = 0; answer < limit; answer += 1) concurrency.succeeded(rttMs, limit);
  }
}

test("it begins with one and adds one for each full window that is as quick as before", () => {
  const concurrency = createConcurrency({ limitMax: 20 });
  assert.equal(concurrency.limit(), 1);
  succeed(concurrency, 10, 5);
  assert.equal(concurrency.limit(), 6);
  succeed(concurrency, 10, 100);
  assert.equal(concurrency.limit(), 20);
});

test("a limit that is not used does not grow", () => {
  const concurrency = createConcurrency({ limitMax: 20 });
  succeed(concurrency, 10, 4);
  for (let answer = 0; answer < 50; answer += 1) concurrency.succeeded(10, 1);
  assert.equal(concurrency.limit(), 5);
});

test("an overload takes a tenth and leaves at least one", () => {
  const concurrency = createConcurrency({ limitMax: 20 });
  succeed(concurrency, 10, 19);
  assert.equal(concurrency.limit(), 20);
  concurrency.overloaded();
  assert.equal(concurrency.limit(), 18);
  for (let times = 0; times < 100; times += 1) concurrency.overloaded();
  assert.equal(concurrency.limit(), 1);
});

test("answers that come much later than they used to count as an overload", () => {
  const concurrency = createConcurrency({ limitMax: 20 });
  succeed(concurrency, 10, 9);
  assert.equal(concurrency.limit(), 10);
  succeed(concurrency, 200, 1);
  assert.equal(concurrency.limit(), 9);
});
