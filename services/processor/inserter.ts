// The loop that stores: read → freeze → insert → commit, a few rows or many. The first report after
// a pause goes at once; while reports come fast, inserts are `lingerMs` apart; while few come,
// `idleLingerMs`, because every insert makes files that have to be merged; while they come by the tens
// of thousands a second, `heavyLingerMs`, so that inserts are fewer and larger.

import { createBackoff } from "@drover/core/service/backoff";
import type { Consumer, StreamLog } from "@drover/core/stream/log";
import { insertUntilDone, rest } from "./attempt.ts";
import type { AttemptDeps } from "./attempt.ts";
import { createFence } from "./fence.ts";
import type { FeedQueue } from "./feed-queue.ts";
import { ManifestChangedError, takeBatches } from "./intake.ts";
import type { Intake, IntakeConfig } from "./intake.ts";
import type { Ledger } from "./ledger.ts";
import type { Recovery } from "./recovery.ts";

export interface InserterConfig extends IntakeConfig {
  readonly lingerMs: number;
  readonly idleLingerMs: number;
  readonly heavyLingerMs: number;
  readonly feedBytesMax: number;
}

export interface InserterDeps extends AttemptDeps {
  readonly stream: StreamLog;
  readonly consumer: Pick<Consumer, "leases" | "areLeasesFresh">;
  readonly ledger: Ledger;
  readonly queue: FeedQueue;
  readonly recovery: Recovery;
}

export interface Inserter {
  /** Runs until the signal aborts; ends the insert that it is in. */
  run(signal: AbortSignal): Promise<void>;
}

/** So many waiting reports are worth an insert at the shorter linger. */
const BUSY_ROWS = 256;
/** From so many reports a millisecond on, the heavy linger holds. */
const HEAVY_ROWS_PER_MS = 50;
const WAIT_MS = 250;
const POLL_MS = 100;
/** While rows wait, every so often those set aside go before them. */
const QUARANTINE_TURNS = 8;
const backoffConfig = { minMs: 50, maxMs: 5_000 };

type Pending = { readonly rows: number; readonly nexts: ReadonlyMap<number, number> };

export function createInserter(config: InserterConfig, deps: InserterDeps): Inserter {
  return new StreamInserter(config, deps);
}

class StreamInserter implements Inserter {
  readonly #config: InserterConfig;
  readonly #deps: InserterDeps;
  /** Next offset to read, where that is beyond what is committed. */
  readonly #nexts = new Map<number, number>();
  #lastInsertMs = Number.NEGATIVE_INFINITY;
  #turn = 0;

  constructor(config: InserterConfig, deps: InserterDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, stream, events } = this.#deps;
    const backoff = createBackoff(backoffConfig, { clock });
    let frozen: Intake | undefined;
    while (!signal.aborted) {
      try {
        if (frozen === undefined && !(await this.#isReady())) {
          await rest(clock, POLL_MS, signal);
          continue;
        }
        backoff.reset();
      } catch (error) {
        if (error instanceof ManifestChangedError) throw error;
        const delayMs = backoff.nextDelayMs();
        events.takeoverFailed(error, delayMs);
        await rest(clock, delayMs, signal);
        continue;
      }
      if (frozen === undefined) {
        const pending = await this.#pending();
        if (pending.rows === 0) await stream.wait(WAIT_MS, signal).catch(() => {});
        else if (await this.#isDue(pending, signal)) frozen = await this.#takeFrozen(pending);
        continue;
      }
      frozen = await this.#insertOne(frozen, signal);
    }
  }

  /** Takes over what is new and gives up what is gone; false while nobody may insert. */
  async #isReady(): Promise<boolean> {
    const { consumer, ledger, queue, recovery, events } = this.#deps;
    const leases = consumer.leases();
    const held = ledger.positions();
    const fresh = leases.filter((lease) => held.get(lease.partition)?.lease.token !== lease.token);
    if (fresh.length > 0 || held.size !== leases.length) {
      ledger.keepOnly(leases);
      const kept = new Set(ledger.positions().keys());
      for (const partition of this.#nexts.keys()) {
        if (!kept.has(partition)) this.#nexts.delete(partition);
      }
      queue.keepOnly((partition) => kept.has(partition));
      events.leasesChanged(leases.map((lease) => lease.partition));
      try {
        await recovery.adopt(fresh);
      } catch (error) {
        // Taken over as a whole or not at all: the next round begins again.
        ledger.keepOnly(leases.filter((lease) => !fresh.includes(lease)));
        throw error;
      }
    }
    return recovery.isOpen();
  }

