import assert from "node:assert/strict";
import { test } from "node:test";
import type { Batch } from "@drover/core/uplink/batch";
import { frameHeadBytes } from "./frame.ts";
import { openOutbox } from "./outbox.ts";
import { SimulatedError } from "./simulated-file-system.ts";
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

test("a full disk evicts, then waits; with space again it works, and nothing kept is lost", async () => {
  const { disk, clock, open } = setup({ regions: ["a"] });
  const outbox = await open();
  disk.setCapacity(14_000);
  for (let at = 0; at < 60; at += 5) await outbox.append(reports(at, at + 5));
  disk.setCapacity(0);
  const waiting = outbox.append(reports(60, 65));
  await clock.advance(200);
  assert.match(outbox.status().trouble ?? "", /ENOSPC/);
  disk.setCapacity(100_000);
  await clock.advance(60_000);
  await waiting;
  assert.equal(outbox.status().trouble, undefined);
  const batches = await drain(outbox, "a");
  const kept = numbersIn(batches);
  assert.ok(numbers(60, 65).every((number) => kept.includes(number)));
  const given = gapsIn(batches).reduce((sum, { first, last }) => sum + last - first + 1, 0);
  assert.equal(kept.length + given, 65, "each number is a report or in a gap");
  await outbox[Symbol.asyncDispose]();
});

test("short writes and failing writes and syncs cost time, not reports", async () => {
  const { disk, clock, open } = setup({ regions: ["a"] });
  const outbox = await open();
  let calls = 0;
  disk.onCall(({ call }) => {
    calls += 1;
    if (call === "sync" && calls % 5 === 0) return { code: "EIO" };
    if (call === "write" && calls % 7 === 0) return { code: "EIO" };
    if (call === "write" && calls % 3 === 0) return { shortBytes: 11 };
    return undefined;
  });
  const progress = { isDone: false };
  const appending = (async () => {
    for (let at = 0; at < 50; at += 2) await outbox.append(reports(at, at + 2));
    progress.isDone = true;
  })();
  while (!progress.isDone) await clock.advance(1_000);
  await appending;
  disk.onCall(undefined);
  const sent = numbersIn(await drain(outbox, "a"));
  assert.deepEqual(
    sent.toSorted((x, y) => x - y),
    numbers(0, 50),
  );
  await outbox[Symbol.asyncDispose]();
  // The disk alone, after all those failures, says the same.
  const again = await openOutbox(
    { ...smallConfig, regions: ["b"] },
    { fileSystem: disk.fileSystem, clock, events: silentEvents },
  );
  await again[Symbol.asyncDispose]();
});

test("a limit on the size of files makes smaller segments", async () => {
  const { disk, clock, open } = setup({ regions: ["a"], segmentBytes: 64_000 });
  const sizes = new Map<string, number>();
  disk.onCall(({ call, path, bytes }) => {
    if (call !== "write") return undefined;
    const size = (sizes.get(path) ?? 0) + bytes;
    if (path.endsWith(".seg") && size > 9_000) return { code: "EFBIG" };
    sizes.set(path, size);
    return undefined;
  });
  const outbox = await open();
  const appending = outbox.append(reports(0, 100));
  await clock.advance(60_000);
  await appending;
  const sent = numbersIn(await drain(outbox, "a"));
  assert.deepEqual(
    sent.toSorted((x, y) => x - y),
    numbers(0, 100),
  );
  await outbox[Symbol.asyncDispose]();
});

test("a damaged record is skipped, counted and told as a gap; its neighbours are sent", async () => {
  const { disk, clock, open } = setup({ regions: ["a"] });
  let outbox = await open();
  await outbox.append(reports(0, 20));
  await outbox[Symbol.asyncDispose]();
  const [name = ""] = (await segmentsOf(disk)).toSorted();
  const file = await disk.fileSystem.open(`/outbox/${name}`, "write");
  const content = Buffer.alloc(await file.sizeBytes());
  await file.read(content, 0);
  const at = content.indexOf('"n":2}');
  await file.write(Buffer.from([0x1e, 0xff]), at);
  let corrupt = 0;
  outbox = await openOutbox(
    { ...smallConfig, regions: ["a"] },
    {
      fileSystem: disk.fileSystem,
      clock,
      events: { ...silentEvents, corrupt: (count) => void (corrupt += count) },
    },
  );
  const batches = await drain(outbox, "a");
  assert.deepEqual(
    numbersIn(batches).toSorted((x, y) => x - y),
    numbers(0, 20).filter((number) => number !== 2),
  );
  assert.deepEqual(gapsIn(batches), [{ first: 3, last: 3, reason: "corrupt" }]);
  assert.equal(corrupt, 1);
  await outbox[Symbol.asyncDispose]();
});

