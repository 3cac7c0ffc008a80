import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "../service/clock.ts";
import type { Batch } from "./batch.ts";
import type { SendResult } from "./sender.ts";
import {
  acknowledgeAll,
  createNumberBacklog,
  senderOf,
  silentUplinkEvents,
  uplinkConfig,
} from "./testing.ts";
import { createUplink, type UplinkEvents } from "./uplink.ts";

type Answer = (batch: Batch) => Promise<SendResult> | SendResult;

function setup(
  answer: Answer,
  events: Partial<UplinkEvents> = {},
  greet?: (signal: AbortSignal) => Promise<SendResult>,
) {
  const clock = createFakeClock({ seed: 3 });
  const backlog = createNumberBacklog();
  const sent: Batch[] = [];
  const sender = senderOf((batch) => {
    sent.push(batch);
    return answer(batch);
  });
  const stopping = new AbortController();
  const uplink = createUplink(uplinkConfig, {
    backlog,
    sender,
    clock,
    events: { ...silentUplinkEvents, ...events },
    ...(greet !== undefined && { greet }),
  });
  const running = uplink.run(stopping.signal);
  const stop = async () => {
    stopping.abort();
    await clock.advance(0);
    await running;
  };
  return { clock, backlog, sent, uplink, stop };
}

const unreachable: SendResult = { kind: "unreachable", detail: "nobody" };

test("after an outage the present arrives before the backlog, and the backlog from its old end", async () => {
  let isUp = false;
  const arrived: Batch[] = [];
  const { clock, backlog, stop } = setup((batch) => {
    if (!isUp) return unreachable;
    arrived.push(batch);
    return acknowledgeAll(batch);
  });
  backlog.add(1_000);
  backlog.setLiveFrom(951);
  await clock.advance(600_000);
  isUp = true;
  backlog.add(5);
  await clock.advance(1_500);
  await clock.advance(1_000);
  assert.equal(arrived[0]?.lane, "live");
  assert.equal(arrived[0]?.last, 1_005, "the newest report is in the first batch");
  const firstOld = arrived.findIndex(({ lane }) => lane === "backfill");
  const live = arrived.slice(0, firstOld).flatMap(({ first, last }) => [first, last]);
  assert.equal(Math.min(...live), 951, "everything live goes before anything old");
  assert.equal(arrived[firstOld]?.first, 1);
  assert.equal(backlog.acknowledged.size, 1_005);
  await stop();
});

test("nobody reached is asked again within 1.5 s, and nothing in between", async () => {
  const { clock, backlog, sent, uplink, stop } = setup(() => unreachable);
  backlog.add(10);
  await clock.advance(60_000);
  assert.ok(sent.length >= 40 && sent.length <= 400, `${sent.length} tries in a minute`);
  assert.equal(uplink.status().state, "unreachable");
  assert.deepEqual(uplink.status().inFlight, { live: 0, backfill: 0 });
  await stop();
});

test("Retry-After is honoured, and the first batch after it is a small one", async () => {
  const table = [2_000, 20_000];
  for (const retryAfterMs of table) {
    let isBusy = true;
    const { clock, backlog, sent, stop } = setup((batch) =>
      isBusy ? { kind: "busy", status: 429, retryAfterMs } : acknowledgeAll(batch),
    );
    backlog.add(500);
    await clock.advance(retryAfterMs - 1);
    assert.equal(sent.length, 1);
    isBusy = false;
    await clock.advance(2_000);
    assert.equal(backlog.acknowledged.size, 500);
    await stop();
  }
});

test("a refused token is loud once and asked again every 15 to 30 s", async () => {
  const states: string[] = [];
  const { clock, backlog, sent, stop } = setup(
    () => ({ kind: "unauthorized", status: 401, detail: "401" }),
    { stateChanged: (state) => void states.push(state) },
  );
  backlog.add(10);
  await clock.advance(300_000);
  assert.ok(sent.length >= 10 && sent.length <= 21, `${sent.length} tries in five minutes`);
  assert.deepEqual(states, ["unauthorized"]);
  await stop();
});

test("a batch that is too large is split until it passes", async () => {
  const { clock, backlog, sent, stop } = setup((batch) =>
    batch.ends.length > 3 ? { kind: "too-large" } : acknowledgeAll(batch),
  );
  backlog.add(100);
  await clock.advance(1_000);
  assert.equal(backlog.acknowledged.size, 100);
  assert.ok(sent.some(({ ends }) => ends.length <= 3));
  await stop();
});

test("a line that is refused whatever surrounds it is given up as a gap, alone and loudly", async () => {
  const gaveUp: number[] = [];
  const poison = 37;
  const { clock, backlog, stop } = setup(
    (batch) => {
      const text = new TextDecoder().decode(batch.body);
      const isPoisoned = text.includes(`{"seq":${poison}}\n`);
      return isPoisoned ? { kind: "refused", status: 400, detail: "400" } : acknowledgeAll(batch);
    },
    { gaveUp: (batch) => void gaveUp.push(batch.first) },
  );
  backlog.add(100);
  await clock.advance(1_000);
  assert.deepEqual(gaveUp, [poison]);
  assert.equal(backlog.acknowledged.size, 100);
  await stop();
});

test("a region that refuses everything costs waiting and not a single report", async () => {
  let isBroken = true;
  const gaveUp: number[] = [];
  const { clock, backlog, stop } = setup(
    (batch) => (isBroken ? { kind: "refused", status: 404, detail: "404" } : acknowledgeAll(batch)),
    { gaveUp: (batch) => void gaveUp.push(batch.first) },
  );
  backlog.add(50);
  await clock.advance(120_000);
  assert.equal(backlog.acknowledged.size, 0);
  isBroken = false;
  await clock.advance(60_000);
  assert.equal(backlog.acknowledged.size, 50);
  assert.deepEqual(gaveUp, []);
  await stop();
});

