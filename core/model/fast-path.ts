// The short way through `codec.ts` for a line that is a good report, which nearly every line is.
// It reads each known field by name and then counts: as many keys as known fields means that there
// is no other. It says yes only where the schema does; "not sure" costs nothing but the long way,
// which names the fault. Hot path: no allocation.

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

const colon = 58;

/**
 * True when a parsed line is a good report, with or without `seq` (a whole number from 1) and
 * `kind`. False means "not sure".
 */
export function isPlainReport(value: Record<string, unknown>): boolean {
  const asset = value["asset"];
  if (typeof asset !== "string") return false;
  const kindChars = kindCharsOf(asset);
  if (kindChars === 0 || !isAt(value["at"])) return false;
  if (!isWord(value["source"], startsSource, inSource, limits.sourceChars)) return false;
  let known = 3;
  const kind = value["kind"];
  if (kind !== undefined) {
    if (typeof kind !== "string" || kind.length !== kindChars) return false;
    if (!asset.startsWith(kind)) return false;
    known++;
  }
  const position = value["position"];
  if (position !== undefined) {
    if (!isPosition(position)) return false;
    known++;
  }
  const motion = value["motion"];
  if (motion !== undefined) {
    if (!isMotion(motion)) return false;
    known++;
  }
  return isRestPlain(value, known);
}

function isRestPlain(value: Record<string, unknown>, knownSoFar: number): boolean {
  let known = knownSoFar;
  const measurements = value["measurements"];
  if (measurements !== undefined) {
    if (!isMeasurements(measurements)) return false;
    known++;
  }
  const attributes = value["attributes"];
  if (attributes !== undefined) {
    if (!isAttributes(attributes)) return false;
    known++;
  }
  const historical = value["historical"];
  if (historical !== undefined) {
    if (typeof historical !== "boolean") return false;
    known++;
  }
  const seq = value["seq"];
  if (seq !== undefined) {
    if (typeof seq !== "number" || seq < 1 || !Number.isSafeInteger(seq)) return false;
    known++;
  }
  return countKeys(value) === known;
}

/** Length of the kind of a good asset id; 0 when it is not surely one. */
function kindCharsOf(asset: string): number {
  const { length } = asset;
  if (length > 97 || ((classOf[asset.charCodeAt(0)] ?? 0) & startsKind) === 0) return 0;
  let index = 1;
  let unit = asset.charCodeAt(1);
  while (index < length && ((classOf[unit] ?? 0) & inKind) !== 0) unit = asset.charCodeAt(++index);
  const kindChars = index;
  if (kindChars > 32 || index === length || unit !== colon) return 0;
  if (((classOf[asset.charCodeAt(index + 1)] ?? 0) & startsId) === 0) return 0;
  if (length - kindChars - 1 > 64) return 0;
  for (index += 2; index < length; index++) {
    if (((classOf[asset.charCodeAt(index)] ?? 0) & inId) === 0) return 0;
  }
  return kindChars;
}

function isWord(value: unknown, starts: number, bits: number, charsMax: number): boolean {
  if (typeof value !== "string" || value.length === 0 || value.length > charsMax) return false;
  if (((classOf[value.charCodeAt(0)] ?? 0) & starts) === 0) return false;
  for (let index = 1; index < value.length; index++) {
    if (((classOf[value.charCodeAt(index)] ?? 0) & bits) === 0) return false;
  }
  return true;
}

function isAt(value: unknown): boolean {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) return false;
  return value >= limits.atMs.min && value <= limits.atMs.max;
}

/** NaN is in no range. */
function isWithin(value: unknown, min: number, max: number): boolean {
  return typeof value === "number" && value >= min && value <= max;
}

function isPosition(value: unknown): boolean {
  if (!isObject(value)) return false;
  if (!isWithin(value["lat"], -90, 90) || !isWithin(value["lon"], -180, 180)) return false;
  let known = 2;
  const altitudeM = value["altitudeM"];
  if (altitudeM !== undefined) {
    if (!isWithin(altitudeM, limits.altitudeM.min, limits.altitudeM.max)) return false;
    known++;
  }
  const accuracyM = value["accuracyM"];
  if (accuracyM !== undefined) {
    if (!isWithin(accuracyM, limits.accuracyM.min, limits.accuracyM.max)) return false;
    known++;
  }
  const onGround = value["onGround"];
  if (onGround !== undefined) {
    if (typeof onGround !== "boolean") return false;
    known++;
  }
  return countKeys(value) === known;
}

function isMotion(value: unknown): boolean {
  if (!isObject(value)) return false;
  let known = 0;
  const speedMps = value["speedMps"];
  if (speedMps !== undefined) {
    if (!isWithin(speedMps, limits.speedMps.min, limits.speedMps.max)) return false;
    known++;
  }
  const headingDeg = value["headingDeg"];
  if (headingDeg !== undefined) {
    if (!isWithin(headingDeg, 0, 360)) return false;
    known++;
  }
  const climbMps = value["climbMps"];
  if (climbMps !== undefined) {
    if (!isWithin(climbMps, limits.climbMps.min, limits.climbMps.max)) return false;
    known++;
  }
  return countKeys(value) === known;
}

function isMeasurements(value: unknown): boolean {
  if (!isObject(value)) return false;
  let count = 0;
  for (const name in value) {
    if (++count > limits.measurements) return false;
    if (!isWord(name, startsName, inName, limits.nameChars)) return false;
    if (!Number.isFinite(value[name])) return false;
  }
  return true;
}

function isAttributes(value: unknown): boolean {
  if (!isObject(value)) return false;
  let count = 0;
  for (const name in value) {
    if (++count > limits.attributes) return false;
    if (!isWord(name, startsName, inName, limits.nameChars)) return false;
    const text = value[name];
    if (typeof text !== "string" || text.length > limits.attributeChars) return false;
  }
  return true;
}

function countKeys(value: Record<string, unknown>): number {
  let count = 0;
  for (const _key in value) count++;
  return count;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
