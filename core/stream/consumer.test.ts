import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "../service/clock.ts";
import { createConsumer, type Renewal, type Seat } from "./consumer.ts";

const leases = [{ partition: 0, token: 1 }];

/** A seat whose renewals last until `answer` is called, once `hold` was. */
function createSeat() {
  let held: PromiseWithResolvers<void> | undefined;
  let renewals = 0;
  const seat: Seat = {
    async renew(): Promise<Renewal> {
      renewals += 1;
      await held?.promise;
      return { leases, isReplaced: false, hasGiven: false, nextExpiryMs: undefined };
    },
    checkpoint: () => Promise.reject(new Error("not used here")),
    commit: () => Promise.resolve(undefined),
    leave: () => Promise.resolve(),
    hint: () => {},
    onHint: () => ({ [Symbol.dispose]: () => {} }),
  };
  return {
    seat,
    renewals: () => renewals,
    hold: () => void (held = Promise.withResolvers()),
    answer: () => {
      held?.resolve();
      held = undefined;
    },
  };
}

const config = { leaseMs: 10_000, heartbeatMs: 3_000 };

test("leases are fresh until the last renewal is as old as a lease, by either clock", async () => {
  const clock = createFakeClock();
  const { seat } = createSeat();
  await using consumer = await createConsumer(config, { seat, clock });
  assert.equal(consumer.areLeasesFresh(), true);
  await clock.advance(60_000);
  assert.equal(consumer.areLeasesFresh(), true, "they are renewed");
  // The machine slept: nothing ran, and its monotonic clock stood still.
  clock.jump(10_000);
  assert.equal(consumer.areLeasesFresh(), false);
  assert.deepEqual(consumer.leases(), leases);
  await clock.advance(3_000);
  assert.equal(consumer.areLeasesFresh(), true);
});

test("a lease counts from when it was asked for, not from when the answer was heard", async () => {
  const clock = createFakeClock();
  const { seat, hold, answer, renewals } = createSeat();
  await using consumer = await createConsumer(config, { seat, clock });
  hold();
  await clock.advance(3_000);
  assert.equal(renewals(), 2);
  // Stopped after the server granted it.
  clock.jump(30_000);
  answer();
  await clock.advance(0);
  assert.equal(consumer.areLeasesFresh(), false);
  await clock.advance(3_000);
  assert.equal(consumer.areLeasesFresh(), true);
});
