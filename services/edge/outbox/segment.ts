// A segment: one file of records of one class and one epoch, in order of their sequence numbers.
//
//   header frame · report frames · [ seal frame · trailer: length of the seal frame, "DSEA" ]
//
// A sealed segment never changes again, and its seal says what is in it, so that opening a large
// backlog reads a few kilobytes a file. One without a seal is read through.

import { z } from "zod";
import { readFully, type FileSystem, type OpenFile } from "./file-system.ts";
import { encodeFrame, findFrame, frameKinds, readFrame } from "./frame.ts";
import type { Interval } from "./interval-set.ts";

/** `important` reports are evicted last and sent first. */
export const reportClasses = ["important", "routine"] as const;
export type ReportClass = (typeof reportClasses)[number];

/** A point of a segment from which records can be read: one about every 32 KiB. */
export interface IndexPoint {
  readonly seq: number;
  readonly offset: number;
  /** Edge clock at acceptance of this record, epoch ms. */
  readonly acceptedAt: number;
}

export const indexEveryBytes = 32 * 1024;

export interface Segment {
  readonly name: string;
  readonly path: string;
  readonly class: ReportClass;
  readonly epoch: number;
  readonly first: number;
  /** Last durable record; `first - 1` while there is none. */
  last: number;
  /** End of the last durable record. */
  end: number;
  /** Size of the file. */
  fileBytes: number;
  /** The outbox's own time (see `ledger.ts`) when the segment was begun and last written, ms. */
  bornMs: number;
  writtenMs: number;
  isSealed: boolean;
  readonly index: IndexPoint[];
  /** Ranges within [first, last] that are not there. */
  damaged: Interval[];
}

/** What is written into a seal; the index as flat triples. */
const Seal = z.strictObject({
  last: z.int().min(0),
  end: z.int().min(0),
  bornMs: z.number().min(0),
  writtenMs: z.number().min(0),
  index: z.array(z.number()).max(100_000),
  damaged: z.array(z.tuple([z.int(), z.int()])).max(100_000),
});

const Header = z.strictObject({
  version: z.literal(1),
  edge: z.string(),
  bornMs: z.number().min(0),
});

const namePattern = /^(important|routine)-(\d{10})-(\d{16})\.seg$/;

export function segmentName(reportClass: ReportClass, epoch: number, first: number): string {
  return `${reportClass}-${String(epoch).padStart(10, "0")}-${String(first).padStart(16, "0")}.seg`;
}

/** What a segment's name says, or undefined for a file that is no segment. */
export function parseSegmentName(
  name: string,
): { class: ReportClass; epoch: number; first: number } | undefined {
  const match = namePattern.exec(name);
  const found = reportClasses.find((each) => each === match?.[1]);
  if (match === null || found === undefined) return undefined;
  return { class: found, epoch: Number(match[2]), first: Number(match[3]) };
}

export function encodeHeader(facts: {
  edge: string;
  first: number;
  bornMs: number;
  acceptedAt: number;
  seed: number;
}): Buffer {
  const header: z.infer<typeof Header> = { version: 1, edge: facts.edge, bornMs: facts.bornMs };
  return encodeFrame(Buffer.from(JSON.stringify(header)), {
    kind: frameKinds.header,
    seq: facts.first,
    acceptedAt: facts.acceptedAt,
    seed: facts.seed,
  });
}

const TRAILER_BYTES = 8;
const TRAILER_MARK = 0x41455344;

/** The seal and its trailer, to be written at `segment.end`. */
export function encodeSeal(segment: Segment, seed: number): Buffer {
  const seal: z.infer<typeof Seal> = {
    last: segment.last,
    end: segment.end,
    bornMs: segment.bornMs,
    writtenMs: segment.writtenMs,
    index: segment.index.flatMap(({ seq, offset, acceptedAt }) => [seq, offset, acceptedAt]),
    damaged: segment.damaged.map(({ first, last }) => [first, last]),
  };
  const frame = encodeFrame(Buffer.from(JSON.stringify(seal)), {
    kind: frameKinds.seal,
    seq: segment.last + 1,
    acceptedAt: 0,
    seed,
  });
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeUInt32LE(frame.length, 0);
  trailer.writeUInt32LE(TRAILER_MARK, 4);
  return Buffer.concat([frame, trailer]);
}

