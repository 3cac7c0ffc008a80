// What the tests of senders share: a region made of a function, and a backlog of plain numbers.

import type { IngestAnswer, Lane } from "../model/ingest.ts";
import type { Backlog } from "./backlog.ts";
import { gapLine, type Batch } from "./batch.ts";
import type { Sender, SendResult } from "./sender.ts";
import type { UplinkConfig, UplinkEvents } from "./uplink.ts";

export const uplinkConfig: UplinkConfig = {
  region: "test",
  batchReports: 10,
  batchBytes: 64 * 1024,
  liveSlots: 2,
  backfillSlotsMax: 8,
  backoffMs: { min: 500, max: 30_000 },
  unreachableMsMax: 1_500,
  idleMs: 15_000,
};

export const silentUplinkEvents: UplinkEvents = {
  acknowledged: () => {},
  failed: () => {},
  gaveUp: () => {},
  stateChanged: () => {},
};

export function answerFor(batch: Batch): IngestAnswer {
  return { accepted: batch.reports, duplicates: 0, quarantined: [], through: batch.last };
}

export function acknowledgeAll(batch: Batch, rttMs = 5): SendResult {
  return {
    kind: "acknowledged",
    answer: answerFor(batch),
    timing: { rttMs, aheadMs: undefined },
  };
}

export function senderOf(answer: (batch: Batch) => Promise<SendResult> | SendResult): Sender {
  return {
    send: async (batch) => answer(batch),
    sendBatch: () => Promise.reject(new Error("not used here")),
    [Symbol.dispose]: () => {},
  };
}

/** Lines `{"seq":n}` of the given numbers, one each; a negative number is a gap of one. */
export function batchOf(numbers: readonly number[], lane: Lane = "live"): Batch {
  const lines = numbers.map((number) =>
    number < 0 ? gapLine(-number, -number, "test") : `{"seq":${number}}\n`,
  );
  let used = 0;
  const seqs = numbers.map((number) => Math.abs(number));
  return {
    edge: "edge-test",
    epoch: 1,
    lane,
    first: seqs[0] ?? 1,
    last: seqs.at(-1) ?? 0,
    body: new TextEncoder().encode(lines.join("")),
    ends: lines.map((line) => (used += line.length)),
    lasts: seqs,
    reports: numbers.filter((number) => number >= 0).length,
  };
}

/** Numbers from 1; those from `liveFrom` on are live. */
export interface NumberBacklog extends Backlog {
  add(count: number): void;
  setLiveFrom(first: number): void;
  readonly acknowledged: ReadonlySet<number>;
  readonly givenUp: ReadonlySet<number>;
}

export function createNumberBacklog(): NumberBacklog {
  const pending = new Set<number>();
  const acknowledged = new Set<number>();
  const givenUp = new Set<number>();
  const listeners = new Set<() => void>();
  let end = 0;
  let liveFrom = 1;
  const ofLane = (lane: Lane) =>
    [...pending].filter((each) => each >= liveFrom === (lane === "live")).toSorted((a, b) => a - b);
  const tell = () => {
    for (const listener of listeners) listener();
  };
  return {
    acknowledged,
    givenUp,
    add(count) {
      for (const until = end + count; end < until;) pending.add((end += 1));
      tell();
    },
    setLiveFrom: (first) => void (liveFrom = first),
    hasPending: (lane) => ofLane(lane).length > 0,
    async take(lane, limits) {
      const all = ofLane(lane);
      const taken: number[] = [];
      // Neighbours only, as an outbox gives them.
      for (const number of lane === "live" ? all.toReversed() : all) {
        const previous = taken.at(-1);
        if (previous !== undefined && Math.abs(previous - number) !== 1) break;
        if (taken.length < limits.reports) taken.push(number);
      }
      for (const number of taken) pending.delete(number);
      return taken.length === 0
        ? undefined
        : batchOf(
            taken.toSorted((a, b) => a - b),
            lane,
          );
    },
    acknowledge: (batch) => forEachNumber(batch, (number) => acknowledged.add(number)),
    giveUp(batch) {
      forEachNumber(batch, (number) => givenUp.add(number));
      return true;
    },
    release(batch) {
      forEachNumber(batch, (number) => pending.add(number));
      tell();
    },
    onNews(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function forEachNumber({ first, last }: Batch, use: (number: number) => void): void {
  for (let number = first; number <= last; number++) use(number);
}
