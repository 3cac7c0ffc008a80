import assert from "node:assert/strict";
import { test } from "node:test";
import { createIntervalSet } from "./interval-set.ts";
import { OutboxClosedError } from "./journal.ts";
import { ForeignOutboxError } from "./ledger.ts";
import { openOutbox } from "./outbox.ts";
import {
  drain,
  gapsIn,
  numbers,
  numbersIn,
  reports,
  segmentsOf,
  setup,
  silentEvents,
  smallConfig,
} from "./testing.ts";

test("a region that was down catches up; only what both have is removed", async () => {
  const { disk, open } = setup();
  const outbox = await open();
  await outbox.append(reports(0, 40));
  assert.deepEqual(
    numbersIn(await drain(outbox, "a")).toSorted((x, y) => x - y),
    numbers(0, 40),
  );
  await outbox.tidy();
  const before = (await segmentsOf(disk)).length;
  assert.ok(before > 3, `${before} segments wait for b`);
  assert.equal(outbox.status().regions["a"]?.reports, 0);
  assert.equal(outbox.status().regions["b"]?.reports, 40);
  assert.equal((await drain(outbox, "b")).flatMap(gaps).length, 0);
  await outbox.tidy();
  assert.equal((await segmentsOf(disk)).length, 1, "the one in use stays");
  await outbox[Symbol.asyncDispose]();
  assert.equal((await segmentsOf(disk)).length, 0);
});

const gaps = (batch: Parameters<typeof gapsIn>[0][number]) => gapsIn([batch]);

test("live gives the newest of what came lately, backfill the oldest of the rest", async () => {
  const { clock, open } = setup({ liveReports: 0 });
  const outbox = await open();
  await outbox.append(reports(0, 6));
  await clock.advance(10_000);
  await outbox.append(reports(6, 12));
  const backlog = outbox.backlog("a");
  const limits = { reports: 3, bytes: 64_000 };
  const order: number[][] = [];
  for (const lane of ["live", "backfill", "live", "backfill"] as const) {
    const batch = await backlog.take(lane, limits);
    order.push(batch === undefined ? [] : numbersIn([batch]));
  }
  assert.deepEqual(order, [
    [9, 10, 11],
    [0, 1, 2],
    [6, 7, 8],
    [3, 4, 5],
  ]);
  assert.equal(backlog.hasPending("live"), false);
  await outbox[Symbol.asyncDispose]();
});

test("what was taken and released is taken again; what was acknowledged is not", async () => {
  const { open } = setup();
  const outbox = await open();
  await outbox.append(reports(0, 5));
  const backlog = outbox.backlog("a");
  const first = await backlog.take("live", { reports: 2, bytes: 64_000 });
  assert.ok(first !== undefined);
  backlog.release(first);
  const rest = await drain(outbox, "a");
  assert.deepEqual(
    numbersIn(rest).toSorted((x, y) => x - y),
    [0, 1, 2, 3, 4],
  );
  assert.deepEqual(await drain(outbox, "a"), []);
  await outbox[Symbol.asyncDispose]();
});

test("acknowledgements outlive the process; a report is not sent again", async () => {
  const { open } = setup();
  let outbox = await open();
  await outbox.append(reports(0, 20));
  const backlog = outbox.backlog("a");
  const sent = await backlog.take("live", { reports: 7, bytes: 64_000 });
  assert.ok(sent !== undefined);
  backlog.acknowledge(sent);
  await outbox[Symbol.asyncDispose]();
  outbox = await open();
  const rest = numbersIn(await drain(outbox, "a"));
  assert.deepEqual(
    [...rest, ...numbersIn([sent])].toSorted((x, y) => x - y),
    numbers(0, 20),
  );
  await outbox[Symbol.asyncDispose]();
});

test("over budget the oldest routine reports go first, then important ones, and gaps say so", async () => {
  const evicted: [number, string][] = [];
  const { open } = setup(
    { bytesMax: 16_000, regions: ["a"] },
    { evicted: (count, reason) => void evicted.push([count, reason]) },
  );
  const outbox = await open();
  await outbox.append(reports(0, 10), "important");
  for (let at = 10; at < 110; at += 5) await outbox.append(reports(at, at + 5));
  assert.ok(outbox.status().bytes <= 16_000);
  const batches = await drain(outbox, "a");
  const kept = new Set(numbersIn(batches));
  assert.ok(
    numbers(0, 10).every((number) => kept.has(number)),
    "important ones are kept",
  );
  const newest = Math.min(...[...kept].filter((number) => number >= 10));
  assert.deepEqual(
    [...kept].filter((n) => n >= 10).toSorted((x, y) => x - y),
    numbers(newest, 110),
  );
  const told = gapsIn(batches);
  assert.deepEqual(
    told.map(({ reason }) => reason),
    ["evicted-bytes"],
  );
  assert.deepEqual([told[0]?.first, told[0]?.last], [1, newest - 10]);
  assert.equal(
    evicted.reduce((sum, [count]) => sum + count, 0),
    newest - 10,
  );
  await outbox[Symbol.asyncDispose]();
});

test("with `block` an append waits for acknowledgements instead", async () => {
  const { clock, open } = setup({ bytesMax: 8_000, whenFull: "block", regions: ["a"] });
  const outbox = await open();
  const progress = { done: 0 };
  const appending = (async () => {
    for (let at = 0; at < 60; at += 5) {
      await outbox.append(reports(at, at + 5));
      progress.done = at + 5;
    }
  })();
  await clock.advance(100);
  assert.ok(progress.done > 5 && progress.done < 40, `${progress.done} were taken`);
  assert.match(outbox.status().trouble ?? "", /full/);
  const sent: number[] = [];
  while (progress.done < 60) {
    sent.push(...numbersIn(await drain(outbox, "a")));
    await outbox.tidy();
    await clock.advance(1_000);
  }
  await appending;
  sent.push(...numbersIn(await drain(outbox, "a")));
  assert.deepEqual(
    sent.toSorted((x, y) => x - y),
    numbers(0, 60),
  );
  await outbox[Symbol.asyncDispose]();
});

