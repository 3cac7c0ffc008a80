// Plain JSON by a declared mapping: which topics, which values, which units. It reads what cheap
// devices publish (objects, arrays of them, bare numbers) and never guesses at a time.

import { limits, namePattern } from "@drover/core/model/report";
import type { Report } from "@drover/core/model/report";
import { kindPattern } from "@drover/core/model/ids";
import { z } from "zod";
import { finishDraft } from "./draft.ts";
import { convert, isUnit, unitNames } from "./mapping-units.ts";
import { isObject, nothing, readJson } from "./mqtt-format.ts";
import type { Decoded, MqttFormat, MqttMessage, Refusals } from "./mqtt-format.ts";

/** A JSON pointer (RFC 6901); empty is the payload itself. */
const Pointer = z
  .string()
  .max(200)
  .regex(/^(?:\/[^/]*)*$/, 'expected a JSON pointer as in "/data/temperature"');
const Unit = z.string().refine(isUnit, { error: `expected one of ${unitNames.join(", ")}` });

/** Where a number is, and in what: `"/t"`, or `{ path, unit, scale, offset }` applied in this order. */
const Reading = z.union([
  Pointer,
  z.strictObject({
    path: Pointer,
    unit: Unit.optional(),
    scale: z.number().optional(),
    offset: z.number().optional(),
  }),
]);
type Reading = z.infer<typeof Reading>;

const name = z.string().regex(namePattern);
const template = z.string().min(1).max(200);

export const Mapping = z.strictObject({
  /** `farm/{site}/{device}/env`; `+` and a last `#` match without a name. */
  topic: z
    .string()
    .min(1)
    .max(256)
    .refine((topic) => placeholdersOf(topic) !== undefined, {
      error: "each level is text, {name}, + or, at the end, #; each name once",
    }),
  kind: z.string().regex(kindPattern).default("station"),
  /** The asset's id: `{site}-{device}`, and `{/path}` for what stands in the payload. */
  id: template,
  /** `received` takes the time of arrival, which is right only for devices that speak at once. */
  at: z.union([
    z.literal("received"),
    z.strictObject({ path: Pointer, unit: z.enum(["s", "ms", "iso"]) }),
  ]),
  /** Where an array of such objects stands; each gives a report. */
  each: Pointer.optional(),
  position: z
    .strictObject({
      lat: Reading,
      lon: Reading,
      altitudeM: Reading.optional(),
      accuracyM: Reading.optional(),
    })
    .optional(),
  motion: z
    .strictObject({
      speedMps: Reading.optional(),
      headingDeg: Reading.optional(),
      climbMps: Reading.optional(),
    })
    .optional(),
  measurements: z.record(name, Reading).optional(),
  attributes: z.record(name, template).optional(),
});
export type Mapping = z.infer<typeof Mapping>;

/** What a mapping file holds. */
export const Mappings = z.union([
  z.array(Mapping).min(1).max(64),
  Mapping.transform((one) => [one]),
]);

const EACH_MAX = 1_024;

export function createMappingFormat(mapping: Mapping, source: string): MqttFormat {
  const levels = placeholdersOf(mapping.topic) ?? [];
  return {
    filters: [levels.map((level) => (level.kind === "text" ? level.text : level.mark)).join("/")],
    decode(message, refusals) {
      const names = matchTopic(levels, message.topic);
      if (names === undefined) return undefined;
      const value = readJson(message.payload, refusals);
      if (value === undefined) return nothing;
      return decodeMapped(value, { mapping, names, message, source }, refusals);
    },
  };
}

interface About {
  readonly mapping: Mapping;
  readonly names: ReadonlyMap<string, string>;
  readonly message: MqttMessage;
  readonly source: string;
}

function decodeMapped(value: unknown, about: About, refusals: Refusals): Decoded {
  const { each } = about.mapping;
  if (each === undefined) {
    const report = reportOf(value, about, refusals);
    return report === undefined ? nothing : { reports: [report] };
  }
  const items = pointTo(value, each);
  if (!Array.isArray(items) || items.length > EACH_MAX) {
    refusals.refused(Array.isArray(items) ? "too-many-items" : "no-items");
    return nothing;
  }
  const reports: Report[] = [];
  for (const item of items as readonly unknown[]) {
    const report = reportOf(item, about, refusals);
    if (report !== undefined) reports.push(report);
  }
  return { reports };
}

