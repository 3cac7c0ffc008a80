// Reads a line's bytes straight into numbers and places, without making a string or an object of
// it: three times as fast as parsing. It reads only the plainest lines, which are nearly all: no
// escapes, no exponents, at most 15 digits, each key once. For any other line it says "not sure"
// and `parseLine` decides. Whatever it reads, `parseLine` reads alike; a property test holds the
// rows of both equal. Hot path: no allocation.

import { hashStart, hashStep, joinHashes, moreStep } from "./asset-hash.ts";
import {
  classOf,
  inId,
  inKind,
  inName,
  inSource,
  startsId,
  startsKind,
  startsName,
  startsSource,
} from "./character.ts";
import { limits } from "./report.ts";
import { hasClass, isSame, lettersEnd, runEnd, skipBlank, spells, textEnd } from "./scan-bytes.ts";
import { keys } from "./scan-keys.ts";
import type { ScannedReport } from "./scanned-report.ts";

const quote = 34;
const comma = 44;
const minus = 45;
const dot = 46;
const zero = 48;
const nine = 57;
const colon = 58;
const open = 123;
const close = 125;

/** More digits than a double holds exactly are not read here. */
const digitsMax = 15;
/** Entries of a map; beyond, telling a repeated name costs too much here. */
const entriesMax = 16;
const fromAscii = new TextDecoder();
const powersOfTen = Float64Array.from({ length: digitsMax + 1 }, (_, power) => 10 ** power);

/** Which fields were seen; a second time ends the reading. */
const seenAsset = 1;
const seenKind = 2;
const seenAt = 4;
const seenPosition = 8;
const seenMotion = 16;
const seenMeasurements = 32;
const seenAttributes = 64;
const seenSource = 128;
const seenHistorical = 256;
const seenSeq = 512;
const seenAltitude = 1024;
const seenAccuracy = 2048;
const seenGround = 4096;
const seenLat = 8192;
const seenLon = 16_384;
const seenSpeed = 32_768;
const seenHeading = 65_536;
const seenClimb = 131_072;
const required = seenAsset | seenAt | seenSource;

export interface LineScanner extends ScannedReport {
  /**
   * Reads the line that begins at `start`; `bytes` must be whole UTF-8. Gives the place of the
   * line's end (its newline, or the end of `bytes`), or -1 for "not sure".
   */
  scan(bytes: Uint8Array, start: number): number;
}

export function createLineScanner(): LineScanner {
  return new Scanner();
}

class Scanner implements LineScanner {
  bytes: Uint8Array = new Uint8Array(0);
  assetStart = 0;
  assetEnd = 0;
  kindEnd = 0;
  partitionHash = 0;
  assetHash = 0;
  at = 0;
  seq = 0;
  lat = Number.NaN;
  lon = Number.NaN;
  altitudeM = Number.NaN;
  accuracyM = Number.NaN;
  onGround: boolean | undefined = undefined;
  speedMps = Number.NaN;
  headingDeg = Number.NaN;
  climbMps = Number.NaN;
  isHistorical = false;
  sourceStart = 0;
  sourceEnd = 0;
  measurements = 0;
  readonly measurementNames = new Int32Array(entriesMax * 2);
  readonly measurementValues = new Float64Array(entriesMax);
  attributes = 0;
  readonly attributePlaces = new Int32Array(entriesMax * 4);
  #seen = 0;
  #kindStart = 0;
  #kindStop = 0;
  #number = 0;
  #flag = false;

  scan(bytes: Uint8Array, start: number): number {
    this.#begin(bytes);
    let at = skipBlank(bytes, start);
    if (bytes[at] !== open) return -1;
    at = skipBlank(bytes, at + 1);
    for (;;) {
      if (bytes[at] !== quote) return -1;
      const key = at + 1;
      const keyEnd = lettersEnd(bytes, key);
      at = this.#value(keyEnd);
      if (at === -1) return -1;
      at = this.#field(key, keyEnd - key, at);
      if (at === -1) return -1;
      at = skipBlank(bytes, at);
      if (bytes[at] === close) break;
      if (bytes[at] !== comma) return -1;
      at = skipBlank(bytes, at + 1);
    }
    at = skipBlank(bytes, at + 1);
    const isEnd = at >= bytes.length || bytes[at] === 10;
    return isEnd && at - start <= limits.lineChars && this.#isWhole() ? at : -1;
  }

