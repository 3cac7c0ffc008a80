// Reads the live feed's frames (live-wire.ts). Nothing that a sender writes makes it crash, run long or
// take more memory than a small multiple of the frame: what is no frame is a LiveWireError.

import { assetPattern } from "./ids.ts";
import {
  LiveWireError,
  emptyColumns,
  frameFlags,
  frameTypes,
  liveWireLimits,
  liveWireVersion,
  moverFlags,
  moversHeadBytes,
  updateMask,
  wireSteps,
  type HelloFrame,
  type Introduction,
  type LiveFrame,
  type MoverColumns,
  type MoversFrame,
} from "./live-wire.ts";

const fromUtf8 = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
/** Number, mask, time. */
const UPDATE_BYTES_MIN = 3;
/** Times from 1970 to 2100, as in report.ts. */
const AT_MS_MAX = 4_102_444_800_000;

/** One frame. @throws LiveWireError when the bytes are not exactly one. */
export function decodeFrame(bytes: Uint8Array): LiveFrame {
  if (bytes.length > liveWireLimits.frameBytes) {
    throw new LiveWireError(
      `frame: ${bytes.length} bytes, the limit is ${liveWireLimits.frameBytes}`,
    );
  }
  const reader = new FrameReader(bytes);
  const version = reader.byte();
  if (version !== liveWireVersion) {
    throw new LiveWireError(`frame: version ${version}, this reads ${liveWireVersion}`);
  }
  const type = reader.byte();
  if (type === frameTypes.hello) return reader.hello();
  if (type === frameTypes.keyframe) return reader.movers("keyframe");
  if (type === frameTypes.delta) return reader.movers("delta");
  throw new LiveWireError(`frame: type ${type} is not known`);
}

class FrameReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.#view.getUint8(this.#take(1));
  }

  hello(): HelloFrame {
    this.#take(2);
    const serverMs = this.#instant();
    const session = this.#text();
    const resume = this.#text();
    if (this.#at !== this.#bytes.length) throw this.#error("bytes after the hello");
    return { type: "hello", session, resume, serverMs };
  }

  movers(type: "keyframe" | "delta"): MoversFrame {
    const flags = this.byte();
    this.#take(1);
    const sentAt = this.#instant();
    const baseMs = this.#instant();
    const version = this.#whole();
    const count = this.#view.getUint32(this.#take(4), true);
    if (count * UPDATE_BYTES_MIN > this.#bytes.length - moversHeadBytes) {
      throw this.#error(`${count} updates are more than fit`);
    }
    const removed: number[] = [];
    const introduced: Introduction[] = [];
    const updates = emptyColumns(count);
    let index = 0;
    while (this.#at < this.#bytes.length) {
      const head = this.#varint();
      const number = Math.floor(head / 2);
      if (number >= liveWireLimits.movers) throw this.#error(`number ${number} is too large`);
      if (head % 2 === 0) {
        if (index === count)
          throw this.#error(`more than the ${count} updates that were announced`);
        updates.number[index] = number;
        this.#update(updates, index++, baseMs);
        continue;
      }
      const what = this.byte();
      if (what === 0) removed.push(number);
      else if (what === 1) introduced.push(this.#introduction(number));
      else throw this.#error(`item ${what} is not known`);
    }
    if (index !== count) throw this.#error(`${index} of ${count} updates`);
    return {
      type,
      isFirst: (flags & frameFlags.first) !== 0,
      isLast: (flags & frameFlags.last) !== 0,
      sentAt,
      version,
      removed,
      introduced,
      updates,
    };
  }

  #introduction(number: number): Introduction {
    const asset = this.#text();
    if (!assetPattern.test(asset)) throw this.#error("an asset's id is not one");
    return { number, asset, label: this.#text() };
  }

  #update(columns: MoverColumns, index: number, baseMs: number): void {
    const mask = this.byte();
    const at = baseMs + this.#signed();
    if (!(at >= 0 && at <= AT_MS_MAX)) throw this.#error(`time ${at} is not between 1970 and 2100`);
    columns.at[index] = at;
    const hasPosition = (mask & updateMask.position) !== 0;
    const age = (mask & updateMask.olderPosition) === 0 ? 0 : this.#varint();
    columns.positionAt[index] = hasPosition ? at - age : Number.NaN;
    columns.lat[index] = hasPosition ? this.#degrees(90) : Number.NaN;
    columns.lon[index] = hasPosition ? this.#degrees(180) : Number.NaN;
    columns.altitudeM[index] =
      (mask & updateMask.altitude) === 0 ? Number.NaN : this.#signed() / wireSteps.metre;
    columns.speedMps[index] =
      (mask & updateMask.speed) === 0 ? Number.NaN : this.#varint() / wireSteps.mps;
    columns.headingDeg[index] =
      (mask & updateMask.heading) === 0
        ? Number.NaN
        : this.#view.getUint16(this.#take(2), true) / wireSteps.headingDeg;
    columns.climbMps[index] =
      (mask & updateMask.climb) === 0 ? Number.NaN : this.#signed() / wireSteps.mps;
    columns.flags[index] =
      ((mask & updateMask.onGround) === 0 ? 0 : moverFlags.onGround) |
      ((mask & updateMask.suspect) === 0 ? 0 : moverFlags.suspect);
  }

  #degrees(most: number): number {
    const value = this.#view.getInt32(this.#take(4), true) / wireSteps.degree;
    if (!(value >= -most && value <= most)) throw this.#error(`${value}° is beyond ${most}°`);
    return value;
  }

  #instant(): number {
    const value = this.#whole();
    if (value > AT_MS_MAX) throw this.#error(`time ${value} is not between 1970 and 2100`);
    return value;
  }

  #whole(): number {
    const value = this.#view.getFloat64(this.#take(8), true);
    if (!Number.isSafeInteger(value) || value < 0) throw this.#error(`${value} is no whole number`);
    return value;
  }

  #signed(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw this.#error("a number is beyond 2^53");
      if (byte < 128) return value;
      scale *= 128;
      if (scale > Number.MAX_SAFE_INTEGER) throw this.#error("a number has too many bytes");
    }
  }

  #text(): string {
    const length = this.byte();
    const start = this.#take(length);
    try {
      return fromUtf8.decode(this.#bytes.subarray(start, start + length));
    } catch (cause) {
      throw new LiveWireError(`frame: no UTF-8 at byte ${start}`, { cause });
    }
  }

  /** Moves on by `count` bytes; gives where they start. */
  #take(count: number): number {
    const start = this.#at;
    if (start + count > this.#bytes.length) throw this.#error("the frame ends inside an item");
    this.#at = start + count;
    return start;
  }

  #error(what: string): LiveWireError {
    return new LiveWireError(`frame: ${what}, at byte ${this.#at} of ${this.#bytes.length}`);
  }
}
