import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import type { History } from "@drover/core/history/client";
import { createFakeClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { FencedError } from "@drover/core/stream/log";
import type { Consumer, Entry } from "@drover/core/stream/log";
import { createEvents } from "./events.ts";
import { createFeedQueue } from "./feed-queue.ts";
import { createFeeder } from "./feeder.ts";
import { createLedger } from "./ledger.ts";

const entry = (partition: number, offset: number, text: string): Entry => ({
  partition,
  offset,
  count: 10,
  kind: "rows",
  lane: "live",
  appendedAt: 0,
  bytes: Buffer.from(text),
});

/** Partitions 0 and 1 with twenty stored reports each; nothing of them is fed. */
function createRig() {
  const fed: string[] = [];
  const stolen = new Set<number>();
  const commitAll: Consumer["commitAll"] = async (changes) => {
    const lost = changes.find(({ lease }) => stolen.has(lease.partition));
    if (lost) throw new FencedError(lost.lease.partition);
  };
  const ledger = createLedger({ consumer: { commitAll } });
  const none = { boot: undefined, inserting: undefined, feeding: undefined };
  const hold = (partition: number, token: number, fedTo: number) => {
    ledger.adopt({ lease: { partition, token }, committed: 20, fed: fedTo, synced: 0, ...none });
  };
  hold(0, 1, 0);
  hold(1, 1, 0);
  const log = [entry(0, 0, "a"), entry(0, 10, "b"), entry(0, 20, "c")];
  const queue = createFeedQueue();
  const clock = createFakeClock();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- inserts need `exec` alone
  const history = {
    client: {
      async exec({ values }: { values: AsyncIterable<Buffer> }) {
        for await (const chunk of values) fed.push(chunk.toString());
        return { stream: Readable.from([]) };
      },
    },
  } as unknown as History;
  let whileReading = async (): Promise<void> => {};
  const stream = {
    async read(partition: number, offset: number) {
      await whileReading();
      whileReading = async () => {};
      return log.filter((one) => one.partition === partition && one.offset >= offset).slice(0, 1);
    },
  };
  const events = createEvents({ metrics: createMetrics({ service: "test" }), log: silentLog });
  const consumer = {
    leases: () => [...ledger.positions().values()].map(({ lease }) => lease),
    areLeasesFresh: () => true,
  };
  const feeder = createFeeder(
    { feedRowsMax: 1_000, feedBytesMax: 1_000, feedLingerMs: 0 },
    { stream, consumer, ledger, queue, clock, events, history },
  );
  return {
    fed,
    stolen,
    ledger,
    queue,
    hold,
    log,
    onRead: (work: () => Promise<void>) => (whileReading = work),
    feedAll: async () => {
      const noMore = new AbortController();
      noMore.abort();
      await feeder.run(noMore.signal, new AbortController().signal);
    },
  };
}

test("what is committed while a block is read again is fed once and in its turn", async () => {
  const { fed, stolen, ledger, queue, log, onRead, feedAll } = createRig();
  queue.add([entry(0, 0, "a"), entry(0, 10, "b"), entry(1, 0, "x")], 0);
  stolen.add(1);
  onRead(async () => {
    const token = "0123456789abcdef";
    await ledger.freeze({ target: "reports", ranges: [[0, 20, 30]], token });
    await ledger.settle({ target: "reports", ranges: [[0, 20, 30]], token });
    queue.add(log.slice(2), 0);
  });
  await feedAll();
  assert.equal(fed.join(""), "abc");
  assert.equal(ledger.positions().get(0)?.fed, 30);
});

test("what is committed just before a block is read again is not fed once more", async () => {
  const { fed, stolen, ledger, queue, log, onRead, feedAll } = createRig();
  const token = "0123456789abcdef";
  await ledger.freeze({ target: "reports", ranges: [[0, 20, 30]], token });
  await ledger.settle({ target: "reports", ranges: [[0, 20, 30]], token });
  queue.add([entry(0, 0, "a"), entry(0, 10, "b"), entry(1, 0, "x")], 0);
  stolen.add(1);
  // The inserter's turn comes only now.
  onRead(async () => queue.add(log.slice(2), 0));
  await feedAll();
  assert.equal(fed.join(""), "abc");
});

test("a partition that was taken over anew does not count a block of its old lease twice", async () => {
  const { fed, ledger, queue, hold, feedAll } = createRig();
  queue.add([entry(0, 0, "a"), entry(0, 10, "b")], 0);
  // Somebody else fed the first ten and gave the partition back.
  ledger.keepOnly([]);
  hold(0, 3, 10);
  await feedAll();
  assert.equal(fed.join(""), "b");
  assert.equal(ledger.positions().get(0)?.fed, 20);
});
