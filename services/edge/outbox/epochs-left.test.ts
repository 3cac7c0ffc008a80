import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "@drover/core/service/metrics";
import { silentLog } from "@drover/core/service/log";
import { createSender } from "@drover/core/uplink/sender";
import { silentUplinkEvents, uplinkConfig } from "@drover/core/uplink/testing";
import { createUplink } from "@drover/core/uplink/uplink";
import { createFakeClock, systemClock } from "@drover/core/service/clock";
import { createIngestDouble } from "../../../test/doubles/ingest.ts";
import { createEdgeEvents } from "../events.ts";
import { openOutbox, type Outbox } from "./outbox.ts";
import { createSimulatedDisk } from "./simulated-file-system.ts";
import { numbersIn, reports, setup, silentEvents, smallConfig } from "./testing.ts";

/** An outbox that was opened so often, each time for one report of each class. */
async function startOften(starts: number) {
  const { clock, disk, open } = setup({ regions: ["a"] });
  for (let start = 0; start < starts; start++) {
    await using outbox = await open();
    await outbox.append(reports(2 * start, 2 * start + 1, 0));
    await outbox.append(reports(2 * start + 1, 2 * start + 2, 0), "important");
    await clock.advance(1_000);
  }
  return { disk, open };
}

/** Sends what an outbox holds to a region until it holds nothing more. */
async function sendAll(outbox: Outbox, url: string) {
  const metrics = createMetrics({ service: "edge" });
  const events = createEdgeEvents({ metrics, log: silentLog }).uplink("a");
  const config = { url, token: "good", compression: "none", timeoutMs: 2_000 } as const;
  using sender = createSender({ ...config, connections: 4 }, { clock: systemClock });
  const gaveUp: number[] = [];
  const settled = Promise.withResolvers<void>();
  const look = () => {
    if (outbox.status().regions["a"]?.reports === 0) settled.resolve();
  };
  const uplink = createUplink(
    { ...uplinkConfig, backfillSlotsMax: 1 },
    {
      backlog: outbox.backlog("a"),
      sender,
      clock: systemClock,
      events: {
        ...silentUplinkEvents,
        acknowledged: look,
        gaveUp(batch, failure) {
          events.gaveUp(batch, failure);
          gaveUp.push(...numbersIn([batch]));
          look();
        },
      },
    },
  );
  const stopping = new AbortController();
  const running = uplink.run(stopping.signal);
  await settled.promise;
  stopping.abort();
  await running;
  return { gaveUp, metrics: await metrics.expose() };
}

test("more starts than a region remembers all arrive, the oldest epoch first", async () => {
  const starts = 150;
  const { open } = await startOften(starts);
  await using region = await createIngestDouble({ epochsMax: 20 });
  await using outbox = await open();
  const { gaveUp } = await sendAll(outbox, region.url);
  assert.deepEqual(gaveUp, []);
  assert.equal(region.stored.size, 2 * starts);
  const epochs = region.arrivals.map(({ epoch }) => epoch);
  assert.deepEqual(
    epochs,
    epochs.toSorted((a, b) => a - b),
  );
});

test("what a region has forgotten is given up, counted and written down; the rest arrives", async () => {
  const { open } = await startOften(10);
  await using region = await createIngestDouble({ epochsMax: 4 });
  // Newer epochs went there from elsewhere: a folder that was restored from a copy.
  {
    await using outbox = await open();
    const epochs = outbox.status().epochs.map(({ epoch }) => epoch);
    const ahead = epochs.toSorted((a, b) => a - b).slice(6, 11);
    for (const epoch of ahead) await touchEpoch(region.url, epoch);
  }
  let outbox = await open();
  const { gaveUp, metrics } = await sendAll(outbox, region.url);
  assert.equal(gaveUp.length, 7);
  assert.equal(region.stored.size, 20 - gaveUp.length);
  assert.match(metrics, /drover_uplink_given_up_total\{.*region="a".*\} 7/);
  const { givenUp } = outbox.status();
  assert.equal(givenUp.length, 7);
  assert.ok(
    givenUp.every(({ region: name, reason }) => name === "a" && reason === "epoch-forgotten"),
  );
  await outbox.tidy();
  await outbox[Symbol.asyncDispose]();
  outbox = await open();
  assert.deepEqual(outbox.status().givenUp, givenUp, "the record outlives the process");
  await outbox[Symbol.asyncDispose]();
});

async function touchEpoch(url: string, epoch: number): Promise<void> {
  const config = { url, token: "good", compression: "none", timeoutMs: 2_000 } as const;
  using sender = createSender({ ...config, connections: 1 }, { clock: systemClock });
  const lines = { edge: smallConfig.edge, epoch, lane: "live", reports: 0 } as const;
  assert.equal((await sender.sendBatch("", lines)).kind, "acknowledged");
}

test("an epoch that is still written to is not given up", async () => {
  const deps = { clock: createFakeClock(), events: silentEvents };
  const { fileSystem } = createSimulatedDisk();
  await using outbox = await openOutbox(
    { ...smallConfig, regions: ["a"] },
    { ...deps, fileSystem },
  );
  await outbox.append(reports(0, 3));
  const backlog = outbox.backlog("a");
  const batch = await backlog.take("live", { reports: 3, bytes: 64_000 });
  assert.ok(batch !== undefined);
  assert.equal(backlog.giveUp(batch, "epoch-forgotten"), false);
  backlog.release(batch);
  assert.equal(outbox.status().regions["a"]?.reports, 3);
});
