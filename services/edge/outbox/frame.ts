// A record in a segment: 24 bytes and a payload.
//
//   0  crc32 of all that follows, seeded by the epoch   u32
//   4  mark 0x1e                                        u8
//   5  kind                                             u8
//   6  zero                                             u16
//   8  length of the payload                            u32
//  12  sequence number                                  u48
//  18  when it was accepted, epoch ms                   u48
//  24  payload; of a report its NDJSON line with the line's end
//
// All little-endian. JSON holds no control character but the line's end, so a mark inside a payload
// is never taken for a record when a reader looks for the next good one. Blocks of an older file that
// a file system shows again after a power cut fail the check, because their epoch was another.

import { crc32 } from "node:zlib";

export const frameKinds = { header: 1, report: 2, seal: 3 } as const;

export const frameHeadBytes = 24;
/** A length beyond this is damage: the longest line is far shorter. */
export const payloadBytesMax = 1024 * 1024;
const MARK = 0x1e;

export interface Frame {
  readonly kind: number;
  readonly seq: number;
  /** Edge clock at acceptance, epoch ms. */
  readonly acceptedAt: number;
  readonly payloadStart: number;
  /** Where the frame ends. */
  readonly end: number;
}

/** The seed that ties a record to its epoch. */
export function seedOf(edge: string, epoch: number): number {
  return crc32(`drover-outbox ${edge} ${epoch}`);
}

/** Writes the 24 bytes before a payload that stands in `buffer` already. Gives the frame's end. */
export function writeHead(
  buffer: Buffer,
  start: number,
  head: { kind: number; seq: number; acceptedAt: number; payloadBytes: number; seed: number },
): number {
  const end = start + frameHeadBytes + head.payloadBytes;
  buffer[start + 4] = MARK;
  buffer[start + 5] = head.kind;
  buffer[start + 6] = 0;
  buffer[start + 7] = 0;
  buffer.writeUInt32LE(head.payloadBytes, start + 8);
  buffer.writeUIntLE(head.seq, start + 12, 6);
  buffer.writeUIntLE(head.acceptedAt, start + 18, 6);
  buffer.writeUInt32LE(crc32(buffer.subarray(start + 4, end), head.seed), start);
  return end;
}

/** One frame around a payload of its own. */
export function encodeFrame(
  payload: Uint8Array,
  head: { kind: number; seq: number; acceptedAt: number; seed: number },
): Buffer {
  const buffer = Buffer.allocUnsafe(frameHeadBytes + payload.length);
  buffer.set(payload, frameHeadBytes);
  writeHead(buffer, 0, { ...head, payloadBytes: payload.length });
  return buffer;
}

/** Where the frame at `start` says that it ends; undefined when that cannot be so. Not verified. */
export function endOfFrame(buffer: Buffer, start: number): number | undefined {
  if (start + frameHeadBytes > buffer.length || buffer[start + 4] !== MARK) return undefined;
  const payloadBytes = buffer.readUInt32LE(start + 8);
  return payloadBytes > payloadBytesMax ? undefined : start + frameHeadBytes + payloadBytes;
}

export function seqOfFrame(buffer: Buffer, start: number): number {
  return buffer.readUIntLE(start + 12, 6);
}

/** The good frame at `start`, or undefined when it is cut off or damaged. */
export function readFrame(buffer: Buffer, start: number, seed: number): Frame | undefined {
  const end = endOfFrame(buffer, start);
  if (end === undefined || end > buffer.length) return undefined;
  if (crc32(buffer.subarray(start + 4, end), seed) !== buffer.readUInt32LE(start)) return undefined;
  return {
    kind: buffer[start + 5] ?? 0,
    seq: seqOfFrame(buffer, start),
    acceptedAt: buffer.readUIntLE(start + 18, 6),
    payloadStart: start + frameHeadBytes,
    end,
  };
}

/** The start of the next good frame after `from`, or undefined when none is left in the buffer. */
export function findFrame(buffer: Buffer, from: number, seed: number): number | undefined {
  let mark = buffer.indexOf(MARK, from + 4);
  while (mark >= 0) {
    const start = mark - 4;
    if (readFrame(buffer, start, seed) !== undefined) return start;
    mark = buffer.indexOf(MARK, mark + 1);
  }
  return undefined;
}
