// The compact binary form of a report: one ClickHouse RowBinary row. Ingest encodes it once
// (row-encoder.ts); it is the stream's entry, the processors' input and ClickHouse's insert body. Rows
// delimit themselves, so blobs concatenate. Hot path: see ARCHITECTURE.md.
//
// Numbers are fixed-point integers at the stored resolution (`resolution` in report.ts): they
// compress to a third of floating point and compare exactly. `absent` stands for "not reported".

import type { Report, StampedReport } from "./report.ts";
import { kindOf } from "./ids.ts";

/**
 * Grows with every change of what the bytes mean. A stream or a database that holds rows of another
 * form is refused; so does the format of the SQLite log (core/stream/sqlite-files.ts) grow with it.
 */
export const rowFormat = 2;

/** The columns in the order of the bytes; history's tables and its insert statement follow it. */
export const rowColumns = [
  { name: "asset", type: "String" },
  { name: "at", type: "DateTime64(3, 'UTC')" },
  { name: "lat_e7", type: "Int32" },
  { name: "lon_e7", type: "Int32" },
  { name: "altitude_cm", type: "Int32" },
  { name: "accuracy_cm", type: "Int32" },
  { name: "speed_cmps", type: "Int32" },
  { name: "heading_cdeg", type: "Int32" },
  { name: "climb_cmps", type: "Int32" },
  { name: "flags", type: "UInt8" },
  { name: "measurements", type: "Map(LowCardinality(String), Float64)" },
  { name: "attributes", type: "Map(LowCardinality(String), String)" },
  { name: "source", type: "LowCardinality(String)" },
  { name: "edge", type: "LowCardinality(String)" },
  { name: "epoch", type: "UInt32" },
  { name: "seq", type: "UInt64" },
  // The two later clocks as distances: from the event, and from the sending. Two thirds of a small
  // report's stored bytes would be its clocks otherwise, each with the same jitter.
  { name: "sent_after_ms", type: "Int64" },
  { name: "received_after_ms", type: "Int64" },
] as const;

/** "Not reported" in the fixed-point columns. */
export const absent = -2_147_483_648;

/** Bits of the `flags` column. */
export const flags = { groundKnown: 1, onGround: 2, historical: 4, suspect: 8 } as const;

/** A text may begin with U+FEFF; a decoder left to itself would take it for a mark and drop it. */
const fromUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const high32 = 4_294_967_296;

/** Thrown when bytes are not whole rows; says where. */
export class RowFormatError extends Error {
  override name = "RowFormatError";
}

/**
 * Decodes all rows of a blob, in order.
 *
 * @throws RowFormatError when the bytes end inside a row or hold an impossible length.
 */
export function decodeRows(bytes: Uint8Array): StampedReport[] {
  const reader = new Decoder(bytes);
  const rows: StampedReport[] = [];
  while (!reader.isAtEnd()) rows.push(reader.row());
  return rows;
}

/** Ends of the rows of a blob, without building reports. @throws RowFormatError */
export function rowEnds(bytes: Uint8Array): number[] {
  const reader = new Decoder(bytes);
  const ends: number[] = [];
  while (!reader.isAtEnd()) ends.push(reader.skipRow());
  return ends;
}

class Decoder {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  row(): StampedReport {
    const asset = this.#text();
    const at = this.#int64();
    const lat = this.#fixed(1e7);
    const lon = this.#fixed(1e7);
    const altitudeM = this.#fixed(100);
    const accuracyM = this.#fixed(100);
    const speedMps = this.#fixed(100);
    const headingDeg = this.#fixed(100);
    const climbMps = this.#fixed(100);
    const bits = this.#bytes[this.#take(1)] ?? 0;
    const measurements = this.#measurements();
    const attributes = this.#attributes();
    const source = this.#text();
    const edge = this.#text();
    const epoch = this.#view.getUint32(this.#take(4), true);
    const seq = this.#int64();
    const sentAt = at + this.#int64();
    const receivedAt = sentAt + this.#int64();
    const row: StampedReport = {
      asset,
      kind: kindOf(asset),
      at,
      source,
      edge,
      epoch,
      seq,
      sentAt,
      receivedAt,
      suspect: (bits & flags.suspect) !== 0,
    };
    if (lat !== undefined && lon !== undefined) {
      const position: NonNullable<Report["position"]> = { lat, lon };
      if (altitudeM !== undefined) position.altitudeM = altitudeM;
      if (accuracyM !== undefined) position.accuracyM = accuracyM;
      if ((bits & flags.groundKnown) !== 0) position.onGround = (bits & flags.onGround) !== 0;
      row.position = position;
    }
    if (speedMps !== undefined || headingDeg !== undefined || climbMps !== undefined) {
      const motion: NonNullable<Report["motion"]> = {};
      if (speedMps !== undefined) motion.speedMps = speedMps;
      if (headingDeg !== undefined) motion.headingDeg = headingDeg;
      if (climbMps !== undefined) motion.climbMps = climbMps;
      row.motion = motion;
    }
    if (measurements !== undefined) row.measurements = measurements;
    if (attributes !== undefined) row.attributes = attributes;
    if ((bits & flags.historical) !== 0) row.historical = true;
    return row;
  }

  skipRow(): number {
    this.#skipText();
    this.#take(8 + 7 * 4 + 1);
    for (let left = this.#length(); left > 0; left--) {
      this.#skipText();
      this.#take(8);
    }
    for (let left = this.#length(); left > 0; left--) {
      this.#skipText();
      this.#skipText();
    }
    this.#skipText();
    this.#skipText();
    this.#take(4 + 3 * 8);
    return this.#at;
  }

  #take(count: number): number {
    const start = this.#at;
    this.#at += count;
    if (this.#at > this.#bytes.length) {
      throw new RowFormatError(`row: ends at byte ${this.#bytes.length}, wanted ${this.#at}`);
    }
    return start;
  }

  #fixed(steps: number): number | undefined {
    const fixed = this.#view.getInt32(this.#take(4), true);
    return fixed === absent ? undefined : fixed / steps;
  }

  #int64(): number {
    const start = this.#take(8);
    return this.#view.getUint32(start, true) + this.#view.getInt32(start + 4, true) * high32;
  }

  #length(): number {
    let length = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#bytes[this.#take(1)] ?? 0;
      length |= (byte & 127) << shift;
      if (byte < 128) return length;
    }
    throw new RowFormatError(`row: a length of more than 28 bits at byte ${this.#at}`);
  }

  #skipText(): void {
    this.#take(this.#length());
  }

  #text(): string {
    const length = this.#length();
    const start = this.#take(length);
    const bytes = this.#bytes;
    if (length > 24) return fromUtf8.decode(bytes.subarray(start, this.#at));
    let text = "";
    for (let index = start; index < this.#at; index++) {
      const byte = bytes[index] ?? 0;
      if (byte > 127) return fromUtf8.decode(bytes.subarray(start, this.#at));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #measurements(): Record<string, number> | undefined {
    let left = this.#length();
    if (left === 0) return undefined;
    const values: Record<string, number> = {};
    for (; left > 0; left--) {
      const name = this.#text();
      values[name] = this.#view.getFloat64(this.#take(8), true);
    }
    return values;
  }

  #attributes(): Record<string, string> | undefined {
    let left = this.#length();
    if (left === 0) return undefined;
    const values: Record<string, string> = {};
    for (; left > 0; left--) {
      const name = this.#text();
      values[name] = this.#text();
    }
    return values;
  }
}
