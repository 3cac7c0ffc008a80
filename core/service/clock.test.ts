import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock, systemClock } from "./clock.ts";

test("the fake clock wakes sleepers in the order of their deadlines", async () => {
  const clock = createFakeClock({ nowMs: 1000 });
  const woken: string[] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push(`${name}@${clock.now()}`);
  };
  const all = Promise.all([sleep("late", 30), sleep("early", 10), sleep("also early", 10)]);
  await clock.advance(20);
  assert.deepEqual(woken, ["early@1010", "also early@1010"]);
  await clock.advance(10);
  await all;
  assert.deepEqual(woken.at(-1), "late@1030");
  assert.equal(clock.now(), 1030);
});

test("a sleeper that sleeps again within one advance wakes at its own time", async () => {
  const clock = createFakeClock({ nowMs: 0 });
  const ticks: number[] = [];
  const ticking = (async () => {
    for (let tick = 0; tick < 3; tick += 1) {
      await clock.sleep(10);
      ticks.push(clock.now());
    }
  })();
  await clock.advance(100);
  await ticking;
  assert.deepEqual(ticks, [10, 20, 30]);
});

test("a jump of the wall clock moves neither sleepers nor the monotonic clock", async () => {
  const clock = createFakeClock({ nowMs: 1_000_000 });
  const asleep = clock.sleep(10);
  clock.jump(-500_000);
  assert.equal(clock.now(), 500_000);
  assert.equal(clock.monotonicMs(), 0);
  assert.equal(clock.sleeping(), 1);
  await clock.advance(10);
  await asleep;
});

test("both clocks reject a sleep with the reason of the abort", async () => {
  for (const clock of [systemClock, createFakeClock()]) {
    const ending = new AbortController();
    const asleep = clock.sleep(60_000, ending.signal);
    ending.abort(new Error("enough"));
    await assert.rejects(asleep, /enough/);
    await assert.rejects(clock.sleep(1, ending.signal), /enough/);
  }
});

function draw(seed: number): number[] {
  const clock = createFakeClock({ seed });
  return Array.from({ length: 50 }, () => clock.random());
}

test("the same seed draws the same numbers, all in [0, 1)", () => {
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  assert.ok(draw(7).every((value) => value >= 0 && value < 1));
});