  kind(): string {
    return fromAscii.decode(this.bytes.subarray(this.assetStart, this.kindEnd));
  }

  #begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.seq = 0;
    this.lat = Number.NaN;
    this.lon = Number.NaN;
    this.altitudeM = Number.NaN;
    this.accuracyM = Number.NaN;
    this.onGround = undefined;
    this.speedMps = Number.NaN;
    this.headingDeg = Number.NaN;
    this.climbMps = Number.NaN;
    this.isHistorical = false;
    this.measurements = 0;
    this.attributes = 0;
    this.#seen = 0;
  }

  #isWhole(): boolean {
    if ((this.#seen & required) !== required) return false;
    if ((this.#seen & seenKind) === 0) return true;
    const kindBytes = this.#kindStop - this.#kindStart;
    if (kindBytes !== this.kindEnd - this.assetStart) return false;
    return isSame(this.bytes, this.#kindStart, this.assetStart, kindBytes);
  }

  #field(key: number, length: number, at: number): number {
    switch (length) {
      case 2:
        return this.#is(key, keys.at, seenAt) ? this.#atField(at) : -1;
      case 3:
        return this.#is(key, keys.seq, seenSeq) ? this.#seqField(at) : -1;
      case 4:
        return this.#is(key, keys.kind, seenKind) ? this.#kindField(at) : -1;
      case 5:
        return this.#is(key, keys.asset, seenAsset) ? this.#assetField(at) : -1;
      case 6:
        if (this.#is(key, keys.source, seenSource)) return this.#sourceField(at);
        return this.#is(key, keys.motion, seenMotion) ? this.#motion(at) : -1;
      case 8:
        return this.#is(key, keys.position, seenPosition) ? this.#position(at) : -1;
      case 10:
        if (this.#is(key, keys.attributes, seenAttributes)) return this.#attributeMap(at);
        if (!this.#is(key, keys.historical, seenHistorical)) return -1;
        at = this.#boolean(at);
        this.isHistorical = this.#flag;
        return at;
      case 12:
        return this.#is(key, keys.measurements, seenMeasurements) ? this.#measurementMap(at) : -1;
      default:
        return -1;
    }
  }

  #atField(at: number): number {
    const end = this.#numeral(at, limits.atMs.min, limits.atMs.max);
    this.at = this.#number;
    return Number.isInteger(this.at) ? end : -1;
  }

  #seqField(at: number): number {
    const end = this.#numeral(at, 1, Number.MAX_SAFE_INTEGER);
    this.seq = this.#number;
    return Number.isInteger(this.seq) ? end : -1;
  }

  #kindField(at: number): number {
    if (this.bytes[at] !== quote) return -1;
    this.#kindStart = at + 1;
    this.#kindStop = runEnd(this.bytes, at + 1, inKind);
    return this.bytes[this.#kindStop] === quote ? this.#kindStop + 1 : -1;
  }

  /** `kind:id`, hashed as it is read. */
  #assetField(start: number): number {
    const { bytes } = this;
    if (bytes[start] !== quote || !hasClass(bytes, start + 1, startsKind)) return -1;
    let hash = hashStart;
    let more = 0;
    let at = start + 1;
    let byte = bytes[at] ?? 0;
    for (; ((classOf[byte] ?? 0) & inKind) !== 0; byte = bytes[++at] ?? 0) {
      hash = hashStep(hash, byte);
      more = moreStep(more, byte);
    }
    const kindEnd = at;
    if (byte !== colon || kindEnd - start - 1 > 32) return -1;
    if (!hasClass(bytes, at + 1, startsId)) return -1;
    hash = hashStep(hash, byte);
    byte = bytes[++at] ?? 0;
    for (; ((classOf[byte] ?? 0) & inId) !== 0; byte = bytes[++at] ?? 0) {
      hash = hashStep(hash, byte);
      more = moreStep(more, byte);
    }
    if (byte !== quote || at - kindEnd - 1 > 64) return -1;
    this.assetStart = start + 1;
    this.assetEnd = at;
    this.kindEnd = kindEnd;
    this.partitionHash = hash >>> 0;
    this.assetHash = joinHashes(hash, more);
    return at + 1;
  }

  #sourceField(at: number): number {
    if (this.bytes[at] !== quote || !hasClass(this.bytes, at + 1, startsSource)) return -1;
    this.sourceStart = at + 1;
    this.sourceEnd = runEnd(this.bytes, at + 1, inSource);
    if (this.sourceEnd - this.sourceStart > limits.sourceChars) return -1;
    return this.bytes[this.sourceEnd] === quote ? this.sourceEnd + 1 : -1;
  }

  #position(start: number): number {
    const { bytes } = this;
    if (bytes[start] !== open) return -1;
    let at = skipBlank(bytes, start + 1);
    for (;;) {
      if (bytes[at] !== quote) return -1;
      const key = at + 1;
      const keyEnd = lettersEnd(bytes, key);
      at = this.#value(keyEnd);
      if (at === -1) return -1;
      at = this.#positionField(key, keyEnd - key, at);
      if (at === -1) return -1;
      at = skipBlank(bytes, at);
      if (bytes[at] === close) break;
      if (bytes[at] !== comma) return -1;
      at = skipBlank(bytes, at + 1);
    }
    const both = seenLat | seenLon;
    return (this.#seen & both) === both ? at + 1 : -1;
  }

  #positionField(key: number, length: number, at: number): number {
    let end = -1;
    switch (length) {
      case 3:
        if (this.#is(key, keys.lat, seenLat)) {
          end = this.#numeral(at, -90, 90);
          this.lat = this.#number;
        } else if (this.#is(key, keys.lon, seenLon)) {
          end = this.#numeral(at, -180, 180);
          this.lon = this.#number;
        }
        return end;
      case 8:
        if (!this.#is(key, keys.onGround, seenGround)) return -1;
        end = this.#boolean(at);
        this.onGround = this.#flag;
        return end;
      case 9:
        if (this.#is(key, keys.altitudeM, seenAltitude)) {
          end = this.#numeral(at, limits.altitudeM.min, limits.altitudeM.max);
          this.altitudeM = this.#number;
        } else if (this.#is(key, keys.accuracyM, seenAccuracy)) {
          end = this.#numeral(at, limits.accuracyM.min, limits.accuracyM.max);
          this.accuracyM = this.#number;
        }
        return end;
      default:
        return -1;
    }
  }

  #motion(start: number): number {
    const { bytes } = this;
    if (bytes[start] !== open) return -1;
    let at = skipBlank(bytes, start + 1);
    for (;;) {
      if (bytes[at] !== quote) return -1;
      const key = at + 1;
      const keyEnd = lettersEnd(bytes, key);
      at = this.#value(keyEnd);
      if (at === -1) return -1;
      at = this.#motionField(key, keyEnd - key, at);
      if (at === -1) return -1;
      at = skipBlank(bytes, at);
      if (bytes[at] === close) return at + 1;
      if (bytes[at] !== comma) return -1;
      at = skipBlank(bytes, at + 1);
    }
  }

  #motionField(key: number, length: number, at: number): number {
    let end = -1;
    if (length === 8 && this.#is(key, keys.speedMps, seenSpeed)) {
      end = this.#numeral(at, limits.speedMps.min, limits.speedMps.max);
      this.speedMps = this.#number;
    } else if (length === 8 && this.#is(key, keys.climbMps, seenClimb)) {
      end = this.#numeral(at, limits.climbMps.min, limits.climbMps.max);
      this.climbMps = this.#number;
    } else if (length === 10 && this.#is(key, keys.headingDeg, seenHeading)) {
      end = this.#numeral(at, 0, 360);
      this.headingDeg = this.#number;
    }
    return end;
  }

  #measurementMap(start: number): number {
    const { bytes, measurementNames: names } = this;
    if (bytes[start] !== open) return -1;
    let at = skipBlank(bytes, start + 1);
    for (let count = 0; count < entriesMax; count++) {
      const nameEnd = this.#name(at);
      if (nameEnd === -1) return -1;
      names[count * 2] = at + 1;
      names[count * 2 + 1] = nameEnd;
      if (this.#isRepeated(names, count, 2)) return -1;
      at = this.#value(nameEnd);
      if (at === -1) return -1;
      at = this.#numeral(at, -Number.MAX_VALUE, Number.MAX_VALUE);
      if (at === -1) return -1;
      this.measurementValues[count] = this.#number;
      this.measurements = count + 1;
      at = skipBlank(bytes, at);
      if (bytes[at] === close) return at + 1;
      if (bytes[at] !== comma) return -1;
      at = skipBlank(bytes, at + 1);
    }
    return -1;
  }

  #attributeMap(start: number): number {
    const { bytes, attributePlaces: places } = this;
    if (bytes[start] !== open) return -1;
    let at = skipBlank(bytes, start + 1);
    for (let count = 0; count < entriesMax; count++) {
      const nameEnd = this.#name(at);
      if (nameEnd === -1) return -1;
      places[count * 4] = at + 1;
      places[count * 4 + 1] = nameEnd;
      if (this.#isRepeated(places, count, 4)) return -1;
      at = this.#value(nameEnd);
      if (at === -1 || bytes[at] !== quote) return -1;
      const textStop = textEnd(bytes, at + 1);
      // No more bytes than characters are allowed: fewer would need counting.
      if (textStop === -1 || textStop - at - 1 > limits.attributeChars) return -1;
      places[count * 4 + 2] = at + 1;
      places[count * 4 + 3] = textStop;
      this.attributes = count + 1;
      at = skipBlank(bytes, textStop + 1);
      if (bytes[at] === close) return at + 1;
      if (bytes[at] !== comma) return -1;
      at = skipBlank(bytes, at + 1);
    }
    return -1;
  }

  /** End of a quoted name of an entry. */
  #name(at: number): number {
    if (this.bytes[at] !== quote || !hasClass(this.bytes, at + 1, startsName)) return -1;
    const end = runEnd(this.bytes, at + 1, inName);
    return end - at - 1 <= limits.nameChars ? end : -1;
  }

  #isRepeated(places: Int32Array, count: number, stride: number): boolean {
    const start = places[count * stride] ?? 0;
    const length = (places[count * stride + 1] ?? 0) - start;
    for (let other = 0; other < count; other++) {
      const otherStart = places[other * stride] ?? 0;
      if ((places[other * stride + 1] ?? 0) - otherStart !== length) continue;
      if (isSame(this.bytes, start, otherStart, length)) return true;
    }
    return false;
  }

  /** A JSON number (RFC 8259 §6) within a range, into `#number`: exact, as `JSON.parse` has it. */
  #numeral(start: number, min: number, max: number): number {
    const { bytes } = this;
    const isNegative = bytes[start] === minus;
    let at = isNegative ? start + 1 : start;
    const first = at;
    let digits = 0;
    let byte = bytes[at] ?? 0;
    for (; byte >= zero && byte <= nine; byte = bytes[++at] ?? 0)
      digits = digits * 10 + byte - zero;
    let count = at - first;
    if (count === 0 || (count > 1 && bytes[first] === zero)) return -1;
    let value = digits;
    if (byte === dot) {
      const fraction = at + 1;
      byte = bytes[++at] ?? 0;
      for (; byte >= zero && byte <= nine; byte = bytes[++at] ?? 0) {
        digits = digits * 10 + byte - zero;
      }
      const places = at - fraction;
      count += places;
      if (places === 0 || count > digitsMax) return -1;
      // Both are whole and below 2^53, so one division rounds once, as it should (Clinger 1990).
      value = digits / (powersOfTen[places] ?? Number.NaN);
    }
    // 101 and 69 are "e" and "E".
    if (count > digitsMax || byte === 101 || byte === 69) return -1;
    if (isNegative) value = -value;
    this.#number = value;
    return value >= min && value <= max ? at : -1;
  }

  #boolean(at: number): number {
    this.#flag = this.bytes[at] === 116;
    const word = this.#flag ? keys.true : keys.false;
    return spells(this.bytes, at, word) ? at + word.length : -1;
  }

  /** True for a key that is there for the first time. */
  #is(at: number, key: Uint8Array, seen: number): boolean {
    if (!spells(this.bytes, at, key) || (this.#seen & seen) !== 0) return false;
    this.#seen |= seen;
    return true;
  }

  /** Place of a value, from the closing quote of its key. */
  #value(keyEnd: number): number {
    if (this.bytes[keyEnd] !== quote) return -1;
    const at = skipBlank(this.bytes, keyEnd + 1);
    return this.bytes[at] === colon ? skipBlank(this.bytes, at + 1) : -1;
  }
}
