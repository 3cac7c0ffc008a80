// Writes the live feed's frames (live-wire.ts). Hot path: an update is written once for all clients and
// copied into their frames.

import {
  frameFlags,
  frameTypes,
  helloHeadBytes,
  liveWireLimits,
  liveWireVersion,
  moversHeadBytes,
  updateMask,
  wireSteps,
  type HelloFrame,
  type Mover,
} from "./live-wire.ts";

const utf8 = new TextEncoder();

/** A hello as a frame. @throws RangeError when a text of it is too long. */
export function encodeHello(hello: Omit<HelloFrame, "type">): Uint8Array<ArrayBuffer> {
  const texts = [hello.session, hello.resume].map((text) => utf8.encode(text));
  const [session = new Uint8Array(), resume = new Uint8Array()] = texts;
  if (Math.max(session.length, resume.length) > liveWireLimits.textBytes) {
    throw new RangeError(`hello: a text is longer than ${liveWireLimits.textBytes} bytes`);
  }
  const bytes = new Uint8Array(helloHeadBytes + session.length + resume.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, liveWireVersion);
  view.setUint8(1, frameTypes.hello);
  view.setFloat64(4, hello.serverMs, true);
  view.setUint8(12, session.length);
  bytes.set(session, 13);
  view.setUint8(13 + session.length, resume.length);
  bytes.set(resume, 14 + session.length);
  return bytes;
}

/** One frame at a time, in one buffer that is used again. */
export interface FrameWriter {
  /** Begins a frame; one that was not finished is forgotten. */
  begin(head: { readonly sentAt: number; readonly baseMs: number }): void;
  remove(number: number): void;
  /** Labels are cut at the limit. */
  introduce(number: number, asset: string, label: string): void;
  update(number: number, mover: Mover): void;
  /** An update that `writeUpdate` wrote for the same `baseMs`. */
  copyUpdate(bytes: Uint8Array, start: number, length: number): void;
  /** Bytes so far. */
  sizeBytes(): number;
  /** Whether one mover more certainly fits: an introduction and an update, or a removal. */
  hasRoom(): boolean;
  /** The frame, in memory of its own. */
  finish(tail: FrameTail): Uint8Array<ArrayBuffer>;
}

export interface FrameTail {
  readonly type: "keyframe" | "delta";
  readonly isFirst?: boolean;
  readonly isLast?: boolean;
  readonly version: number;
}

/** Head and texts of an introduction, then an update. */
const ITEM_BYTES_MAX = 6 + 2 * (liveWireLimits.textBytes + 1) + liveWireLimits.updateBytes;

/** A writer of frames of up to `bytesMax`; the caller asks `hasRoom` before each mover. */
export function createFrameWriter(config: { readonly bytesMax: number }): FrameWriter {
  const bytes = new Uint8Array(Math.max(config.bytesMax, moversHeadBytes + ITEM_BYTES_MAX));
  const view = new DataView(bytes.buffer);
  let baseMs = 0;
  let updates = 0;
  let end = 0;

  function text(value: string): void {
    const { read, written } = utf8.encodeInto(
      value,
      bytes.subarray(end + 1, end + 1 + liveWireLimits.textBytes),
    );
    // Half a surrogate pair was not read; nothing of it was written.
    bytes[end] = read > 0 ? written : 0;
    end += 1 + written;
  }

  return {
    begin(head) {
      baseMs = head.baseMs;
      updates = 0;
      end = moversHeadBytes;
      view.setUint8(0, liveWireVersion);
      view.setUint8(3, 0);
      view.setFloat64(4, head.sentAt, true);
      view.setFloat64(12, head.baseMs, true);
    },
    remove(number) {
      end = putVarint(bytes, end, number * 2 + 1);
      bytes[end++] = 0;
    },
    introduce(number, asset, label) {
      end = putVarint(bytes, end, number * 2 + 1);
      bytes[end++] = 1;
      text(asset);
      text(label);
    },
    update(number, mover) {
      end = writeUpdate({ bytes, view, baseMs }, end, number, mover);
      updates += 1;
    },
    copyUpdate(from, start, length) {
      // An update is short: a loop is faster than a view for `set`.
      for (let at = 0; at < length; at++) bytes[end + at] = from[start + at] ?? 0;
      end += length;
      updates += 1;
    },
    sizeBytes: () => end,
    hasRoom: () => end + ITEM_BYTES_MAX <= bytes.length,
    finish({ type, isFirst = false, isLast = false, version }) {
      view.setUint8(1, frameTypes[type]);
      view.setUint8(2, (isFirst ? frameFlags.first : 0) | (isLast ? frameFlags.last : 0));
      view.setFloat64(20, version, true);
      view.setUint32(28, updates, true);
      return bytes.slice(0, end);
    },
  };
}

/** Where updates are written: the same memory as bytes and as a view. */
export interface UpdateTarget {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Times are written as distances from it. */
  readonly baseMs: number;
}

/** Writes one update of at most `updateBytes` from `start` on; gives where it ends. */
export function writeUpdate(
  target: UpdateTarget,
  start: number,
  number: number,
  mover: Mover,
): number {
  const { bytes, view, baseMs } = target;
  let at = putVarint(bytes, start, number * 2);
  const maskAt = at++;
  let mask =
    (mover.onGround ? updateMask.onGround : 0) | (mover.isSuspect ? updateMask.suspect : 0);
  at = putVarint(bytes, at, zigzag(mover.at - baseMs));
  if (!Number.isNaN(mover.lat)) {
    mask |= updateMask.position;
    if (mover.positionAt < mover.at) {
      mask |= updateMask.olderPosition;
      at = putVarint(bytes, at, mover.at - mover.positionAt);
    }
    view.setInt32(at, Math.round(mover.lat * wireSteps.degree), true);
    view.setInt32(at + 4, Math.round(mover.lon * wireSteps.degree), true);
    at += 8;
  }
  if (!Number.isNaN(mover.altitudeM)) {
    mask |= updateMask.altitude;
    at = putVarint(bytes, at, zigzag(Math.round(mover.altitudeM * wireSteps.metre)));
  }
  if (!Number.isNaN(mover.speedMps)) {
    mask |= updateMask.speed;
    at = putVarint(bytes, at, Math.round(mover.speedMps * wireSteps.mps));
  }
  if (!Number.isNaN(mover.headingDeg)) {
    mask |= updateMask.heading;
    view.setUint16(at, Math.round(mover.headingDeg * wireSteps.headingDeg), true);
    at += 2;
  }
  if (!Number.isNaN(mover.climbMps)) {
    mask |= updateMask.climb;
    at = putVarint(bytes, at, zigzag(Math.round(mover.climbMps * wireSteps.mps)));
  }
  bytes[maskAt] = mask;
  return at;
}

/** Small numbers of either sign as small numbers without one. */
function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

/** Seven bits a byte, lowest first, the eighth says that more follow; up to 2^53. */
function putVarint(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  // Beyond 31 bits the operators on bits do not reach.
  while (rest > 0x7fff_ffff) {
    bytes[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  while (rest > 127) {
    bytes[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}
