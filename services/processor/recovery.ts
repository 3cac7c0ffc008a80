// Taking partitions over. An insert that the last owner had begun is made again, byte for byte, under
// its token: whether or not it had arrived, it counts once. When the database's machine has started
// anew since, tokens prove nothing: then rows are compared by identity and what is derived is rebuilt.

import type { History } from "@drover/core/history/client";
import { insertBatch } from "@drover/core/history/insert";
import { freezeBatch } from "@drover/core/history/manifest";
import type { Batch, Manifest } from "@drover/core/history/manifest";
import {
  announceWhole,
  finishRepair,
  insertMissing,
  repairStatus,
} from "@drover/core/history/repair";
import type { Consumer, Entry, Lease, StreamLog } from "@drover/core/stream/log";
import type { Clock } from "@drover/core/service/clock";
import { insertAgain } from "./attempt.ts";
import type { Events } from "./events.ts";
import { createFence } from "./fence.ts";
import { readRange, rereadBatch } from "./intake.ts";
import type { Ledger } from "./ledger.ts";
import { decodeNotes } from "./notes.ts";
import type { Notes } from "./notes.ts";

export interface RecoveryDeps {
  readonly stream: StreamLog;
  readonly consumer: Pick<Consumer, "checkpoint" | "leases" | "areLeasesFresh">;
  readonly history: History;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly events: Events;
  /** Start of the database's machine; undefined where it makes no checkpoints. */
  readonly boot: string | undefined;
  /** Gives stored rows to the views' queue. */
  readonly queue: (entries: readonly Entry[]) => void;
}

export interface Recovery {
  /** Takes partitions over; they are worked on once `isOpen`. */
  adopt(leases: readonly Lease[]): Promise<void>;
  /** False while rows that a power cut took are being put back, here or by another process. */
  isOpen(): Promise<boolean>;
}

type Taken = {
  readonly lease: Lease;
  readonly notes: Notes | undefined;
  readonly committed: number;
  readonly synced: number;
};

/** Thrown when leases may have been lost while they were taken over: it is begun again. */
export class TakeoverStaleError extends Error {
  override name = "TakeoverStaleError";
  constructor({ target, ranges }: Manifest) {
    const partitions = ranges.map(([partition]) => partition).join(", ");
    super(`takeover: leases of ${partitions} are not certain any more; ${target} is left for now`);
  }
}

/** Bytes that are compared with the database at a time. */
const WINDOW_BYTES = 4 * 1024 * 1024;

export function createRecovery(deps: RecoveryDeps): Recovery {
  const { ledger, boot } = deps;
  let isDone = boot === undefined;
  /** Ends of windows that were made whole and are committed once everybody may go on. */
  const wholes = new Map<number, { token: number; end: number }>();

  async function adopt(leases: readonly Lease[]): Promise<void> {
    const taken = await Promise.all(leases.map((lease) => take(lease, deps)));
    const torn: Taken[] = [];
    for (const one of taken) {
      const isTorn = boot !== undefined && one.notes?.boot !== undefined && one.notes.boot !== boot;
      if (isTorn) torn.push(one);
      ledger.adopt({
        lease: one.lease,
        committed: one.committed,
        fed: one.notes?.fed ?? one.committed,
        synced: one.synced,
        boot: one.notes?.boot ?? boot,
        inserting: isTorn ? undefined : one.notes?.inserting,
        feeding: isTorn ? undefined : one.notes?.feeding,
      });
    }
    const whole = taken.filter((one) => !torn.includes(one));
    await replay(whole, deps);
    await queueUnfed(whole, deps);
    if (boot === undefined) return;
    const announcements: { partition: number; days: readonly string[] }[] = whole.map(
      ({ lease }) => ({ partition: lease.partition, days: [] }),
    );
    for (const one of torn) {
      const { end, days } = await makeWhole(one, boot, deps);
      wholes.set(one.lease.partition, { token: one.lease.token, end });
      announcements.push({ partition: one.lease.partition, days: [...days] });
    }
    if (torn.length === 0 && (await repairStatus(deps.history, boot)).isDone) {
      isDone = true;
      return;
    }
    await announceWhole(deps.history, boot, announcements);
    isDone = false;
  }

  return {
    adopt,
    async isOpen() {
      if (isDone || boot === undefined) return true;
      const { stream, history } = deps;
      const status = await repairStatus(history, boot);
      if (!status.isDone) {
        const isComplete = status.seen.size > stream.partitions;
        if (!isComplete || !ledger.positions().has(0)) return false;
        deps.events.repaired(status.days);
        await finishRepair(history, boot, status.days);
      }
      await ledger.move((position, partition) => {
        const whole = wholes.get(partition);
        if (whole === undefined || whole.token !== position.lease.token) return undefined;
        return { committed: whole.end, fed: whole.end, boot };
      });
      wholes.clear();
      isDone = true;
      return true;
    },
  };
}

