// NDJSON in: the hot path's check of a line. It answers exactly as the `Report` schema does (a
// property test holds them equal) and is written by hand because the schema halves the batch path.
// Hot path: no closures, no spread, no allocation for a good line beyond JSON.parse's own.

import { assetPattern, kindOf, kindPattern } from "./ids.ts";
import { isPlainReport } from "./fast-path.ts";
import { GapLine, type Gap, type QuarantineReason } from "./ingest.ts";
import { limits, namePattern, sourcePattern, type Report } from "./report.ts";

/** Why a line is not a report; `detail` names the field and the limit. */
export interface Fault {
  readonly reason: QuarantineReason;
  readonly detail: string;
}

export type ParsedLine =
  | { readonly kind: "report"; readonly report: Report; readonly seq: number | undefined }
  | { readonly kind: "gap"; readonly gap: Gap }
  | { readonly kind: "fault"; readonly fault: Fault; readonly seq: number | undefined };

export interface LinePolicy {
  /** `refuse` sets a line with a field that is not a report's aside; `ignore` drops the field. */
  readonly unknownFields: "refuse" | "ignore";
}

const strict: LinePolicy = { unknownFields: "refuse" };

/** Parses one NDJSON line into a report, a gap, or the fault that it is set aside for. */
export function parseLine(line: string, policy: LinePolicy = strict): ParsedLine {
  if (line.length > limits.lineChars) {
    const detail = `line: ${line.length} characters are more than ${limits.lineChars}`;
    return { kind: "fault", fault: { reason: "line-too-long", detail }, seq: undefined };
  }
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    const detail = `line: ${error instanceof Error ? error.message : "not JSON"}`.slice(0, 300);
    return { kind: "fault", fault: { reason: "bad-json", detail }, seq: undefined };
  }
  return parseValue(value, policy);
}

/** As `parseLine`, for a value that is parsed already. Fills in `kind` where it is left out. */
export function parseValue(value: unknown, policy: LinePolicy = strict): ParsedLine {
  if (!isRecord(value)) {
    const detail = `line: expected an object, got ${nameOf(value)}`;
    return { kind: "fault", fault: { reason: "bad-json", detail }, seq: undefined };
  }
  if (isPlainReport(value)) return reportOf(value);
  if ("gap" in value) return parseGap(value);
  let seq: number | undefined;
  if (value["seq"] !== undefined) {
    const given = value["seq"];
    if (typeof given !== "number" || !Number.isSafeInteger(given) || given < 1) {
      const fault = bad("seq", given, "a whole number from 1 to 2^53-1");
      return { kind: "fault", fault, seq: undefined };
    }
    seq = given;
  }
  const fault = faultOfReport(value, policy);
  return fault === undefined ? reportOf(value) : { kind: "fault", fault, seq };
}

/** A checked value as what it is. */
function reportOf(value: Record<string, unknown>): ParsedLine {
  if (value["kind"] === undefined) value["kind"] = kindOf(String(value["asset"]));
  const { seq } = value;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its callers are the parser
  const report = value as unknown as Report;
  return { kind: "report", report, seq: typeof seq === "number" ? seq : undefined };
}

function parseGap(value: Record<string, unknown>): ParsedLine {
  const parsed = GapLine.safeParse(value);
  if (parsed.success) return { kind: "gap", gap: parsed.data.gap };
  const issue = parsed.error.issues[0];
  const detail = `gap: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "is not a gap"}`;
  return { kind: "fault", fault: { reason: "bad-value", detail }, seq: undefined };
}

/** The first fault of a value as a report (`seq` aside), or undefined for a good one. */
export function faultOfReport(
  value: Record<string, unknown>,
  policy: LinePolicy = strict,
): Fault | undefined {
  for (const key in value) {
    const field = value[key];
    let fault: Fault | undefined;
    switch (key) {
      case "asset":
        fault = checkText(key, field, assetPattern, "kind:id in lower case");
        break;
      case "kind":
        if (field !== undefined) fault = checkText(key, field, kindPattern, "a kind");
        break;
      case "at":
        fault = checkAt(field);
        break;
      case "position":
        if (field !== undefined) fault = checkPosition(field, policy);
        break;
      case "motion":
        if (field !== undefined) fault = checkMotion(field, policy);
        break;
      case "measurements":
        if (field !== undefined) fault = checkMeasurements(field);
        break;
      case "attributes":
        if (field !== undefined) fault = checkAttributes(field);
        break;
      case "source":
        fault = checkText(key, field, sourcePattern, "1 to 64 of [a-z0-9._:-]");
        break;
      case "historical":
        if (field !== undefined && typeof field !== "boolean") fault = bad(key, field, "a boolean");
        break;
      case "seq":
        break;
      default:
        fault = unknownField(key, value, key, policy);
    }
    if (fault !== undefined) return fault;
  }
  return faultOfWhole(value);
}

function faultOfWhole(value: Record<string, unknown>): Fault | undefined {
  const { asset, kind } = value;
  if (asset === undefined) return missing("asset");
  if (value["at"] === undefined) return missing("at");
  if (value["source"] === undefined) return missing("source");
  if (kind === undefined || typeof asset !== "string" || typeof kind !== "string") return undefined;
  if (asset.charCodeAt(kind.length) === 58 && asset.startsWith(kind)) return undefined;
  return {
    reason: "bad-value",
    detail: `kind: "${kind}" is not the part of asset before the colon`,
  };
}

