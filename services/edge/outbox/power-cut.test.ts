// The power is cut before every single call that changes the disk, in many ways each, and the folder
// is opened again. What must hold then is computed from what the test itself handed over and saw
// acknowledged, never from the outbox's own counters.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report } from "@drover/core/model/report";
import { createFakeClock, createRandom, type FakeClock } from "@drover/core/service/clock";
import fc from "fast-check";
import { openOutbox, type Outbox, type OutboxConfig } from "./outbox.ts";
import {
  createSimulatedDisk,
  cutPower,
  type CallListener,
  type DiskImage,
} from "./simulated-file-system.ts";
import { drain, reportOf, silentEvents, smallConfig } from "./testing.ts";

/** One thing that happens to an outbox. */
type Step =
  | { readonly kind: "append"; readonly sizes: readonly number[]; readonly isImportant: boolean }
  | { readonly kind: "send"; readonly region: "a" | "b"; readonly lane: "live" | "backfill" }
  | { readonly kind: "tidy" }
  | { readonly kind: "reopen" };

const size = fc.integer({ min: 0, max: 900 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      sizes: fc.array(size, { minLength: 1, maxLength: 5 }),
      isImportant: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("send" as const),
      region: fc.constantFrom("a" as const, "b" as const),
      lane: fc.constantFrom("live" as const, "backfill" as const),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "tidy" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "reopen" as const }) },
);

/** Everything that is known from outside, as lists that only grow. */
interface Witness {
  /** Reports handed over, by the number in them. */
  handed: Report[];
  /** Numbers of the reports whose append resolved. */
  acknowledged: number[];
  /** `epoch/seq` → number, of every line that was ever taken to be sent. */
  exposed: [string, number][];
  /** Numbers that region `a` acknowledged. */
  delivered: number[];
}

/** A moment: what a power cut would leave, and how long the lists were. */
interface Moment {
  readonly image: DiskImage;
  readonly handed: number;
  readonly acknowledged: number;
  readonly exposed: number;
  readonly delivered: number;
}

/** A clock that was never set, and no chance: what is on the disk alone keeps identities apart. */
function clocklessClock(): FakeClock {
  return { ...createFakeClock({ nowMs: 1_000 }), random: () => 0 };
}

/** Waits for work that sleeps on the fake clock between its tries. */
async function settle<T>(work: Promise<T>, clock: FakeClock): Promise<T> {
  const progress = { isDone: false };
  const done = work.finally(() => (progress.isDone = true));
  done.catch(() => {});
  for (await clock.advance(1); !progress.isDone;) await clock.advance(200);
  return done;
}

async function live(steps: readonly Step[], config: OutboxConfig, faultOf: CallListener) {
  const disk = createSimulatedDisk();
  const clock = clocklessClock();
  const seen: Witness = { handed: [], acknowledged: [], exposed: [], delivered: [] };
  const moments: Moment[] = [];
  const note = () => {
    const { handed, acknowledged, exposed, delivered } = seen;
    moments.push({
      image: disk.image(),
      handed: handed.length,
      acknowledged: acknowledged.length,
      exposed: exposed.length,
      delivered: delivered.length,
    });
  };
  disk.onCall((call) => {
    note();
    return faultOf(call);
  });
  const open = () =>
    openOutbox(config, { fileSystem: disk.fileSystem, clock, events: silentEvents });
  let outbox = await open();
  for (const step of steps) {
    if (step.kind === "reopen") {
      await outbox[Symbol.asyncDispose]();
      outbox = await open();
    } else await settle(take(step, outbox, seen), clock);
  }
  await outbox[Symbol.asyncDispose]();
  note();
  return { seen, moments };
}

async function take(step: Exclude<Step, { kind: "reopen" }>, outbox: Outbox, seen: Witness) {
  switch (step.kind) {
    case "append": {
      const reports = step.sizes.map((size, index) => reportOf(seen.handed.length + index, size));
      const numbers = reports.map((_, index) => seen.handed.length + index);
      seen.handed.push(...reports);
      await outbox.append(reports, step.isImportant ? "important" : "routine");
      seen.acknowledged.push(...numbers);
      return;
    }
    case "send": {
      const backlog = outbox.backlog(step.region);
      const batch = await backlog.take(step.lane, { reports: 3, bytes: 4096 });
      if (batch === undefined) return;
      const lines = linesOf(batch);
      seen.exposed.push(...lines.map(({ key, number }): [string, number] => [key, number]));
      if (step.region === "a") seen.delivered.push(...lines.map(({ number }) => number));
      backlog.acknowledge(batch);
      return;
    }
    case "tidy":
      // A failed one is tried again by the outbox itself.
      await outbox.tidy().catch(() => {});
  }
}