async function take(lease: Lease, deps: RecoveryDeps): Promise<Taken> {
  const checkpoint = await deps.consumer.checkpoint(lease);
  const { committed, synced } = checkpoint;
  return { lease, notes: decodeNotes(checkpoint), committed, synced };
}

/** Makes every insert that was begun again, once each, stored rows before their views. */
async function replay(taken: readonly Taken[], deps: RecoveryDeps): Promise<void> {
  const begun = new Map<string, Manifest>();
  for (const { notes } of taken) {
    if (notes?.inserting) begun.set(notes.inserting.token, notes.inserting);
  }
  for (const { notes } of taken) {
    if (notes?.feeding) begun.set(notes.feeding.token, notes.feeding);
  }
  for (const manifest of begun.values()) {
    const batch = await rereadBatch(deps.stream, manifest);
    // What was trimmed was synced before, by an owner of another of its partitions.
    if (batch !== undefined) {
      // Others may have made it long ago, if this process was stopped since it took over.
      if (createFence(deps.consumer, deps.ledger.leasesOf(manifest))() !== "held") {
        throw new TakeoverStaleError(manifest);
      }
      await insertAgain(batch, deps);
    }
    await deps.ledger.settle(manifest);
    deps.events.replayed(manifest);
  }
}

/** Stored, but not through the views yet. */
async function queueUnfed(taken: readonly Taken[], deps: RecoveryDeps): Promise<void> {
  const { ledger, stream } = deps;
  for (const { lease } of taken) {
    const position = ledger.positions().get(lease.partition);
    if (position === undefined || position.fed >= position.committed) continue;
    const range = { partition: lease.partition, first: position.fed, end: position.committed };
    const entries = await readRange(stream, range);
    if (entries !== undefined) deps.queue(entries);
  }
}

/** Everything since the last sync that was or may have been inserted is compared and put back. */
async function makeWhole(
  taken: Taken,
  boot: string,
  deps: RecoveryDeps,
): Promise<{ end: number; days: ReadonlySet<string> }> {
  const { stream, history, events } = deps;
  const { partition } = taken.lease;
  const begun = taken.notes?.inserting?.ranges.find(([number]) => number === partition);
  const end = Math.max(taken.committed, begun?.[2] ?? 0);
  const days = new Set<string>();
  let next = taken.synced;
  while (next < end) {
    const entries = await stream.read(partition, next, {
      maxBytes: WINDOW_BYTES,
      maxCount: end - next,
    });
    const last = entries.at(-1);
    if (last === undefined) break;
    next = last.offset + last.count;
    const bytes = Buffer.concat(entries.map((entry) => entry.bytes));
    if (last.kind === "quarantine") {
      await insertBatch(history, againBatch(entries, boot));
      continue;
    }
    const result = await insertMissing(history, bytes, boot);
    for (const day of result.days) days.add(day);
    events.comparedRows(result.rows, result.inserted);
  }
  return { end, days };
}

/** Lines carry their identity and the table keeps one of each, so they are simply sent again. */
function againBatch(entries: readonly Entry[], boot: string): Batch {
  const ranges = entries.map(
    ({ partition, offset, count }) => [partition, offset, offset + count] as const,
  );
  const chunks = entries.map((entry) => entry.bytes);
  const batch = freezeBatch(
    "quarantine",
    ranges.map(([p, a, b]) => [p, a, b]),
    chunks,
  );
  return { ...batch, manifest: { ...batch.manifest, token: `${batch.manifest.token}-${boot}` } };
}