test("the live lane leaves a bounded number of holes, however long it is overloaded", async () => {
  const { clock, open } = setup({ regions: ["a"], segmentBytes: 2 ** 22, liveReports: 0 });
  const outbox = await open();
  const backlog = outbox.backlog("a");
  const known = createIntervalSet();
  for (let at = 0; at < 2_400; at += 4) {
    await outbox.append(reports(at, at + 4, 0));
    const batch = await backlog.take("live", { reports: 1, bytes: 64_000 });
    assert.ok(batch !== undefined);
    backlog.acknowledge(batch);
    known.add(batch.first, batch.last);
  }
  assert.ok(known.size <= 513, `${known.size} ranges`);
  await clock.advance(10_000);
  assert.equal(numbersIn(await drain(outbox, "a")).length, 1_800);
  await outbox[Symbol.asyncDispose]();
});

test("reports older than the age budget are given up, in time the outbox was open", async () => {
  const { clock, open } = setup({ regions: ["a"], ageMsMax: 60_000, liveReports: 0 });
  const outbox = await open();
  await outbox.append(reports(0, 30));
  // A clock that is set a year ahead makes nothing old.
  clock.jump(365 * 86_400_000);
  await clock.advance(2_000);
  assert.equal(outbox.status().regions["a"]?.reports, 30);
  await clock.advance(70_000);
  await outbox.append(reports(30, 60));
  const batches = await drain(outbox, "a");
  const oldest = Math.min(...numbersIn(batches));
  assert.ok(oldest > 20, `${oldest} is the oldest left`);
  assert.deepEqual(gapsIn(batches), [{ first: 1, last: oldest, reason: "evicted-age" }]);
  await outbox[Symbol.asyncDispose]();
});

test("a region that is added gets what is held and gaps for what went before it", async () => {
  const { disk, clock, open } = setup({ regions: ["a"] });
  let outbox = await open();
  await outbox.append(reports(0, 40));
  await clock.advance(10_000);
  const backlog = outbox.backlog("a");
  for (let sent = 0; sent < 20;) {
    const batch = await backlog.take("backfill", { reports: 5, bytes: 64_000 });
    if (batch === undefined) break;
    backlog.acknowledge(batch);
    sent += batch.reports;
  }
  await outbox[Symbol.asyncDispose]();
  const deps = { fileSystem: disk.fileSystem, clock, events: silentEvents };
  outbox = await openOutbox({ ...smallConfig, regions: ["a", "c"] }, deps);
  const batches = await drain(outbox, "c");
  const oldest = Math.min(...numbersIn(batches));
  assert.ok(oldest > 0 && oldest <= 25, `${oldest} is the oldest left`);
  assert.deepEqual(gapsIn(batches), [{ first: 1, last: oldest, reason: "not-kept" }]);
  // A region that is taken away holds nothing back any more.
  await outbox[Symbol.asyncDispose]();
  outbox = await openOutbox({ ...smallConfig, regions: ["c"] }, deps);
  await outbox[Symbol.asyncDispose]();
  assert.equal((await segmentsOf(disk)).length, 0);
});

test("each opening has an epoch of its own, above all before it", async () => {
  const { open } = setup({ regions: ["a"] });
  const epochs: number[] = [];
  for (let times = 0; times < 4; times += 1) {
    const outbox = await open();
    await outbox.append(reports(times, times + 1));
    const [batch] = await drain(outbox, "a");
    assert.equal(batch?.first, 1);
    epochs.push(batch.epoch);
    await outbox[Symbol.asyncDispose]();
  }
  assert.deepEqual(
    [...new Set(epochs)].toSorted((x, y) => x - y),
    epochs,
  );
});

test("a folder of another edge is refused, and a closed outbox takes nothing", async () => {
  const { disk, clock, open } = setup();
  const outbox = await open();
  await outbox.append(reports(0, 1));
  await outbox[Symbol.asyncDispose]();
  await assert.rejects(outbox.append(reports(1, 2)), OutboxClosedError);
  const deps = { fileSystem: disk.fileSystem, clock, events: silentEvents };
  await assert.rejects(openOutbox({ ...smallConfig, edge: "other" }, deps), ForeignOutboxError);
});

test("of rare reports the one on its way is not taken for as old as the segment", async () => {
  const { clock, open } = setup({ regions: ["a"], segmentBytes: 2 ** 20, liveReports: 0 });
  const outbox = await open();
  for (let number = 0; number < 20; number++) {
    await outbox.append(reports(number, number + 1, 0));
    await drain(outbox, "a");
    await clock.advance(60_000);
  }
  const acceptedAt = clock.now();
  await outbox.append(reports(20, 21, 0));
  assert.equal(outbox.status().regions["a"]?.oldestAt, acceptedAt);
  await outbox[Symbol.asyncDispose]();
});

test("the backlog says how much there is and how old it is", async () => {
  const { clock, open } = setup({ regions: ["a"] });
  const outbox = await open();
  const acceptedAt = clock.now();
  await outbox.append(reports(0, 10));
  await clock.advance(5_000);
  await outbox.append(reports(10, 20));
  const status = outbox.status().regions["a"];
  assert.equal(status?.reports, 20);
  assert.equal(status.oldestAt, acceptedAt);
  assert.ok(status.bytes > 20 * 300 && status.bytes < 20 * 700, `${status.bytes} bytes`);
  await outbox[Symbol.asyncDispose]();
});
