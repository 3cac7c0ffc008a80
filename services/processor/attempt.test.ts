import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import type { History } from "@drover/core/history/client";
import { freezeBatch } from "@drover/core/history/manifest";
import { createRowEncoder } from "@drover/core/model/row-encoder";
import { createFakeClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { insertAgain, insertUntilDone } from "./attempt.ts";
import { createEvents } from "./events.ts";
import { createFence, type FenceState } from "./fence.ts";

const at = 1_700_000_000_000;

function oneReport() {
  const encoder = createRowEncoder();
  encoder.encode(
    { asset: "bus:1", kind: "bus", at, source: "test" },
    { edge: "edge-1", epoch: 1, seq: 7, sentAt: at, receivedAt: at, suspect: false },
  );
  return freezeBatch("reports", [[0, 0, 1]], [encoder.bytes()]);
}

/** A database that has forgotten every token, and takes every insert for a new one. */
function createForgetful(isStored: boolean) {
  let stored = isStored ? 1 : 0;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what an insert needs of it
  const history = {
    client: {
      async exec({ values }: { values: AsyncIterable<Buffer> }) {
        for await (const _chunk of values) stored += 1;
        return { stream: Readable.from([]) };
      },
    },
    rows: async () =>
      stored === 0 ? [] : [{ asset: "bus:1", t: at, edge: "edge-1", epoch: 1, seq: 7 }],
  } as unknown as History;
  return { history, stored: () => stored };
}

function depsOf(history: History) {
  const events = createEvents({ metrics: createMetrics({ service: "test" }), log: silentLog });
  return { history, clock: createFakeClock(), events };
}

test("rows that are there are not sent again, though their token was forgotten meanwhile", async () => {
  const { history, stored } = createForgetful(true);
  await insertAgain(oneReport(), depsOf(history));
  assert.equal(stored(), 1);
});

test("rows that are not there are sent under their token", async () => {
  const { history, stored } = createForgetful(false);
  await insertAgain(oneReport(), depsOf(history));
  assert.equal(stored(), 1);
});

/** A fence that says these in turn, and the last of them from then on. */
function fenceOf(...states: FenceState[]): () => FenceState {
  return () => (states.length > 1 ? states.shift() : states[0]) ?? "lost";
}

async function insertBehind(states: FenceState[], isStored: boolean) {
  const { history, stored } = createForgetful(isStored);
  const deps = depsOf(history);
  const signal = new AbortController().signal;
  const outcome = insertUntilDone(oneReport(), { ...deps, fence: fenceOf(...states) }, signal);
  await deps.clock.advance(10_000);
  return { outcome: await outcome, stored: stored() };
}

test("a first insert goes out only while its leases are held", async () => {
  assert.deepEqual(await insertBehind(["held"], false), { outcome: "done", stored: 1 });
  assert.deepEqual(await insertBehind(["lost"], false), { outcome: "lost", stored: 0 });
  assert.deepEqual(await insertBehind(["unsure", "unsure", "lost"], false), {
    outcome: "lost",
    stored: 0,
  });
});

test("a process that wakes from a long stop looks before its first insert, and adds nothing twice", async () => {
  assert.deepEqual(await insertBehind(["unsure", "held"], true), { outcome: "done", stored: 1 });
  assert.deepEqual(await insertBehind(["unsure", "held"], false), { outcome: "done", stored: 1 });
});

test("an insert that waits for a renewal ends with the signal", async () => {
  const { history, stored } = createForgetful(false);
  const deps = { ...depsOf(history), fence: fenceOf("unsure") };
  assert.equal(await insertUntilDone(oneReport(), deps, AbortSignal.abort()), "stopped");
  assert.equal(stored(), 0);
});

test("a fence is lost when every lease is another's, and unsure while the renewal is old", () => {
  let isFresh = true;
  let leases = [
    { partition: 0, token: 5 },
    { partition: 1, token: 9 },
  ];
  const consumer = { leases: () => leases, areLeasesFresh: () => isFresh };
  const fence = createFence(consumer, leases);
  assert.equal(fence(), "held");
  leases = [
    { partition: 0, token: 7 },
    { partition: 1, token: 9 },
  ];
  assert.equal(fence(), "held", "the new owner of one repeats it under the same token");
  leases = [{ partition: 0, token: 7 }];
  assert.equal(fence(), "lost");
  isFresh = false;
  assert.equal(fence(), "unsure");
});
