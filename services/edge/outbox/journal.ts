// The writing half of the outbox, for one class of reports: group commit into segments.
//
//   append → encoded into the group at once → [ write → sync ] → acknowledged, open to readers
//
// While a group is being synced the next one gathers, so a busy disk makes larger groups and an idle
// one adds no wait. Every trouble of the disk is met by trying again; nothing acknowledged depends
// on what failed, because a failed sync is never believed later: its file is left behind, cut off at
// the last good record, and the group is written again elsewhere under the same numbers.

import type { Report } from "@drover/core/model/report";
import type { Clock } from "@drover/core/service/clock";
import { frameHeadBytes, frameKinds, seedOf, writeHead } from "./frame.ts";
import type { ReportClass, Segment } from "./segment.ts";
import {
  createSegmentWriter,
  type SegmentWriter,
  type SegmentWriterDeps,
} from "./segment-writer.ts";

export interface JournalConfig {
  readonly directory: string;
  readonly edge: string;
  readonly class: ReportClass;
  readonly epoch: number;
  /** Least time from the start of one sync to the next when there is little to sync, ms. */
  readonly groupMs: number;
  /** At twice this size of a group `append` blocks until it is written. */
  readonly groupBytes: number;
  readonly segmentBytes: number;
}

export interface JournalDeps extends SegmentWriterDeps {
  readonly clock: Clock;
  /** Makes the epoch durable; called before its first record is written. */
  claimEpoch(): Promise<void>;
  /** Resolves when a failed write is worth another try; rejects when the outbox closes. */
  overcome(error: unknown, attempt: number): Promise<void>;
  /** Records up to `last` are durable now. */
  onCommit(last: number, facts: { readonly reports: number; readonly bytes: number }): void;
}

export interface Journal {
  /** Resolves once every report is durable. */
  append(reports: readonly Report[]): Promise<void>;
  /** The segment that is being written, if any. */
  active(): Segment | undefined;
  /** Seals the segment in use, so that it can be removed; waits for the group on its way. */
  roll(): Promise<void>;
  /** Ends the group on its way, then lets go of the file. */
  close(): Promise<void>;
}

export class OutboxClosedError extends Error {
  override name = "OutboxClosedError";
  constructor() {
    super("append: the outbox is closed");
  }
}

/** Encoded reports that become durable together. */
interface Group {
  buffer: Buffer;
  used: number;
  readonly done: PromiseWithResolvers<void>;
}

const GROUP_BYTES_START = 4 * 1024;
/** Groups of this size are worth a sync of their own. */
const PACED_BYTES_MAX = 32 * 1024;
const ACCEPTED_AT_MAX = 2 ** 48 - 1;

export function createJournal(config: JournalConfig, deps: JournalDeps): Journal {
  return new GroupJournal(config, deps);
}