function checkAt(field: unknown): Fault | undefined {
  if (typeof field !== "number" || !Number.isSafeInteger(field)) {
    return field === undefined ? missing("at") : bad("at", field, "whole milliseconds since 1970");
  }
  return checkRange("at", field, limits.atMs.min, limits.atMs.max);
}

function checkPosition(field: unknown, policy: LinePolicy): Fault | undefined {
  if (!isRecord(field)) return bad("position", field, "an object");
  for (const key in field) {
    const value = field[key];
    let fault: Fault | undefined;
    switch (key) {
      case "lat":
        fault = checkRange("position.lat", value, -90, 90);
        break;
      case "lon":
        fault = checkRange("position.lon", value, -180, 180);
        break;
      case "altitudeM":
        fault = checkOptional("position.altitudeM", value, limits.altitudeM);
        break;
      case "accuracyM":
        fault = checkOptional("position.accuracyM", value, limits.accuracyM);
        break;
      case "onGround":
        if (value !== undefined && typeof value !== "boolean") {
          fault = bad("position.onGround", value, "a boolean");
        }
        break;
      default:
        fault = unknownField(`position.${key}`, field, key, policy);
    }
    if (fault !== undefined) return fault;
  }
  if (field["lat"] === undefined) return missing("position.lat");
  if (field["lon"] === undefined) return missing("position.lon");
  return undefined;
}

function checkMotion(field: unknown, policy: LinePolicy): Fault | undefined {
  if (!isRecord(field)) return bad("motion", field, "an object");
  for (const key in field) {
    const value = field[key];
    let fault: Fault | undefined;
    switch (key) {
      case "speedMps":
        fault = checkOptional("motion.speedMps", value, limits.speedMps);
        break;
      case "headingDeg":
        fault = checkOptional("motion.headingDeg", value, headingRange);
        break;
      case "climbMps":
        fault = checkOptional("motion.climbMps", value, limits.climbMps);
        break;
      default:
        fault = unknownField(`motion.${key}`, field, key, policy);
    }
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const headingRange = { min: 0, max: 360 } as const;

function checkMeasurements(field: unknown): Fault | undefined {
  if (!isRecord(field)) return bad("measurements", field, "an object of numbers");
  let count = 0;
  for (const key in field) {
    if (++count > limits.measurements) return tooMany("measurements", limits.measurements);
    if (!namePattern.test(key)) return badName("measurements", key);
    const value = field[key];
    if (typeof value !== "number" || !Number.isFinite(value)) {
      return bad(`measurements.${key}`, value, "a finite number");
    }
  }
  return undefined;
}

function checkAttributes(field: unknown): Fault | undefined {
  if (!isRecord(field)) return bad("attributes", field, "an object of strings");
  let count = 0;
  for (const key in field) {
    if (++count > limits.attributes) return tooMany("attributes", limits.attributes);
    if (!namePattern.test(key)) return badName("attributes", key);
    const value = field[key];
    if (typeof value !== "string") return bad(`attributes.${key}`, value, "a string");
    if (value.length > limits.attributeChars) {
      const detail = `attributes.${key}: ${value.length} characters are more than ${limits.attributeChars}`;
      return { reason: "out-of-range", detail };
    }
  }
  return undefined;
}

function checkText(
  name: string,
  field: unknown,
  pattern: RegExp,
  wanted: string,
): Fault | undefined {
  if (typeof field === "string" && pattern.test(field)) return undefined;
  return field === undefined ? missing(name) : bad(name, field, wanted);
}

function checkOptional(
  name: string,
  value: unknown,
  range: { readonly min: number; readonly max: number },
): Fault | undefined {
  return value === undefined ? undefined : checkRange(name, value, range.min, range.max);
}

function checkRange(name: string, value: unknown, min: number, max: number): Fault | undefined {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    return value === undefined ? missing(name) : bad(name, value, "a finite number");
  }
  if (value < min) return { reason: "out-of-range", detail: `${name}: ${value} is below ${min}` };
  if (value > max) return { reason: "out-of-range", detail: `${name}: ${value} is above ${max}` };
  return undefined;
}

function unknownField(
  path: string,
  holder: Record<string, unknown>,
  key: string,
  policy: LinePolicy,
): Fault | undefined {
  switch (policy.unknownFields) {
    case "ignore":
      delete holder[key];
      return undefined;
    case "refuse":
      return { reason: "unknown-field", detail: `${path.slice(0, 100)}: no such field` };
  }
}

const missing = (name: string): Fault => ({
  reason: "missing-field",
  detail: `${name}: is required`,
});

const bad = (name: string, value: unknown, wanted: string): Fault => ({
  reason: "bad-value",
  detail: `${name}: expected ${wanted}, got ${nameOf(value)}`,
});

const badName = (holder: string, key: string): Fault => ({
  reason: "bad-value",
  detail: `${holder}: the name ${nameOf(key)} is not 1 to 64 of [a-zA-Z0-9_.], a letter first`,
});

const tooMany = (holder: string, max: number): Fault => ({
  reason: "out-of-range",
  detail: `${holder}: more than ${max} entries`,
});

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (typeof value === "number") return String(value);
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value;
}
