import assert from "node:assert/strict";
import { test } from "node:test";
import type { WatchEvent } from "@drover/core/model/event";
import { createAlerts } from "@drover/core/records/alerts";
import type { LinkState } from "@drover/core/records/edge-links";
import { createWatchEvents } from "@drover/core/records/watch-events";
import { openRecords } from "@drover/core/records/open";
import { createFakeClock } from "@drover/core/service/clock";
import { createEdgeOutages } from "./edge-outages.ts";
import { createReactions } from "./reactions.ts";

const { signal } = new AbortController();

test("an outage that another owner told of is ended by the one that takes over again", async () => {
  const clock = createFakeClock();
  await using records = await openRecords({ url: "sqlite::memory:" }, { clock });
  const alerts = createAlerts({ records, clock });
  const events = createWatchEvents({ records, clock });
  const told: WatchEvent[] = [];
  const counters = {
    recorded: (fresh: readonly WatchEvent[]) => void told.push(...fresh),
    recordingFailed: assert.ifError,
  };
  const reactions = createReactions({ events, alerts, clock, counters, edgeOf: () => undefined });
  let state: LinkState = "up";
  let lastReceivedAt = clock.now();
  const links = {
    list: () => Promise.resolve([{ edge: "e1", lastReceivedAt, epoch: 1, through: 1, state }]),
  };
  const one = createEdgeOutages({ links, alerts, reactions });
  const other = createEdgeOutages({ links, alerts, reactions });
  await one.look({ token: 1 }, signal);
  clock.jump(600_000);
  state = "silent";
  await other.look({ token: 2 }, signal);
  assert.equal((await alerts.standing(10)).length, 1);
  state = "up";
  lastReceivedAt = clock.now();
  await one.look({ token: 3 }, signal);
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ["silent", "back"],
  );
  assert.deepEqual(await alerts.standing(10), []);
});

test("an edge of which word came late is back no earlier than it was said to be silent", async () => {
  const clock = createFakeClock();
  await using records = await openRecords({ url: "sqlite::memory:" }, { clock });
  const alerts = createAlerts({ records, clock });
  const events = createWatchEvents({ records, clock });
  const counters = { recorded: () => {}, recordingFailed: assert.ifError };
  const reactions = createReactions({ events, alerts, clock, counters, edgeOf: () => undefined });
  let state: LinkState = "silent";
  let lastReceivedAt = clock.now();
  const links = {
    list: () => Promise.resolve([{ edge: "e1", lastReceivedAt, epoch: 1, through: 1, state }]),
  };
  const outages = createEdgeOutages({ links, alerts, reactions });
  clock.jump(121_000);
  await outages.look({ token: 1 }, signal);
  assert.equal((await alerts.standing(10)).length, 1);
  // Heard after 119 s, written down after 122 s.
  state = "up";
  lastReceivedAt += 119_000;
  clock.jump(1_000);
  await outages.look({ token: 1 }, signal);
  assert.deepEqual(await alerts.standing(10), []);
});