/** Whether a seal could be read; a segment without one was in use when its process ended. */
export async function readSeal(file: OpenFile, segment: Segment, seed: number): Promise<boolean> {
  const trailer = Buffer.alloc(TRAILER_BYTES);
  const trailerAt = segment.fileBytes - TRAILER_BYTES;
  if (trailerAt < 0 || (await readFully(file, trailer, trailerAt)) < TRAILER_BYTES) return false;
  const frameBytes = trailer.readUInt32LE(0);
  if (trailer.readUInt32LE(4) !== TRAILER_MARK || frameBytes > trailerAt) return false;
  const buffer = Buffer.alloc(frameBytes);
  await readFully(file, buffer, trailerAt - frameBytes);
  const frame = readFrame(buffer, 0, seed);
  if (frame?.kind !== frameKinds.seal) return false;
  const seal = parseJson(Seal, buffer.subarray(frame.payloadStart, frame.end));
  if (seal === undefined || seal.last + 1 < segment.first) return false;
  segment.last = seal.last;
  segment.end = seal.end;
  segment.bornMs = seal.bornMs;
  segment.writtenMs = seal.writtenMs;
  segment.isSealed = true;
  for (let at = 0; at + 2 < seal.index.length; at += 3) {
    const [seq = 0, offset = 0, acceptedAt = 0] = seal.index.slice(at, at + 3);
    segment.index.push({ seq, offset, acceptedAt });
  }
  segment.damaged = seal.damaged.map(([first, last]) => ({ first, last }));
  return true;
}

/**
 * Reads a segment through and says in it what is there. Damage in the middle becomes a hole; what
 * is cut off at the end was never acknowledged. Gives how many bytes at the end are no record.
 */
export function scanSegment(buffer: Buffer, segment: Segment, seed: number): number {
  let offset = 0;
  let expected = segment.first;
  let start: number | undefined = 0;
  while (start !== undefined) {
    const frame = readFrame(buffer, start, seed);
    if (frame === undefined) {
      start = findFrame(buffer, start, seed);
      continue;
    }
    if (frame.kind === frameKinds.header) {
      const header = parseJson(Header, buffer.subarray(frame.payloadStart, frame.end));
      if (header !== undefined) segment.bornMs = header.bornMs;
      offset = frame.end;
    }
    if (frame.kind === frameKinds.report && frame.seq >= expected) {
      if (frame.seq > expected) segment.damaged.push({ first: expected, last: frame.seq - 1 });
      notePoint(segment, { seq: frame.seq, offset: start, acceptedAt: frame.acceptedAt });
      expected = frame.seq + 1;
      offset = frame.end;
    }
    start = frame.end < buffer.length ? frame.end : undefined;
  }
  segment.last = expected - 1;
  segment.end = offset;
  segment.writtenMs = Math.max(segment.writtenMs, segment.bornMs);
  return buffer.length - offset;
}

/** Adds an index point when the last one lies far enough behind. */
export function notePoint(segment: Segment, point: IndexPoint): void {
  const previous = segment.index.at(-1);
  if (previous !== undefined && point.offset - previous.offset < indexEveryBytes) return;
  segment.index.push(point);
}

/** The last index point at or before `seq`. */
export function pointBefore(segment: Segment, seq: number): IndexPoint | undefined {
  let low = 0;
  let high = segment.index.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((segment.index[middle]?.seq ?? Infinity) <= seq) low = middle + 1;
    else high = middle;
  }
  return segment.index[low - 1];
}

/** The first index point behind `seq`. */
export function pointAfter(segment: Segment, seq: number): IndexPoint | undefined {
  return segment.index.find((point) => point.seq > seq);
}

/** How many reports the segment holds. */
export function reportsIn(segment: Segment): number {
  let missing = 0;
  for (const { first, last } of segment.damaged) missing += last - first + 1;
  return segment.last - segment.first + 1 - missing;
}

export function emptySegment(
  directory: string,
  name: string,
  facts: { class: ReportClass; epoch: number; first: number; nowMs: number },
): Segment {
  return {
    name,
    path: `${directory}/${name}`,
    class: facts.class,
    epoch: facts.epoch,
    first: facts.first,
    last: facts.first - 1,
    end: 0,
    fileBytes: 0,
    bornMs: facts.nowMs,
    writtenMs: facts.nowMs,
    isSealed: false,
    index: [],
    damaged: [],
  };
}

/** Removes a segment's file; one that is gone already is as good. */
export async function removeSegment(fileSystem: FileSystem, segment: Segment): Promise<void> {
  try {
    await fileSystem.remove(segment.path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

function parseJson<S extends z.ZodType>(schema: S, bytes: Uint8Array): z.infer<S> | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8")));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
