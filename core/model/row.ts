// The compact binary form of a report: one ClickHouse RowBinary row. Ingest encodes it once; it is
// the stream's entry, the processors' input and ClickHouse's insert body. Rows delimit themselves,
// so blobs concatenate. Hot path: see ARCHITECTURE.md.
//
// Numbers are fixed-point integers at the stored resolution (`resolution` in report.ts): they
// compress to a third of floating point and compare exactly. `absent` stands for "not reported".

import type { Report, Stamp, StampedReport } from "./report.ts";
import { kindOf } from "./ids.ts";
import type { ScannedReport } from "./scanned-report.ts";

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

/** Appends rows to one growing buffer. */
export interface RowEncoder {
  /** Encodes a checked report; gives the end of its row in `bytes()`. */
  encode(report: Report, stamp: Stamp): number;
  /** As `encode`, for a report that was only scanned; the same bytes. */
  encodeScanned(scanned: ScannedReport, stamp: Stamp): number;
  /** The rows so far; valid until the next `encode` or `reset`. */
  bytes(): Uint8Array;
  reset(): void;
}

const utf8 = new TextEncoder();
/** A text may begin with U+FEFF; a decoder left to itself would take it for a mark and drop it. */
const fromUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const high32 = 4_294_967_296;

/** Makes an encoder whose buffer doubles when a row does not fit. */
export function createRowEncoder(initialBytes = 65_536): RowEncoder {
  return new Encoder(initialBytes);
}

class Encoder implements RowEncoder {
  #bytes: Uint8Array;
  #view: DataView;
  #end = 0;

  constructor(initialBytes: number) {
    this.#bytes = new Uint8Array(initialBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  reset(): void {
    this.#end = 0;
  }

  encode(report: Report, stamp: Stamp): number {
    const { position, motion } = report;
    this.#reserve(256);
    this.#text(report.asset);
    this.#int64(report.at);
    this.#fixed(position?.lat, 1e7);
    this.#fixed(position?.lon, 1e7);
    this.#fixed(position?.altitudeM, 100);
    this.#fixed(position?.accuracyM, 100);
    this.#fixed(motion?.speedMps, 100);
    this.#fixed(motion?.headingDeg, 100);
    this.#fixed(motion?.climbMps, 100);
    this.#bytes[this.#end++] = flagsOf(report, stamp);
    this.#measurements(report.measurements);
    this.#attributes(report.attributes);
    this.#reserve(512);
    this.#text(report.source);
    return this.#stamp(report.at, stamp);
  }

  encodeScanned(scanned: ScannedReport, stamp: Stamp): number {
    // 16 measurements and 16 attributes of full names and texts, and everything else, at the most.
    this.#reserve(10_240);
    this.#copy(scanned.bytes, scanned.assetStart, scanned.assetEnd);
    this.#int64(scanned.at);
    this.#scannedFixed(scanned.lat, 1e7);
    this.#scannedFixed(scanned.lon, 1e7);
    this.#scannedFixed(scanned.altitudeM, 100);
    this.#scannedFixed(scanned.accuracyM, 100);
    this.#scannedFixed(scanned.speedMps, 100);
    this.#scannedFixed(scanned.headingDeg, 100);
    this.#scannedFixed(scanned.climbMps, 100);
    const { onGround, isHistorical } = scanned;
    this.#bytes[this.#end++] = bitsOf(onGround, isHistorical, stamp.suspect);
    this.#scannedMaps(scanned);
    this.#copy(scanned.bytes, scanned.sourceStart, scanned.sourceEnd);
    return this.#stamp(scanned.at, stamp);
  }