function linesOf(batch: { epoch: number; body: Uint8Array }) {
  const lines = Buffer.from(batch.body).toString("utf8").trimEnd().split("\n");
  return lines.flatMap((line) => {
    const value = JSON.parse(line);
    // A gap may stand for what was delivered and removed, or for what was never acknowledged; what
    // it must not stand for is missed below.
    if (value.gap !== undefined) return [];
    return { key: `${batch.epoch}/${value.seq}`, number: Number(value.measurements.n), line };
  });
}

async function check(moment: Moment, seen: Witness, config: OutboxConfig, seed: number) {
  const random = createRandom(seed);
  const disk = cutPower(moment.image, random);
  const clock = clocklessClock();
  const deps = { fileSystem: disk.fileSystem, clock, events: silentEvents };
  const outbox = await openOutbox(config, deps);
  const identities = new Map(seen.exposed.slice(0, moment.exposed));
  const found = new Set<number>();
  for (const batch of await drain(outbox, "a")) {
    for (const { key, number, line } of linesOf(batch)) {
      const report = seen.handed[number];
      assert.ok(report !== undefined && number < moment.handed, `${line} was never written`);
      const seq = key.slice(key.indexOf("/") + 1);
      assert.equal(line, `{"seq":${seq},${JSON.stringify(report).slice(1)}`);
      assert.ok(!found.has(number), `report ${number} has two identities`);
      assert.ok((identities.get(key) ?? number) === number, `${key} stood for another report`);
      identities.set(key, number);
      found.add(number);
    }
  }
  for (const number of seen.delivered.slice(0, moment.delivered)) found.add(number);
  for (const number of seen.acknowledged.slice(0, moment.acknowledged)) {
    assert.ok(found.has(number), `report ${number} was acknowledged and is lost`);
  }
  await outbox.append([reportOf(-1, 10)]);
  const fresh = await drain(outbox, "a");
  assert.deepEqual(
    fresh.flatMap(linesOf).map(({ number }) => number),
    [-1],
  );
  for (const { key } of fresh.flatMap(linesOf)) {
    assert.ok(!identities.has(key), `${key} was used before`);
  }
}

test("a power cut anywhere loses nothing acknowledged, invents nothing, reuses no identity", async () => {
  let cuts = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 4, maxLength: 14 }),
      fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      async (steps, seed) => {
        const { seen, moments } = await live(steps, smallConfig, () => undefined);
        for (const [index, moment] of moments.entries()) {
          await check(moment, seen, smallConfig, seed + index);
          cuts += 1;
        }
      },
    ),
    { numRuns: 45, seed: 20_260_101 },
  );
  assert.ok(cuts > 2500, `only ${cuts} cuts were tried`);
});

test("the same holds when syncs and writes fail and fall short before the cut", async () => {
  let cuts = 0;
  let faults = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 3, maxLength: 8 }),
      fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      async (steps, seed) => {
        const random = createRandom(seed);
        const { seen, moments } = await live(steps, smallConfig, ({ call, path }) => {
          // What opening does is tried again by whoever starts the process.
          if (!path.endsWith(".seg") || random() > 0.15) return undefined;
          faults += 1;
          if (call === "write" && random() < 0.5) return { shortBytes: Math.floor(random() * 300) };
          return call === "write" || call === "sync" ? { code: "EIO" } : undefined;
        });
        for (const [index, moment] of moments.entries()) {
          if (index % 3 !== 0) continue;
          await check(moment, seen, smallConfig, seed + index);
          cuts += 1;
        }
      },
    ),
    { numRuns: 25, seed: 20_260_102 },
  );
  assert.ok(cuts > 300 && faults > 50, `only ${cuts} cuts, ${faults} faults`);
});
