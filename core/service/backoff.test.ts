import assert from "node:assert/strict";
import { test } from "node:test";
import { createBackoff } from "./backoff.ts";
import { createFakeClock } from "./clock.ts";

test("the ceiling doubles up to the maximum and falls back at a reset", () => {
  const clock = { ...createFakeClock(), random: () => 0.999_999 };
  const backoff = createBackoff({ minMs: 100, maxMs: 1000 }, { clock });
  const delays = Array.from({ length: 6 }, () => backoff.nextDelayMs());
  assert.deepEqual(delays, [100, 200, 400, 800, 1000, 1000]);
  assert.equal(backoff.attempts(), 6);
  backoff.reset();
  assert.equal(backoff.nextDelayMs(), 100);
});

test("delays are spread over the whole range down to zero", () => {
  const backoff = createBackoff({ minMs: 1000, maxMs: 1000 }, { clock: createFakeClock() });
  const delays = Array.from({ length: 200 }, () => backoff.nextDelayMs());
  assert.ok(Math.min(...delays) < 100);
  assert.ok(Math.max(...delays) > 900);
});

test("waiting takes the drawn delay on the clock", async () => {
  const clock = createFakeClock({ nowMs: 0 });
  const backoff = createBackoff({ minMs: 500, maxMs: 500 }, { clock });
  const waiting = backoff.wait().then(() => clock.now());
  await clock.advance(500);
  const wokeMs = await waiting;
  assert.ok(wokeMs > 0 && wokeMs <= 500);
});
