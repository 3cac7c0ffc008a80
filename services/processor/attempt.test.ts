import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import type { History } from "@drover/core/history/client";
import { freezeBatch } from "@drover/core/history/manifest";
import { createRowEncoder } from "@drover/core/model/row-encoder";
import { createFakeClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { insertAgain } from "./attempt.ts";
import { createEvents } from "./events.ts";

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