class GroupJournal implements Journal {
  readonly #config: JournalConfig;
  readonly #deps: JournalDeps;
  readonly #seed: number;
  readonly #writer: SegmentWriter;
  #nextSeq = 1;
  #group = createGroup(Buffer.allocUnsafe(GROUP_BYTES_START));
  /** The buffer of the group before, to be used again. */
  #spare: Buffer = Buffer.allocUnsafe(GROUP_BYTES_START);
  #isEpochClaimed = false;
  #isClosed = false;
  #committing: Promise<void> | undefined;
  #syncedAtMs = -Infinity;
  /** `append` waits here while the group is full. */
  #room = Promise.withResolvers<void>();
  /** One at a time touches the active segment. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(config: JournalConfig, deps: JournalDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#seed = seedOf(config.edge, config.epoch);
    this.#writer = createSegmentWriter({ ...config, seed: this.#seed }, deps);
  }

  active(): Segment | undefined {
    return this.#writer.active();
  }

  roll(): Promise<void> {
    return this.#exclusive(() => this.#writer.seal());
  }

  async append(reports: readonly Report[]): Promise<void> {
    const { groupBytes } = this.#config;
    const waits = new Set<Promise<void>>();
    const now = Math.floor(this.#deps.clock.now());
    const acceptedAt = Math.min(Math.max(0, now), ACCEPTED_AT_MAX);
    for (const report of reports) {
      while (this.#group.used >= 2 * groupBytes && !this.#isClosed) await this.#room.promise;
      if (this.#isClosed) throw new OutboxClosedError();
      encodeReport(this.#group, report, { seq: this.#nextSeq, acceptedAt, seed: this.#seed });
      this.#nextSeq += 1;
      waits.add(this.#group.done.promise);
      if (this.#group.used >= groupBytes) this.#startCommitting();
    }
    if (reports.length > 0) this.#startCommitting();
    await Promise.all(waits);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#room.resolve();
    await this.#committing;
    await this.roll();
  }

  #startCommitting(): void {
    this.#committing ??= this.#commitGroups().finally(() => (this.#committing = undefined));
  }

  async #commitGroups(): Promise<void> {
    while (this.#group.used > 0) {
      await this.#pace();
      const group = this.#group;
      this.#group = createGroup(this.#spare);
      this.#room.resolve();
      this.#room = Promise.withResolvers();
      try {
        await this.#exclusive(() => this.#persist(group));
      } catch (error) {
        this.#fail(error, group);
        return;
      }
      this.#spare = group.buffer;
      group.done.resolve();
    }
  }

  /** Keeps syncs of little apart. The first after a pause does not wait, nor does a full load. */
  async #pace(): Promise<void> {
    const waitMs = this.#syncedAtMs + this.#config.groupMs - this.#deps.clock.monotonicMs();
    const isUrgent = this.#group.used >= PACED_BYTES_MAX || this.#isClosed;
    if (waitMs > 0 && !isUrgent) await this.#deps.clock.sleep(waitMs);
    this.#syncedAtMs = this.#deps.clock.monotonicMs();
  }

  async #persist(group: Group): Promise<void> {
    const records = group.buffer.subarray(0, group.used);
    for (let from = 0, attempt = 0; from < records.length;) {
      try {
        if (!this.#isEpochClaimed) await this.#deps.claimEpoch();
        this.#isEpochClaimed = true;
        const before = this.#writer.active()?.last;
        const bytes = await this.#writer.write(records.subarray(from));
        from += bytes;
        attempt = 0;
        this.#noteCommit(before, bytes);
      } catch (error) {
        await this.#writer.stepAside(error);
        await this.#deps.overcome(error, attempt);
        attempt += 1;
      }
    }
  }

  #noteCommit(before: number | undefined, bytes: number): void {
    const segment = this.#writer.active();
    if (segment === undefined) return;
    const from = Math.max(before ?? 0, segment.first - 1);
    this.#deps.onCommit(segment.last, { reports: segment.last - from, bytes });
  }

  /** Only closing ends the trying; then nothing of what is waiting was acknowledged. */
  #fail(error: unknown, group: Group): void {
    this.#isClosed = true;
    this.#room.resolve();
    for (const { done } of [group, this.#group]) {
      done.promise.catch(() => {});
      done.reject(error);
    }
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work, work);
    this.#turn = next.catch(() => {});
    return next;
  }
}

function createGroup(buffer: Buffer): Group {
  return { buffer, used: 0, done: Promise.withResolvers<void>() };
}

/** Hot path: the line is the JSON text with its number in front, written once. */
function encodeReport(
  group: Group,
  report: Report,
  facts: { readonly seq: number; readonly acceptedAt: number; readonly seed: number },
): void {
  const line = `{"seq":${facts.seq},${JSON.stringify(report).slice(1)}\n`;
  const needed = group.used + frameHeadBytes + line.length * 3;
  if (needed > group.buffer.length) {
    const larger = Buffer.allocUnsafe(Math.max(needed, group.buffer.length * 2));
    group.buffer.copy(larger, 0, 0, group.used);
    group.buffer = larger;
  }
  const payloadBytes = group.buffer.write(line, group.used + frameHeadBytes, "utf8");
  group.used = writeHead(group.buffer, group.used, {
    kind: frameKinds.report,
    seq: facts.seq,
    acceptedAt: facts.acceptedAt,
    payloadBytes,
    seed: facts.seed,
  });
}
