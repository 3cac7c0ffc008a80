// Writes records into the segments of one epoch: begins one, fills it, seals it, leaves it behind
// when the disk fails. What it says is written is synced, with its name.

import { diskTroubleOf, writeAll, type FileSystem, type OpenFile } from "./file-system.ts";
import { endOfFrame, seqOfFrame } from "./frame.ts";
import {
  emptySegment,
  encodeHeader,
  encodeSeal,
  notePoint,
  segmentName,
  type ReportClass,
  type Segment,
} from "./segment.ts";

export interface SegmentWriterConfig {
  readonly directory: string;
  readonly edge: string;
  readonly class: ReportClass;
  readonly epoch: number;
  readonly seed: number;
  readonly segmentBytes: number;
}

export interface SegmentWriterDeps {
  readonly fileSystem: FileSystem;
  readonly clock: { now(): number };
  /** The outbox's own time, ms. */
  runMs(): number;
  /** Resolves when so many bytes more are within the budget (block or evict). */
  admit(bytes: number): Promise<void>;
  onSegment(segment: Segment): void;
}

export interface SegmentWriter {
  /** The segment that is being written, if any. */
  active(): Segment | undefined;
  /** Makes some records from the start of `records` durable; gives the bytes that they took. */
  write(records: Buffer): Promise<number>;
  /** After a failure: keeps the file if writing at the same place again is all that it takes. */
  stepAside(error: unknown): Promise<void>;
  /** Ends the segment in use. */
  seal(): Promise<void>;
}

/** A sync that failed: what it should have written is there or not, and nobody will ever know. */
export class SyncFailedError extends Error {
  override name = "SyncFailedError";
  readonly code: string | undefined;
  constructor(cause: unknown) {
    super(`sync: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  }
}

interface Active {
  readonly segment: Segment;
  readonly file: OpenFile;
  isNameDurable: boolean;
}

/** A limit on files smaller than this leaves no segment worth the name. */
const SEGMENT_BYTES_MIN = 4096;

export function createSegmentWriter(
  config: SegmentWriterConfig,
  deps: SegmentWriterDeps,
): SegmentWriter {
  return new FileSegmentWriter(config, deps);
}

class FileSegmentWriter implements SegmentWriter {
  readonly #config: SegmentWriterConfig;
  readonly #deps: SegmentWriterDeps;
  #segmentBytes: number;
  #active: Active | undefined;

  constructor(config: SegmentWriterConfig, deps: SegmentWriterDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#segmentBytes = config.segmentBytes;
  }

  active(): Segment | undefined {
    return this.#active?.segment;
  }

  async write(records: Buffer): Promise<number> {
    const firstEnd = endOfFrame(records, 0) ?? records.length;
    if (this.#used() > 0 && this.#used() + firstEnd > this.#segmentBytes) await this.seal();
    const room = this.#segmentBytes - this.#used();
    const slice = records.subarray(0, wholeFrames(records, Math.max(room, firstEnd)));
    await this.#deps.admit(slice.length);
    this.#active ??= await this.#begin(seqOfFrame(slice, 0));
    const { segment, file } = this.#active;
    await writeAll(file, slice, segment.end);
    await sync(() => file.sync());
    if (!this.#active.isNameDurable) {
      await sync(() => this.#deps.fileSystem.syncDirectory(this.#config.directory));
      this.#active.isNameDurable = true;
    }
    noteRecords(segment, slice);
    segment.end += slice.length;
    segment.fileBytes = segment.end;
    segment.writtenMs = this.#deps.runMs();
    return slice.length;
  }

  async stepAside(error: unknown): Promise<void> {
    if (this.#active === undefined) return;
    const trouble = diskTroubleOf(error);
    if (trouble === "space" && !(error instanceof SyncFailedError)) return;
    const { file, segment } = this.#active;
    if (trouble === "too-big") {
      // What was written before is known to fit; else half of what did not.
      const fitted = this.#used() > 0 ? segment.end : Math.floor(this.#segmentBytes / 2);
      this.#segmentBytes = Math.max(SEGMENT_BYTES_MIN, Math.min(this.#segmentBytes, fitted));
    }
    this.#active = undefined;
    await file.close().catch(() => {});
  }

  async seal(): Promise<void> {
    if (this.#active === undefined) return;
    const { segment, file } = this.#active;
    this.#active = undefined;
    try {
      const bytes = encodeSeal(segment, this.#config.seed);
      await writeAll(file, bytes, segment.end);
      await file.sync();
      segment.isSealed = true;
      segment.fileBytes = segment.end + bytes.length;
    } catch {
      // Without a seal the segment is read through at the next opening; nothing else is lost.
    }
    await file.close().catch(() => {});
  }

  /** Bytes in the segment in use, if it has records. */
  #used(): number {
    const segment = this.#active?.segment;
    return segment === undefined || segment.last < segment.first ? 0 : segment.end;
  }

  async #begin(first: number): Promise<Active> {
    const { directory, edge, epoch, seed } = this.#config;
    const name = segmentName(this.#config.class, epoch, first);
    const facts = { class: this.#config.class, epoch, first, nowMs: this.#deps.runMs() };
    const segment = emptySegment(directory, name, facts);
    const acceptedAt = Math.max(0, Math.floor(this.#deps.clock.now()));
    const header = encodeHeader({ edge, first, bornMs: segment.bornMs, acceptedAt, seed });
    const file = await this.#deps.fileSystem.open(segment.path, "create");
    try {
      await writeAll(file, header, 0);
    } catch (error) {
      await file.close();
      throw error;
    }
    segment.end = header.length;
    segment.fileBytes = header.length;
    this.#deps.onSegment(segment);
    return { segment, file, isNameDurable: false };
  }
}

async function sync(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new SyncFailedError(error);
  }
}

/** How many bytes from the start are whole frames within `room`; at least the first frame. */
function wholeFrames(records: Buffer, room: number): number {
  if (records.length <= room) return records.length;
  let end = endOfFrame(records, 0) ?? records.length;
  for (let next = endOfFrame(records, end); next !== undefined && next <= room;) {
    end = next;
    next = endOfFrame(records, end);
  }
  return end;
}

/** Takes records that were written at the segment's end into its index. */
function noteRecords(segment: Segment, bytes: Buffer): void {
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
}
