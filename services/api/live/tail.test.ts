import assert from "node:assert/strict";
import { test } from "node:test";
import type { StampedReport } from "@drover/core/model/report";
import { systemClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import type { StreamLog } from "@drover/core/stream/log";
import { createBoard, type Board } from "./board.ts";
import { createTail, type TailConfig, type TailDeps } from "./tail.ts";
import { appendReports, reportOf, syncHistory, temporaryStream } from "./testing.ts";

const group = "history";
const timeout = 5_000;
const of = (name: string, at = 1): StampedReport => reportOf({ asset: `aircraft:${name}`, at });

/** A board that says when an asset came onto it. */
function watchedBoard(): Board & { heard(name: string): Promise<void> } {
  const board = createBoard({ assetsMax: 100 });
  const waiting = new Map<string, () => void>();
  return {
    ...boundMethods(board),
    apply(report) {
      board.apply(report);
      waiting.get(report.asset)?.();
    },
    async heard(name) {
      const asset = `aircraft:${name}`;
      if (board.get(asset) !== undefined) return;
      await new Promise<void>((resolve) => waiting.set(asset, resolve));
    },
  };
}

const boundMethods = (board: Board): Omit<Board, "apply"> => ({
  list: (filter, page) => board.list(filter, page),
  get: (asset) => board.get(asset),
  changedSince: (version, filter, limit) => board.changedSince(version, filter, limit),
  eachChangedSince: (version, visit) => board.eachChangedSince(version, visit),
  each: (visit) => board.each(visit),
  slotAt: (number) => board.slotAt(number),
  numbers: () => board.numbers(),
  removedSince: (version) => board.removedSince(version),
  version: () => board.version(),
  size: () => board.size(),
  counts: () => board.counts(),
});

interface Following extends AsyncDisposable {
  readonly board: ReturnType<typeof watchedBoard>;
  readonly tail: ReturnType<typeof createTail>;
  /** Resolves when the n-th seed begins. */
  seeded(count: number): Promise<void>;
}

/** Runs a tail; `seed` is what history holds when it is asked. */
function follow(
  stream: TailDeps["stream"],
  seed: (board: Board, count: number) => void = () => {},
  config: Partial<TailConfig> = {},
): Following {
  const board = watchedBoard();
  const stopping = new AbortController();
  let seeds = 0;
  const waiting = new Map<number, () => void>();
  const tail = createTail(
    { behindMax: 1_000, readBytesMax: 1_000_000, historyGroup: group, retryMs: 5, ...config },
    {
      stream,
      board,
      clock: systemClock,
      log: silentLog,
      async seed() {
        seeds++;
        waiting.get(seeds)?.();
        seed(board, seeds);
      },
    },
  );
  const running = tail.run(stopping.signal);
  return {
    board,
    tail,
    seeded: async (count) => {
      if (seeds < count) await new Promise<void>((resolve) => waiting.set(count, resolve));
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}

/** What the tail uses of a stream, with some of it replaced. */
const changed = (stream: StreamLog, change: Partial<TailDeps["stream"]>): TailDeps["stream"] => ({
  partitions: stream.partitions,
  bounds: () => stream.bounds(),
  read: (partition, offset, limits) => stream.read(partition, offset, limits),
  wait: (timeoutMs, signal) => stream.wait(timeoutMs, signal),
  lag: (name) => stream.lag(name),
  ...change,
});

test("reads from where history stands and takes the rest from the seed", { timeout }, async () => {
  await using place = await temporaryStream(2);
  const { stream } = place;
  await stream.ensureGroup(group);
  await appendReports(stream, [of("stored"), of("also-stored")]);
  await syncHistory(stream, group);
  await appendReports(stream, [of("fresh")]);
  await using following = follow(stream, (board) => board.apply(of("stored")));
  const { board, tail } = following;
  await tail.caughtUp;
  assert.deepEqual(tail.status(), { behind: 0, passedOver: 0, isSeeded: true });
  assert.equal(board.get("aircraft:also-stored"), undefined);
  assert.ok(board.get("aircraft:stored"));
  assert.ok(board.get("aircraft:fresh"));
  await appendReports(stream, [of("live")]);
  await board.heard("live");
});

test(
  "behind, passes over backfill and seeds again once history holds it",
  { timeout },
  async () => {
    await using place = await temporaryStream(2);
    const { stream } = place;
    await stream.ensureGroup(group);
    await appendReports(stream, [of("old-1"), of("old-2"), of("old-3")], "backfill");
    await appendReports(stream, [of("now")]);
    const stored = (board: Board, count: number) => {
      if (count > 1) for (const name of ["old-1", "old-2", "old-3"]) board.apply(of(name));
    };
    await using following = follow(stream, stored, { behindMax: 2 });
    const { board, tail } = following;
    await tail.caughtUp;
    assert.equal(tail.status().passedOver, 3);
    assert.equal(board.size(), 1);
    assert.ok(board.get("aircraft:now"));
    await syncHistory(stream, group);
    await appendReports(stream, [of("later")]);
    await board.heard("old-3");
    assert.equal(tail.status().passedOver, 0);
  },
);

test("backfill is read like the rest while nothing is far behind", { timeout }, async () => {
  await using place = await temporaryStream(2);
  const { stream } = place;
  await stream.ensureGroup(group);
  await appendReports(stream, [of("old")], "backfill");
  await using following = follow(stream);
  await following.tail.caughtUp;
  assert.ok(following.board.get("aircraft:old"));
  assert.equal(following.tail.status().passedOver, 0);
});

test(
  "shows the present while history is away, and seeds when it is back",
  { timeout },
  async () => {
    await using place = await temporaryStream(1);
    const { stream } = place;
    await stream.ensureGroup(group);
    await appendReports(stream, [of("now")]);
    let isAway = true;
    await using following = follow(stream, (board) => {
      if (isAway) throw new Error("history is away");
      board.apply(of("stored"));
    });
    const { board, tail } = following;
    await board.heard("now");
    await following.seeded(2);
    assert.equal(tail.status().isSeeded, false);
    isAway = false;
    await tail.caughtUp;
    assert.ok(board.get("aircraft:stored"));
  },
);

test("what was trimmed before it was read comes with a new seed", { timeout }, async () => {
  await using place = await temporaryStream(1);
  const { stream } = place;
  await stream.ensureGroup(group);
  await appendReports(stream, [of("trimmed")]);
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const slow = changed(stream, {
    async read(partition, offset, limits) {
      begun.resolve();
      await held.promise;
      return stream.read(partition, offset, limits);
    },
  });
  await using following = follow(slow, (board, count) => {
    if (count > 1) board.apply(of("trimmed"));
  });
  await begun.promise;
  await syncHistory(stream, group);
  await appendReports(stream, [of("after")]);
  assert.equal(await stream.trim(), 1);
  held.resolve();
  await following.board.heard("after");
  await following.board.heard("trimmed");
});

test("a stream that fails is tried again, with nothing missed", { timeout }, async () => {
  await using place = await temporaryStream(1);
  const { stream } = place;
  await stream.ensureGroup(group);
  let failures = 2;
  const shaky = changed(stream, {
    async bounds() {
      if (failures-- > 0) throw new Error("the disk is busy");
      return stream.bounds();
    },
  });
  await appendReports(stream, [of("first")]);
  await using following = follow(shaky);
  await following.board.heard("first");
  assert.ok(failures < 0);
});