function reportOf(value: unknown, about: About, refusals: Refusals): Report | undefined {
  const { mapping, message } = about;
  if (mapping.at === "received" && message.isRetained) {
    refusals.refused("retained-without-time");
    return undefined;
  }
  const at = mapping.at === "received" ? message.receivedAt : timeAt(value, mapping.at);
  if (at === undefined) {
    refusals.refused("no-time");
    return undefined;
  }
  const id = fill(mapping.id, value, about.names);
  if (id === undefined) {
    refusals.refused("no-id");
    return undefined;
  }
  const read = (reading: Reading | undefined) =>
    reading === undefined ? undefined : readingAt(value, reading);
  const { position, motion } = mapping;
  const measurements: Record<string, number | undefined> = {};
  for (const [name, reading] of Object.entries(mapping.measurements ?? {})) {
    measurements[name] = read(reading);
  }
  const attributes: Record<string, string | undefined> = {};
  for (const [name, text] of Object.entries(mapping.attributes ?? {})) {
    attributes[name] = fill(text, value, about.names);
  }
  return finishDraft(
    {
      kind: mapping.kind,
      id,
      at,
      lat: read(position?.lat),
      lon: read(position?.lon),
      altitudeM: read(position?.altitudeM),
      accuracyM: read(position?.accuracyM),
      speedMps: read(motion?.speedMps),
      headingDeg: read(motion?.headingDeg),
      climbMps: read(motion?.climbMps),
      measurements,
      attributes,
      source: about.source,
    },
    refusals,
  );
}

function timeAt(
  value: unknown,
  at: { path: string; unit: "s" | "ms" | "iso" },
): number | undefined {
  const found = pointTo(value, at.path);
  if (at.unit === "iso") {
    // A date without a zone is no time: it would be read as this machine's own (ECMA-262 §21.4.1.32).
    const isZoned = typeof found === "string" && /(?:[zZ]|[+-]\d\d:?\d\d)$/.test(found);
    const ms = isZoned && found.length <= 40 ? Date.parse(found) : Number.NaN;
    return Number.isFinite(ms) ? ms : undefined;
  }
  const number = numberOf(found);
  return number === undefined ? undefined : at.unit === "s" ? number * 1_000 : number;
}

function readingAt(value: unknown, reading: Reading): number | undefined {
  const path = typeof reading === "string" ? reading : reading.path;
  const number = numberOf(pointTo(value, path));
  if (number === undefined || typeof reading === "string") return number;
  const inUnit = reading.unit === undefined ? number : convert(number, reading.unit);
  return inUnit * (reading.scale ?? 1) + (reading.offset ?? 0);
}

/** Numbers, numbers as text (many devices print them), and booleans as 0 and 1. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "boolean") return Number(value);
  if (typeof value !== "string" || value.length > 32) return undefined;
  return /^\s*-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?\s*$/.test(value) ? Number(value) : undefined;
}

/** RFC 6901 §4; own members only. */
function pointTo(value: unknown, pointer: string): unknown {
  let at = value;
  if (pointer === "") return at;
  for (const token of pointer.slice(1).split("/")) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(at)) at = /^\d{1,6}$/.test(key) ? at[Number(key)] : undefined;
    else at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

/** Puts topic levels and payload values into a template; undefined when one is not there. */
function fill(
  text: string,
  value: unknown,
  names: ReadonlyMap<string, string>,
): string | undefined {
  let isWhole = true;
  const filled = text.replaceAll(/\{([^{}]*)\}/g, (_, inner: string) => {
    const found = inner.startsWith("/") ? pointTo(value, inner) : names.get(inner);
    const isText = typeof found === "string" || typeof found === "number";
    if (isText && found !== "") return String(found).slice(0, limits.attributeChars);
    isWhole = false;
    return "";
  });
  return isWhole && filled !== "" ? filled : undefined;
}

type Level =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "any"; readonly mark: "+" | "#"; readonly name?: string };

function placeholdersOf(topic: string): readonly Level[] | undefined {
  const levels: Level[] = [];
  const names = new Set<string>();
  const parts = topic.split("/");
  for (const [index, part] of parts.entries()) {
    const named = /^\{([a-zA-Z]\w{0,31})\}$/.exec(part)?.[1];
    if (named !== undefined) {
      if (names.has(named)) return undefined;
      names.add(named);
      levels.push({ kind: "any", mark: "+", name: named });
    } else if (part === "+") levels.push({ kind: "any", mark: "+" });
    else if (part === "#" && index === parts.length - 1) levels.push({ kind: "any", mark: "#" });
    else if (/[+#{}\0]/.test(part)) return undefined;
    else levels.push({ kind: "text", text: part });
  }
  return levels;
}

function matchTopic(
  levels: readonly Level[],
  topic: string,
): ReadonlyMap<string, string> | undefined {
  const parts = topic.split("/");
  const names = new Map<string, string>();
  for (const [index, level] of levels.entries()) {
    if (level.kind === "any" && level.mark === "#") return names;
    const part = parts[index];
    if (part === undefined) return undefined;
    if (level.kind === "text" && level.text !== part) return undefined;
    if (level.kind === "any" && level.name !== undefined) names.set(level.name, part);
  }
  return parts.length === levels.length ? names : undefined;
}
