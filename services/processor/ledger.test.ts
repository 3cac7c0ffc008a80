import assert from "node:assert/strict";
import { test } from "node:test";
import type { Manifest } from "@drover/core/history/manifest";
import { FencedError } from "@drover/core/stream/log";
import type { Checkpoint, Lease } from "@drover/core/stream/log";
import { createLedger } from "./ledger.ts";
import { decodeNotes } from "./notes.ts";

/** Checkpoints in memory; a partition in `stolen` belongs to somebody else. */
function createMemberInMemory() {
  const stored = new Map<number, Partial<Checkpoint>>();
  const stolen = new Set<number>();
  let transactions = 0;
  return {
    stored,
    stolen,
    transactions: () => transactions,
    async commitAll(changes: readonly { lease: Lease; change: Partial<Checkpoint> }[]) {
      const lost = changes.find(({ lease }) => stolen.has(lease.partition));
      if (lost) throw new FencedError(lost.lease.partition);
      transactions += 1;
      for (const { lease, change } of changes) stored.set(lease.partition, change);
    },
  };
}

function createHeld() {
  const member = createMemberInMemory();
  const ledger = createLedger({ consumer: member });
  for (const partition of [0, 1, 2]) {
    const lease = { partition, token: 1 };
    const none = { boot: undefined, inserting: undefined, feeding: undefined };
    ledger.adopt({ lease, committed: 0, fed: 0, synced: 0, ...none });
  }
  const notesOf = (partition: number) => {
    const { committed = 0, synced = 0, state } = member.stored.get(partition) ?? {};
    return { committed, notes: decodeNotes({ committed, synced, state }) };
  };
  return { member, ledger, notesOf };
}

const manifest = (
  target: Manifest["target"],
  ranges: Manifest["ranges"],
  token = "0123456789abcdef",
): Manifest => ({ target, ranges, token });

test("a manifest is in every partition's notes before its insert and gone after its commit", async () => {
  const { ledger, member, notesOf } = createHeld();
  const rows = manifest("reports", [
    [0, 0, 10],
    [2, 0, 5],
  ]);
  assert.equal(await ledger.freeze(rows), true);
  assert.equal(member.transactions(), 1);
  for (const partition of [0, 2]) assert.deepEqual(notesOf(partition).notes?.inserting, rows);
  assert.equal(member.stored.has(1), false);
  await ledger.settle(rows);
  assert.deepEqual([notesOf(0).committed, notesOf(2).committed], [10, 5]);
  assert.equal(notesOf(0).notes?.inserting, undefined);
  assert.equal(notesOf(0).notes?.fed, 0);
});

test("the next manifest is written down in the transaction that commits the one before", async () => {
  const { ledger, member, notesOf } = createHeld();
  const first = manifest("reports", [
    [0, 0, 10],
    [1, 0, 3],
  ]);
  const second = manifest("reports", [[0, 10, 20]], "fedcba9876543210");
  await ledger.freeze(first);
  assert.equal(await ledger.settle(first, second), true);
  assert.equal(member.transactions(), 2);
  assert.deepEqual([notesOf(0).committed, notesOf(0).notes?.inserting], [10, second]);
  assert.deepEqual([notesOf(1).committed, notesOf(1).notes?.inserting], [3, undefined]);
});

test("nothing is written down when one partition of a manifest was lost", async () => {
  const { ledger, member } = createHeld();
  member.stolen.add(1);
  assert.equal(
    await ledger.freeze(
      manifest("reports", [
        [0, 0, 10],
        [1, 0, 3],
      ]),
    ),
    false,
  );
  assert.equal(member.stored.size, 0);
  assert.deepEqual([...ledger.positions().keys()], [0, 2]);
});

test("a partition lost during an insert does not keep the others from committing", async () => {
  const { ledger, member, notesOf } = createHeld();
  const first = manifest("reports", [
    [0, 0, 10],
    [1, 0, 3],
  ]);
  const second = manifest("reports", [[1, 3, 6]], "fedcba9876543210");
  await ledger.freeze(first);
  member.stolen.add(1);
  assert.equal(await ledger.settle(first, second), false);
  assert.equal(notesOf(0).committed, 10);
  assert.equal(notesOf(1).committed, 0);
  assert.equal(ledger.positions().has(1), false);
});

test("what another owner settled before is left alone", async () => {
  const { ledger, member } = createHeld();
  await ledger.settle(manifest("reports", [[0, 0, 10]]));
  assert.equal(member.transactions(), 0);
  assert.equal(ledger.positions().get(0)?.committed, 0);
});

test("feeding moves only `fed`, and lines set aside are fed when they are stored", async () => {
  const { ledger } = createHeld();
  const feed = manifest("feed", [[0, 0, 10]]);
  await ledger.freeze(feed);
  await ledger.settle(feed);
  assert.deepEqual([ledger.positions().get(0)?.fed, ledger.positions().get(0)?.committed], [10, 0]);
  const aside = manifest("quarantine", [[2, 0, 4]]);
  await ledger.freeze(aside);
  await ledger.settle(aside);
  assert.deepEqual([ledger.positions().get(2)?.fed, ledger.positions().get(2)?.committed], [4, 4]);
});

test("a lease taken anew forgets the positions of the old one", () => {
  const { ledger } = createHeld();
  ledger.keepOnly([
    { partition: 0, token: 1 },
    { partition: 1, token: 2 },
  ]);
  assert.deepEqual([...ledger.positions().keys()], [0]);
});
