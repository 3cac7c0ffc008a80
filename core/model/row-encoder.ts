// Writes reports as rows (row.ts). Hot path: see ARCHITECTURE.md.

import type { Report, Stamp } from "./report.ts";
import { absent, flags } from "./row.ts";
import type { ScannedReport } from "./scanned-report.ts";

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