  /** Inserts and settles; gives the next batch when it was frozen in the same transaction. */
  async #insertOne(current: Intake, signal: AbortSignal): Promise<Intake | undefined> {
    const { clock, events, ledger, queue } = this.#deps;
    const { manifest } = current.batch;
    this.#lastInsertMs = clock.monotonicMs();
    const { consumer } = this.#deps;
    const fence = createFence(consumer, ledger.leasesOf(manifest));
    const outcome = await insertUntilDone(current.batch, { ...this.#deps, fence }, signal);
    // What is taken anew is read from its notes, and so is the insert that was given up here.
    if (outcome === "lost") ledger.keepOnly(consumer.leases());
    if (outcome !== "done") return undefined;
    const next = signal.aborted ? undefined : await this.#takeWhenDue();
    const isFrozen = await ledger.settle(manifest, next?.batch.manifest);
    events.committed(current.entries, clock.now());
    if (manifest.target === "reports") {
      // What was lost meanwhile is fed to the views by its new owner.
      const held = current.entries.filter(({ partition, offset, count }) => {
        const position = ledger.positions().get(partition);
        return position !== undefined && position.committed >= offset + count;
      });
      queue.add(held, clock.monotonicMs());
    }
    if (next === undefined || isFrozen) return next;
    this.#forgetReads(next);
    return undefined;
  }

  async #isDue(pending: Pending, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#deps;
    if (!this.#hasRoom()) {
      await rest(clock, POLL_MS, signal);
      return false;
    }
    if (pending.rows >= this.#config.rowsMax) return true;
    const sinceMs = clock.monotonicMs() - this.#lastInsertMs;
    const leftMs = this.#lingersMs(pending.rows, sinceMs) - sinceMs;
    if (leftMs <= 0) return true;
    // Looks again before the longer linger is over: by then they may be many.
    await rest(clock, Math.min(leftMs, Math.max(1, this.#config.lingerMs)), signal);
    return false;
  }

  /** How far apart inserts are while so many reports wait, `sinceMs` after the last one. */
  #lingersMs(rows: number, sinceMs: number): number {
    const { lingerMs, idleLingerMs, heavyLingerMs } = this.#config;
    if (rows < BUSY_ROWS) return Math.max(lingerMs, idleLingerMs);
    return rows >= HEAVY_ROWS_PER_MS * sinceMs ? Math.max(lingerMs, heavyLingerMs) : lingerMs;
  }

  /** The next batch, written down. */
  async #takeFrozen(pending: Pending): Promise<Intake | undefined> {
    const next = await this.#take(pending.nexts);
    if (next === undefined) return undefined;
    if (await this.#deps.ledger.freeze(next.batch.manifest)) return next;
    this.#forgetReads(next);
    return undefined;
  }

  /** What is due already is written down together with the commit of the one before. */
  async #takeWhenDue(): Promise<Intake | undefined> {
    if (!this.#hasRoom()) return undefined;
    const { rows, nexts } = await this.#pending();
    if (rows === 0) return undefined;
    const sinceMs = this.#deps.clock.monotonicMs() - this.#lastInsertMs;
    const isDue = rows >= this.#config.rowsMax || this.#lingersMs(rows, sinceMs) <= sinceMs;
    return isDue ? this.#take(nexts) : undefined;
  }

  #hasRoom(): boolean {
    return this.#deps.queue.sizeBytes() < this.#config.feedBytesMax;
  }

  /** Reports that are durable and not taken yet, in the partitions held here. */
  async #pending(): Promise<Pending> {
    const bounds = await this.#deps.stream.bounds();
    const nexts = new Map<number, number>();
    let rows = 0;
    for (const [partition, position] of this.#deps.ledger.positions()) {
      const next = Math.max(position.committed, this.#nexts.get(partition) ?? 0);
      const end = bounds[partition]?.end ?? 0;
      if (end <= next) continue;
      nexts.set(partition, next);
      rows += end - next;
    }
    return { rows, nexts };
  }

  async #take(nexts: ReadonlyMap<number, number>): Promise<Intake | undefined> {
    const { rows, quarantine } = await takeBatches(this.#config, this.#deps.stream, nexts);
    this.#turn += 1;
    const isTheirTurn = rows === undefined || this.#turn % QUARANTINE_TURNS === 0;
    const taken = quarantine !== undefined && isTheirTurn ? quarantine : rows;
    for (const [partition, , end] of taken?.batch.manifest.ranges ?? []) {
      this.#nexts.set(partition, end);
    }
    return taken;
  }

  #forgetReads(intake: Intake): void {
    for (const [partition] of intake.batch.manifest.ranges) this.#nexts.delete(partition);
  }
}