  #scannedMaps(scanned: ScannedReport): void {
    const { bytes, measurements, measurementNames: names, attributes } = scanned;
    this.#bytes[this.#end++] = measurements;
    for (let index = 0; index < measurements; index++) {
      this.#copy(bytes, names[index * 2] ?? 0, names[index * 2 + 1] ?? 0);
      this.#view.setFloat64(this.#end, scanned.measurementValues[index] ?? 0, true);
      this.#end += 8;
    }
    const places = scanned.attributePlaces;
    this.#bytes[this.#end++] = attributes;
    for (let index = 0; index < attributes * 4; index += 4) {
      this.#copy(bytes, places[index] ?? 0, places[index + 1] ?? 0);
      this.#copy(bytes, places[index + 2] ?? 0, places[index + 3] ?? 0);
    }
  }

  /** A text of at most 256 bytes that is UTF-8 already. */
  #copy(from: Uint8Array, start: number, end: number): void {
    this.#length(end - start);
    const bytes = this.#bytes;
    let at = this.#end;
    for (let index = start; index < end; index++) bytes[at++] = from[index] ?? 0;
    this.#end = at;
  }

  #scannedFixed(value: number, steps: number): void {
    // NaN is the one value that is not itself.
    const fixed = value === value ? Math.round(value * steps) : absent;
    this.#view.setInt32(this.#end, fixed, true);
    this.#end += 4;
  }

  #stamp(at: number, stamp: Stamp): number {
    this.#text(stamp.edge);
    this.#view.setUint32(this.#end, stamp.epoch, true);
    this.#end += 4;
    this.#int64(stamp.seq);
    this.#int64(stamp.sentAt - at);
    this.#int64(stamp.receivedAt - stamp.sentAt);
    return this.#end;
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + count));
    grown.set(this.bytes());
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  #fixed(value: number | undefined, steps: number): void {
    const fixed = value === undefined ? absent : Math.round(value * steps);
    this.#view.setInt32(this.#end, fixed, true);
    this.#end += 4;
  }

  /** A whole number within ±2^53 in 8 bytes, little endian, two's complement. */
  #int64(value: number): void {
    this.#view.setUint32(this.#end, value % high32, true);
    this.#view.setUint32(this.#end + 4, Math.floor(value / high32), true);
    this.#end += 8;
  }

  #measurements(values: Readonly<Record<string, number>> | undefined): void {
    const countAt = this.#end++;
    let count = 0;
    if (values !== undefined) {
      for (const name in values) {
        this.#reserve(256);
        this.#text(name);
        this.#view.setFloat64(this.#end, values[name] ?? 0, true);
        this.#end += 8;
        count++;
      }
    }
    this.#bytes[countAt] = count;
  }

  #attributes(values: Readonly<Record<string, string>> | undefined): void {
    const countAt = this.#end++;
    let count = 0;
    if (values !== undefined) {
      for (const name in values) {
        // 64 one-byte characters of a name, 256 of at most 3 bytes of a value, two lengths.
        this.#reserve(1024);
        this.#text(name);
        this.#text(values[name] ?? "");
        count++;
      }
    }
    this.#bytes[countAt] = count;
  }

  /** Length as LEB128, then UTF-8. ASCII is copied by hand: most strings are under 16 bytes. */
  #text(text: string): void {
    const { length } = text;
    const bytes = this.#bytes;
    if (length < 128) {
      const start = this.#end + 1;
      let index = 0;
      for (; index < length; index++) {
        const unit = text.charCodeAt(index);
        if (unit > 127) break;
        bytes[start + index] = unit;
      }
      if (index === length) {
        bytes[this.#end] = length;
        this.#end = start + length;
        return;
      }
    }
    const encoded = utf8.encode(text);
    this.#length(encoded.length);
    bytes.set(encoded, this.#end);
    this.#end += encoded.length;
  }

  #length(length: number): void {
    let rest = length;
    while (rest > 127) {
      this.#bytes[this.#end++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[this.#end++] = rest;
  }
}

function flagsOf(report: Report, stamp: Stamp): number {
  return bitsOf(report.position?.onGround, report.historical === true, stamp.suspect);
}

function bitsOf(onGround: boolean | undefined, isHistorical: boolean, isSuspect: boolean): number {
  return (
    (onGround === undefined ? 0 : flags.groundKnown) |
    (onGround === true ? flags.onGround : 0) |
    (isHistorical ? flags.historical : 0) |
    (isSuspect ? flags.suspect : 0)
  );
}

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
