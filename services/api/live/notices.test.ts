import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alert } from "@drover/core/model/alert";
import type { StoredEvent } from "@drover/core/model/event";
import { createFakeClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import {
  createNotices,
  noticesDefaults,
  type NoticePlaces,
  type NoticesConfig,
} from "./notices.ts";

const eventOf = (number: number): StoredEvent => ({
  id: number.toString(16).padStart(32, "0"),
  kind: "entered",
  at: number,
  retro: false,
  explanation: { text: "of a test" },
  recordedAt: number,
  number,
});
const alertOf = (id: number): Alert => ({
  id: id.toString(16).padStart(32, "0"),
  cause: "rule:a:ship:b",
  title: "of a test",
  severity: "warning",
  state: "raised",
  raisedAt: 1,
  lastEventAt: 1,
  lastEvent: "",
  count: 1,
  isFlapping: false,
  explanation: { text: "of a test" },
});

/** Stores that hold what a test puts there, and readers that remember what they were told. */
function rig(config: Partial<NoticesConfig> = {}) {
  const clock = createFakeClock();
  const stored: StoredEvent[] = [];
  const alerts: { revision: number; alert: Alert }[] = [];
  let reads = 0;
  let isAway = false;
  const notices = createNotices(
    { ...noticesDefaults, ...config },
    {
      clock,
      log: silentLog,
      events: {
        after: async (number, limit) => {
          reads += 1;
          if (isAway) throw new Error("the store is away");
          return stored.filter((event) => event.number > number).slice(0, limit);
        },
        newestNumber: async () => stored.at(-1)?.number ?? 0,
      },
      alerts: {
        changedAfter: async (revision, limit) =>
          alerts.filter((one) => one.revision > revision).slice(0, limit),
        revision: async () => alerts.at(-1)?.revision ?? 0,
      },
    },
  );
  const stopping = new AbortController();
  const running = notices.run(stopping.signal);
  return {
    clock,
    reads: () => reads,
    setAway: (value: boolean) => {
      isAway = value;
    },
    record(count: number) {
      for (let step = 0; step < count; step++) stored.push(eventOf(stored.length + 1));
    },
    change: (revision: number) => alerts.push({ revision, alert: alertOf(revision) }),
    join(places: NoticePlaces = {}) {
      const told: (number | string)[] = [];
      const reader = { isReady: true };
      const member = notices.join(
        {
          hasRoom: () => reader.isReady,
          tell(type, json) {
            const message = JSON.parse(json);
            assert.equal(message.type, type);
            told.push(message.event?.number ?? message.code ?? `alert ${message.revision}`);
          },
        },
        places,
      );
      return { told, reader, member };
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}

const upTo = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

test("all clients are told in order, by one reading, from now on or from where they say", async () => {
  await using served = rig({ pageMax: 4 });
  served.record(10);
  await served.clock.advance(1_000);
  const now = served.join();
  const before = served.join({ eventsAfter: 3 });
  served.record(3);
  served.change(7);
  for (let round = 0; round < 6; round++) await served.clock.advance(500);
  assert.deepEqual(now.told, [11, 12, 13, "alert 7"]);
  assert.deepEqual(
    before.told.filter((one) => typeof one === "number"),
    upTo(4, 13),
  );
  const reads = served.reads();
  served.record(1);
  await served.clock.advance(500);
  assert.equal(served.reads() - reads, 1);
  assert.equal(now.told.at(-1), 14);
});

test("a slow client loses none and repeats none", async () => {
  await using served = rig({ pageMax: 5 });
  await served.clock.advance(500);
  const slow = served.join();
  slow.reader.isReady = false;
  for (let round = 0; round < 4; round++) {
    served.record(6);
    await served.clock.advance(500);
  }
  assert.deepEqual(slow.told, []);
  slow.reader.isReady = true;
  for (let round = 0; round < 12; round++) {
    if (round < 4) served.record(1);
    await served.clock.advance(500);
  }
  assert.deepEqual(slow.told, upTo(1, 28));
});

test("one that is too far behind is told so, and a place of another store is not waited for", async () => {
  await using served = rig({ behindMax: 20 });
  served.record(100);
  await served.clock.advance(500);
  const late = served.join({ eventsAfter: 0 });
  const other = served.join({ eventsAfter: 5_000 });
  await served.clock.advance(1_000);
  assert.deepEqual(late.told, ["events-skipped", ...upTo(81, 100)]);
  served.record(1);
  await served.clock.advance(500);
  assert.deepEqual(other.told, [101]);
});

test("a store that is away is asked again, and who moved goes on from there", async () => {
  await using served = rig();
  served.record(5);
  await served.clock.advance(500);
  const client = served.join();
  served.setAway(true);
  served.record(2);
  for (let round = 0; round < 3; round++) await served.clock.advance(500);
  assert.deepEqual(client.told, []);
  served.setAway(false);
  await served.clock.advance(500);
  assert.deepEqual(client.told, [6, 7]);
  client.member.move({ eventsAfter: 5 });
  await served.clock.advance(500);
  assert.deepEqual(client.told, [6, 7, 6, 7]);
  client.member.leave();
  served.record(1);
  await served.clock.advance(500);
  assert.equal(client.told.length, 4);
});
