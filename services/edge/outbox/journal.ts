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
import { diskTroubleOf, writeAll, type FileSystem, type OpenFile } from "./file-system.ts";
import { endOfFrame, frameHeadBytes, frameKinds, seedOf, seqOfFrame, writeHead } from "./frame.ts";
import {
  emptySegment,
  encodeHeader,
  encodeSeal,
  notePoint,
  segmentName,
  type ReportClass,
  type Segment,
} from "./segment.ts";

export interface JournalConfig {
  readonly directory: string;
  readonly edge: string;
  readonly class: ReportClass;
  readonly epoch: number;
  /** Least time from the start of one sync to the next, ms; 0 syncs as fast as the disk goes. */
  readonly groupMs: number;
  /** A group of this size is written without waiting; at twice this, `append` blocks. */
  readonly groupBytes: number;
  readonly segmentBytes: number;
}

export interface JournalDeps {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  /** The outbox's own time, ms. */
  runMs(): number;
  /** Makes the epoch durable; called before its first record is written. */
  claimEpoch(): Promise<void>;
  /** Resolves when so many bytes more are within the budget (block or evict). */
  admit(bytes: number): Promise<void>;
  /** Resolves when a failed write is worth another try; rejects when the outbox closes. */
  overcome(error: unknown, attempt: number): Promise<void>;
  onSegment(segment: Segment): void;
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

interface Group {
  buffer: Buffer;
  used: number;
  reports: number;
  last: number;
  readonly done: PromiseWithResolvers<void>;
}

interface Active {
  readonly segment: Segment;
  readonly file: OpenFile;
  isNameDurable: boolean;
}

const GROUP_BYTES_START = 64 * 1024;

export function createJournal(config: JournalConfig, deps: JournalDeps): Journal {
  const { fileSystem, clock } = deps;
  const seed = seedOf(config.edge, config.epoch);
  let nextSeq = 1;
  let segmentBytes = config.segmentBytes;
  let active: Active | undefined;
  let group = createGroup(Buffer.allocUnsafe(GROUP_BYTES_START));
  let spare: Buffer = Buffer.allocUnsafe(GROUP_BYTES_START);
  let isEpochClaimed = false;
  let isClosed = false;
  let committing: Promise<void> | undefined;
  let syncedAtMs = -Infinity;
  /** Full groups send `append` to wait here. */
  let room = Promise.withResolvers<void>();
  /** One at a time touches the active segment. */
  let turn: Promise<unknown> = Promise.resolve();

  function exclusive<T>(work: () => Promise<T>): Promise<T> {
    const next = turn.then(work, work);
    turn = next.catch(() => {});
    return next;
  }

  async function append(reports: readonly Report[]): Promise<void> {
    const groups = new Set<Promise<void>>();
    const acceptedAt = Math.min(Math.max(0, Math.floor(clock.now())), 2 ** 48 - 1);
    for (const report of reports) {
      while (group.used >= 2 * config.groupBytes && !isClosed) await room.promise;
      if (isClosed) throw new OutboxClosedError();
      encodeReport(group, report, { seq: nextSeq, acceptedAt, seed });
      nextSeq += 1;
      groups.add(group.done.promise);
      if (committing === undefined && group.used >= config.groupBytes) startCommitting();
    }
    if (committing === undefined && group.used > 0) startCommitting();
    await Promise.all(groups);
  }

  function startCommitting(): void {
    committing = commitGroups().finally(() => (committing = undefined));
  }

  async function commitGroups(): Promise<void> {
    while (group.used > 0) {
      const waitMs = syncedAtMs + config.groupMs - clock.monotonicMs();
      if (waitMs > 0 && group.used < config.groupBytes && !isClosed) await clock.sleep(waitMs);
      syncedAtMs = clock.monotonicMs();
      const taken = group;
      group = createGroup(spare);
      room.resolve();
      room = Promise.withResolvers<void>();
      try {
        await exclusive(() => persist(taken));
        taken.done.resolve();
      } catch (error) {
        isClosed = true;
        taken.done.reject(error);
        group.done.reject(error);
        room.resolve();
        // Nobody may be waiting for an empty group.
        group.done.promise.catch(() => {});
        return;
      }
      spare = taken.buffer;
    }
  }

  async function persist(taken: Group): Promise<void> {
    let from = 0;
    for (let attempt = 0; from < taken.used; attempt += 1) {
      try {
        if (!isEpochClaimed) await deps.claimEpoch();
        isEpochClaimed = true;
        const slice = await nextSlice(taken, from);
        await deps.admit(slice.bytes.length);
        await commitSlice(slice.bytes, slice.first);
        from += slice.bytes.length;
        attempt = -1;
      } catch (error) {
        await stepAside(error);
        await deps.overcome(error, attempt);
      }
    }
  }

  /** As many whole records as fit in the segment; makes place for one when none does. */
  async function nextSlice(taken: Group, from: number): Promise<{ bytes: Buffer; first: number }> {
    const whole = taken.buffer.subarray(0, taken.used);
    const firstEnd = endOfFrame(whole, from) ?? taken.used;
    const used = active?.segment.end ?? frameHeadBytes * 8;
    if (active !== undefined && active.segment.last >= active.segment.first) {
      if (used + firstEnd - from > segmentBytes) await seal();
    }
    const room = segmentBytes - (active?.segment.end ?? frameHeadBytes * 8);
    let end = firstEnd;
    if (taken.used - from <= room) end = taken.used;
    else {
      for (let next = endOfFrame(whole, end); next !== undefined && next - from <= room;) {
        end = next;
        next = endOfFrame(whole, end);
      }
    }
    return { bytes: whole.subarray(from, end), first: seqOfFrame(whole, from) };
  }

  async function commitSlice(bytes: Buffer, first: number): Promise<void> {
    active ??= await begin(first);
    const { segment, file } = active;
    await writeAll(file, bytes, segment.end);
    await sync(() => file.sync());
    if (!active.isNameDurable) await sync(() => fileSystem.syncDirectory(config.directory));
    active.isNameDurable = true;
    const reports = noteRecords(segment, bytes);
    segment.end += bytes.length;
    segment.fileBytes = segment.end;
    segment.writtenMs = deps.runMs();
    deps.onCommit(segment.last, { reports, bytes: bytes.length });
  }

  async function begin(first: number): Promise<Active> {
    const name = segmentName(config.class, config.epoch, first);
    const facts = { class: config.class, epoch: config.epoch, first, nowMs: deps.runMs() };
    const segment = emptySegment(config.directory, name, facts);
    const header = encodeHeader({
      edge: config.edge,
      first,
      bornMs: segment.bornMs,
      acceptedAt: Math.max(0, Math.floor(clock.now())),
      seed,
    });
    const file = await fileSystem.open(segment.path, "create");
    try {
      await writeAll(file, header, 0);
    } catch (error) {
      await file.close();
      throw error;
    }
    segment.end = header.length;
    segment.fileBytes = header.length;
    deps.onSegment(segment);
    return { segment, file, isNameDurable: false };
  }

  /** Leaves the file that failed, unless writing at the same place again is all that it takes. */
  async function stepAside(error: unknown): Promise<void> {
    const trouble = diskTroubleOf(error);
    if (active === undefined || (trouble === "space" && !(error instanceof SyncFailedError)))
      return;
    if (trouble === "too-big")
      segmentBytes = Math.max(4096, Math.min(segmentBytes, active.segment.end));
    const { file } = active;
    active = undefined;
    await file.close().catch(() => {});
  }

  async function seal(): Promise<void> {
    if (active === undefined) return;
    const { segment, file } = active;
    active = undefined;
    try {
      const bytes = encodeSeal(segment, seed);
      await writeAll(file, bytes, segment.end);
      await file.sync();
      segment.isSealed = true;
      segment.fileBytes = segment.end + bytes.length;
    } catch {
      // Without a seal the segment is read through at the next opening; nothing else is lost.
    }
    await file.close().catch(() => {});
  }

  return {
    append,
    active: () => active?.segment,
    roll: () => exclusive(seal),
    async close() {
      isClosed = true;
      room.resolve();
      await committing;
      await exclusive(seal);
    },
  };
}

/** A sync that failed: what it should have written is lost or not, and nobody will ever know. */
class SyncFailedError extends Error {
  override name = "SyncFailedError";
  readonly code: string | undefined;
  constructor(cause: unknown) {
    super(`sync: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  }
}

async function sync(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new SyncFailedError(error);
  }
}

function createGroup(buffer: Buffer): Group {
  return { buffer, used: 0, reports: 0, last: 0, done: Promise.withResolvers<void>() };
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
  group.reports += 1;
  group.last = facts.seq;
}

/** Takes records that were written at the segment's end into its index. Gives their number. */
function noteRecords(segment: Segment, bytes: Buffer): number {
  const before = segment.last;
  for (let start: number | undefined = 0; start !== undefined && start < bytes.length;) {
    const seq = seqOfFrame(bytes, start);
    notePoint(segment, {
      seq,
      offset: segment.end + start,
      acceptedAt: bytes.readUIntLE(start + 18, 6),
    });
    segment.last = seq;
    start = endOfFrame(bytes, start);
  }
  return segment.last - before;
}