test("a part of the disk that cannot be read is given up after some tries; the rest is sent", async () => {
  const { disk, clock, open } = setup({ regions: ["a"] });
  const first = await open();
  await first.append(reports(0, 20));
  await first[Symbol.asyncDispose]();
  const [bad = ""] = (await segmentsOf(disk)).toSorted();
  let isBroken = false;
  const fileSystem = {
    ...disk.fileSystem,
    open: async (...[path, mode]: Parameters<typeof disk.fileSystem.open>) => {
      const file = await disk.fileSystem.open(path, mode);
      const read: typeof file.read = (into, position) =>
        isBroken && path.endsWith(bad)
          ? Promise.reject(new SimulatedError("EIO", "read", path))
          : file.read(into, position);
      return { ...file, read };
    },
  };
  const deps = { fileSystem, clock, events: silentEvents };
  const outbox = await openOutbox({ ...smallConfig, regions: ["a"] }, deps);
  isBroken = true;
  const batches = await drain(outbox, "a");
  const [gap] = gapsIn(batches);
  assert.equal(gap?.reason, "unreadable");
  assert.deepEqual(
    numbersIn(batches).toSorted((x, y) => x - y),
    numbers(gap.last, 20),
  );
  await outbox[Symbol.asyncDispose]();
});

test("a damaged length costs its own record, not those that it points across", async () => {
  const { disk, open } = setup({ regions: ["a"] });
  const outbox = await open();
  await outbox.append(reports(0, 6));
  const backlog = outbox.backlog("a");
  const [name = ""] = await segmentsOf(disk);
  const file = await disk.fileSystem.open(`/outbox/${name}`, "write");
  const content = Buffer.alloc(await file.sizeBytes());
  await file.read(content, 0);
  const head = content.indexOf('{"seq":2,') - frameHeadBytes;
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.readUInt32LE(head + 8) + 40);
  await file.write(length, head + 8);
  const batches: Batch[] = [];
  for (const lane of ["backfill", "live"] as const) {
    while (backlog.hasPending(lane)) {
      const batch = await backlog.take(lane, { reports: 1, bytes: 64 * 1024 });
      if (batch !== undefined) batches.push(batch);
    }
  }
  assert.deepEqual(
    numbersIn(batches).toSorted((x, y) => x - y),
    [0, 2, 3, 4, 5],
  );
  assert.deepEqual(gapsIn(batches), [{ first: 2, last: 2, reason: "corrupt" }]);
  await outbox[Symbol.asyncDispose]();
});

test("a lack of file handles gives nothing up, however long it lasts", async () => {
  const { disk, clock, open } = setup({ regions: ["a"] });
  const first = await open();
  await first.append(reports(0, 20));
  await first[Symbol.asyncDispose]();
  let isShort = true;
  const fileSystem = {
    ...disk.fileSystem,
    open: (...[path, mode]: Parameters<typeof disk.fileSystem.open>) =>
      isShort && path.endsWith(".seg")
        ? Promise.reject(new SimulatedError("EMFILE", "open", path))
        : disk.fileSystem.open(path, mode),
  };
  const deps = { fileSystem, clock, events: silentEvents };
  const config = { ...smallConfig, regions: ["a"] };
  await assert.rejects(openOutbox(config, deps), { code: "EMFILE" });
  isShort = false;
  const outbox = await openOutbox(config, deps);
  isShort = true;
  const backlog = outbox.backlog("a");
  for (let tries = 0; tries < 50; tries++) {
    await backlog.take("backfill", { reports: 100, bytes: 64 * 1024 });
  }
  isShort = false;
  const batches = await drain(outbox, "a");
  assert.deepEqual(gapsIn(batches), []);
  assert.equal(numbersIn(batches).length, 20);
  await outbox[Symbol.asyncDispose]();
});

test("a damaged ledger costs repetitions, not reports", async () => {
  const { disk, clock, open } = setup({ regions: ["a"] });
  let outbox = await open();
  await outbox.append(reports(0, 5));
  await outbox[Symbol.asyncDispose]();
  const file = await disk.fileSystem.open("/outbox/ledger.json", "write");
  await file.write(Buffer.from("rubbish"), 0);
  let damage: string | undefined;
  const events = {
    ...silentEvents,
    recovered: (facts: { ledgerDamage: string | undefined }) => void (damage = facts.ledgerDamage),
  };
  const deps = { fileSystem: disk.fileSystem, clock, events };
  outbox = await openOutbox({ ...smallConfig, regions: ["a"] }, deps);
  assert.match(damage ?? "", /checksum/);
  assert.deepEqual(
    numbersIn(await drain(outbox, "a")).toSorted((x, y) => x - y),
    numbers(0, 5),
  );
  await outbox[Symbol.asyncDispose]();
});