test("a region that has too many holes gets old reports first, then takes live ones again", async () => {
  let holes = 1;
  const lanes: string[] = [];
  const { clock, backlog, stop } = setup((batch) => {
    if (batch.lane === "live" && holes > 0) return { kind: "conflict", detail: "409" };
    holes -= 1;
    lanes.push(batch.lane);
    return acknowledgeAll(batch);
  });
  backlog.add(200);
  backlog.setLiveFrom(101);
  await clock.advance(60_000);
  assert.equal(lanes[0], "backfill");
  assert.equal(backlog.acknowledged.size, 200);
  await stop();
});

test("what a region will never take again is given up loudly, and the rest goes on", async () => {
  const gaveUp: string[] = [];
  const { clock, backlog, uplink, stop } = setup(
    (batch) =>
      batch.first <= 30 ? { kind: "forgotten", detail: "epoch 1" } : acknowledgeAll(batch),
    { gaveUp: ({ first, last }, { kind }) => void gaveUp.push(`${kind} ${first}-${last}`) },
  );
  backlog.add(100);
  backlog.setLiveFrom(81);
  await clock.advance(1_000);
  assert.deepEqual(gaveUp, ["forgotten 1-10", "forgotten 11-20", "forgotten 21-30"]);
  assert.equal(backlog.givenUp.size, 30);
  assert.equal(backlog.acknowledged.size, 70);
  assert.equal(uplink.status().state, "up");
  await stop();
});

test("an unanswered batch is sent again: it may be committed, and that is all right", async () => {
  let failures = 3;
  const { clock, backlog, sent, stop } = setup((batch) => {
    failures -= 1;
    return failures >= 0 ? { kind: "unanswered", detail: "no answer" } : acknowledgeAll(batch);
  });
  backlog.add(10);
  await clock.advance(30_000);
  assert.equal(backlog.acknowledged.size, 10);
  const times = sent.filter(({ last }) => last === 10).length;
  assert.equal(times, 4);
  const before = sent.length;
  await clock.advance(60_000);
  assert.equal(sent.length, before, "what was acknowledged is not sent again");
  await stop();
});

test("while live reports wait, backfill has one slot; then as many as the region bears", async () => {
  let most = 0;
  const now = { live: 0, backfill: 0 };
  const { clock, backlog, stop } = setup(async (batch) => {
    now[batch.lane] += 1;
    most = Math.max(most, now.backfill);
    assert.ok(now.live <= uplinkConfig.liveSlots);
    await clock.sleep(50);
    now[batch.lane] -= 1;
    return acknowledgeAll(batch, 50);
  });
  backlog.add(2_000);
  backlog.setLiveFrom(2_001);
  await clock.advance(3_000);
  assert.ok(most >= 5 && most <= uplinkConfig.backfillSlotsMax, `${most} at once`);
  assert.equal(backlog.acknowledged.size, 2_000);
  await stop();
});

test("stopping waits for what is on its way and sends no more", async () => {
  const answer = Promise.withResolvers<SendResult>();
  const { clock, backlog, sent, stop } = setup(() => answer.promise);
  backlog.add(10);
  await clock.advance(10);
  let isStopped = false;
  const stopped = stop().then(() => (isStopped = true));
  await clock.advance(1_000);
  assert.equal(isStopped, false);
  const [batch] = sent;
  assert.ok(batch !== undefined);
  answer.resolve(acknowledgeAll(batch));
  await stopped;
  assert.equal(sent.length, 1);
  assert.equal(backlog.acknowledged.size, 10);
});

const timing = { rttMs: 5, aheadMs: undefined };
const greeted: SendResult = {
  kind: "acknowledged",
  answer: { accepted: 0, duplicates: 0, quarantined: [] },
  timing,
};

test("a quiet edge greets every 15 s, and one that sends does not", async () => {
  const greetings: number[] = [];
  const { clock, backlog, uplink, stop } = setup(acknowledgeAll, {}, async () => {
    greetings.push(clock.monotonicMs());
    return greeted;
  });
  await clock.advance(14_999);
  assert.deepEqual(greetings, []);
  await clock.advance(30_001);
  assert.deepEqual(greetings, [15_000, 30_000, 45_000]);
  assert.equal(uplink.status().state, "up");
  assert.equal(uplink.status().acknowledged, 0);
  for (let second = 0; second < 60; second++) {
    backlog.add(1);
    await clock.advance(1_000);
  }
  assert.equal(greetings.length, 3);
  await stop();
});

test("a greeting that finds nobody says so, and what comes in meanwhile does not wait for it", async () => {
  const hanging = Promise.withResolvers<SendResult>();
  const { clock, backlog, uplink, stop } = setup(acknowledgeAll, {}, () => hanging.promise);
  await clock.advance(15_000);
  backlog.add(3);
  await clock.advance(1);
  assert.equal(backlog.acknowledged.size, 3);
  hanging.resolve(unreachable);
  await clock.advance(0);
  assert.equal(uplink.status().state, "unreachable");
  await stop();
});

test("stopping ends a greeting that is on its way", async () => {
  const { clock, stop } = setup(acknowledgeAll, {}, async (signal) => {
    await clock.sleep(60_000, signal);
    return greeted;
  });
  await clock.advance(15_000);
  await stop();
});
