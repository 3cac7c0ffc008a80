import { readFully, type FileSystem, type OpenFile } from "./file-system.ts";
import {
  endOfFrame,
  findFrame,
  frameHeadBytes,
  frameKinds,
  readFrame,
  seqOfFrame,
} from "./frame.ts";
import type { Interval } from "./interval-set.ts";
import { pointAfter, pointBefore, type Segment } from "./segment.ts";

/** Lines of one segment as a request body, and which sequence numbers each of them stands for. */
export interface Extract {
  readonly body: Buffer;
  /** End of each line in `body`. */
  readonly ends: number[];
  /** Sequence number of each line. */
  readonly seqs: number[];
  /** Ranges that turned out to be damaged. */
  readonly damaged: Interval[];
  /** The last sequence number that was looked at; `first - 1` when nothing could be. */
  readonly through: number;
}

export interface ExtractLimits {
  readonly reports: number;
  readonly bytes: number;
}

export interface SegmentReader extends AsyncDisposable {
  /** Records of [first, last] from a segment, as many as the limits allow, at least one. */
  extract(segment: Segment, range: Interval, limits: ExtractLimits): Promise<Extract>;
  /** Lets go of a file that is about to be removed. */
  forget(segment: Segment): Promise<void>;
}

/** Open files kept, least recently used closed first. */
const FILES_MAX = 8;
/** Always enough for one whole record (`payloadBytesMax` and its head). */
const WINDOW_BYTES_MIN = 1024 * 1024 + 4096;

export function createSegmentReader(
  config: { readonly seedOf: (epoch: number) => number },
  deps: { readonly fileSystem: FileSystem },
): SegmentReader {
  const files = new Map<string, Promise<OpenFile>>();

  async function fileOf(segment: Segment): Promise<OpenFile> {
    let opening = files.get(segment.path);
    files.delete(segment.path);
    opening ??= deps.fileSystem.open(segment.path, "read");
    files.set(segment.path, opening);
    const [oldest] = files;
    if (files.size > FILES_MAX && oldest !== undefined) await close(...oldest);
    try {
      return await opening;
    } catch (error) {
      files.delete(segment.path);
      throw error;
    }
  }

  async function close(path: string, opening: Promise<OpenFile>): Promise<void> {
    files.delete(path);
    try {
      await (await opening).close();
    } catch {
      // It could not be opened, or it is closed: both leave nothing to do.
    }
  }

  return {
    async extract(segment, range, limits) {
      const file = await fileOf(segment);
      const { window, nextSeq } = await readWindow(file, segment, range, limits);
      const seed = config.seedOf(segment.epoch);
      return extractFrom(window, range, limits, { seed, nextSeq });
    },
    async forget(segment) {
      const opening = files.get(segment.path);
      if (opening !== undefined) await close(segment.path, opening);
    },
    async [Symbol.asyncDispose]() {
      for (const [path, opening] of Array.from(files)) await close(path, opening);
    },
  };
}

/** The bytes from the index point before the range to the one after it, within bounds. */
async function readWindow(
  file: OpenFile,
  segment: Segment,
  range: Interval,
  limits: ExtractLimits,
): Promise<{ window: Buffer; nextSeq: number }> {
  const from = pointBefore(segment, range.first)?.offset ?? 0;
  const until = pointAfter(segment, range.last)?.offset ?? segment.end;
  const bytes = Math.min(until - from, Math.max(WINDOW_BYTES_MIN, 2 * limits.bytes));
  const buffer = Buffer.allocUnsafe(bytes);
  const window = buffer.subarray(0, await readFully(file, buffer, from));
  if (from + bytes >= until) return { window, nextSeq: range.last + 1 };
  // Reading goes on at the last point inside the window, or behind it when that is no progress.
  const inside = segment.index.findLast((point) => point.offset < from + bytes);
  const isProgress = inside !== undefined && inside.seq > range.first;
  return {
    window,
    nextSeq: (isProgress ? inside : pointAfter(segment, range.first))?.seq ?? range.last + 1,
  };
}

/**
 * Gathers the wanted records from a window. Hot path: one pass, one copy, a check of each record
 * that is sent; what lies before the range is stepped over by its length alone.
 */
function extractFrom(
  window: Buffer,
  range: Interval,
  limits: ExtractLimits,
  facts: { readonly seed: number; readonly nextSeq: number },
): Extract {
  const body = Buffer.allocUnsafe(Math.min(window.length, limits.bytes + WINDOW_BYTES_MIN));
  const ends: number[] = [];
  const seqs: number[] = [];
  const damaged: Interval[] = [];
  let used = 0;
  let expected = range.first;
  let start: number | undefined = skipTo(window, range.first);
  while (start !== undefined && expected <= range.last && seqs.length < limits.reports) {
    const frame = readFrame(window, start, facts.seed);
    if (frame === undefined) {
      start = findFrame(window, start, facts.seed);
      continue;
    }
    if (frame.kind === frameKinds.report && frame.seq >= expected) {
      if (frame.seq > range.last) {
        // Records stand in order: what is wanted would have come before this one.
        damaged.push({ first: expected, last: range.last });
        expected = range.last + 1;
        break;
      }
      const payloadBytes = frame.end - frame.payloadStart;
      if (used > 0 && used + payloadBytes > limits.bytes) break;
      if (frame.seq > expected) damaged.push({ first: expected, last: frame.seq - 1 });
      used += window.copy(body, used, frame.payloadStart, frame.end);
      ends.push(used);
      seqs.push(frame.seq);
      expected = frame.seq + 1;
    }
    start = frame.end < window.length ? frame.end : undefined;
  }
  // Nothing good up to where the window ends: what should have been there is damaged. A record that
  // the window's end cuts off belongs to the next extract.
  const isWhole = facts.nextSeq > range.last;
  const until = Math.min(range.last, facts.nextSeq - 1);
  if (start === undefined && expected <= until && (isWhole || seqs.length === 0)) {
    damaged.push({ first: expected, last: until });
    expected = until + 1;
  }
  return { body: body.subarray(0, used), ends, seqs, damaged, through: expected - 1 };
}

/**
 * Steps over records by their lengths to the first that is wanted. Lengths are not verified here: when
 * they lead anywhere else, everything is looked at from the start.
 */
function skipTo(window: Buffer, first: number): number {
  let start = 0;
  for (;;) {
    const end = endOfFrame(window, start);
    if (end === undefined) return 0;
    if (window[start + 5] === frameKinds.report) {
      const seq = seqOfFrame(window, start);
      if (seq >= first) return seq === first ? start : 0;
    }
    if (end > window.length - frameHeadBytes) return start;
    start = end;
  }
}
