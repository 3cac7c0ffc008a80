// What a pushed request says: reports as JSON or NDJSON, an OsmAnd query, OwnTracks, Traccar Client.

import { parseValue } from "@drover/core/model/codec";
import { limits, type Report } from "@drover/core/model/report";
import { reportOfOsmAnd, reportOfTraccarClient } from "./http-osmand.ts";
import { isObject, type Refusals } from "./mqtt-format.ts";
import { reportOfOwnTracks } from "./owntracks.ts";

export interface Pushed {
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly body: string;
  /** OwnTracks' own names for who sends: `X-Limit-U`, `X-Limit-D`. */
  readonly user?: string | undefined;
  readonly device?: string | undefined;
}

export interface Refused {
  /** 1-based: of the lines, or of the array. */
  readonly line: number;
  readonly reason: string;
  readonly detail: string;
}

export interface Read {
  readonly reports: readonly Report[];
  readonly refused: readonly Refused[];
  /** OwnTracks wants an array for an answer. */
  readonly isOwnTracks: boolean;
}

export interface ReadConfig {
  readonly source: string;
  readonly kind: string;
  readonly linesMax: number;
}

/** Never throws, whatever the body; what is no report is in `refused` with its reason. */
export function readPushed(pushed: Pushed, config: ReadConfig): Read {
  const { query, body } = pushed;
  if (body.trim() === "" || isForm(pushed)) {
    const given = isForm(pushed) ? new URLSearchParams(body) : query;
    for (const [name, value] of query) if (!given.has(name)) given.append(name, value);
    return one((refusals) => reportOfOsmAnd(given, config, refusals));
  }
  const values = valuesOf(body);
  if (values === undefined) return refusal("bad-json", "the body is neither JSON nor NDJSON");
  if (values.length > config.linesMax) {
    return refusal("too-many-lines", `${values.length} are more than ${config.linesMax}`);
  }
  const [first] = values;
  if (values.length === 1 && isObject(first) && typeof first["_type"] === "string") {
    const id = ownTracksId(pushed, first);
    const about = { ...config, kind: config.kind, id };
    return { ...one((refusals) => reportOfOwnTracks(first, about, refusals)), isOwnTracks: true };
  }
  if (values.length === 1 && isObject(first) && isObject(first["location"])) {
    return one((refusals) => reportOfTraccarClient(first, config, refusals));
  }
  return readReports(values, config);
}

function readReports(values: readonly unknown[], config: ReadConfig): Read {
  const reports: Report[] = [];
  const refused: Refused[] = [];
  for (const [index, value] of values.entries()) {
    const line = index + 1;
    if (value === badLine) {
      refused.push({ line, reason: "bad-json", detail: "the line is not JSON" });
      continue;
    }
    // A device does not choose by which source it is known.
    const named = isObject(value) ? { ...value, source: config.source } : value;
    const parsed = parseValue(named);
    if (parsed.kind === "report") reports.push(withoutSeq(parsed.report));
    else if (parsed.kind === "fault") refused.push({ line, ...parsed.fault });
    else refused.push({ line, reason: "gap", detail: "gaps are for edges, not for devices" });
  }
  return { reports, refused, isOwnTracks: false };
}

function withoutSeq(report: Report & { readonly seq?: unknown }): Report {
  const { seq: _, ...rest } = report;
  return rest;
}

function one(read: (refusals: Refusals) => Report | undefined): Read {
  let reason = "bad-value";
  const report = read({ refused: (word) => void (reason = word) });
  if (report !== undefined) return { reports: [report], refused: [], isOwnTracks: false };
  return refusal(reason, reason);
}

function refusal(reason: string, detail: string): Read {
  return { reports: [], refused: [{ line: 1, reason, detail }], isOwnTracks: false };
}

/** `curl -d` calls everything a form; JSON it is if it begins like JSON. */
function isForm(pushed: Pushed): boolean {
  const isCalledForm = pushed.contentType.startsWith("application/x-www-form-urlencoded");
  return isCalledForm && !/^\s*[[{]/.test(pushed.body);
}

const badLine = Symbol("bad line");

/** JSON, or NDJSON when it is not; undefined when no line is JSON. */
function valuesOf(body: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return Array.isArray(value) ? value : [value];
  } catch {
    const lines = body.split("\n").filter((line) => line.trim() !== "");
    const values = lines.map((line): unknown => {
      if (line.length > limits.lineChars) return badLine;
      try {
        return JSON.parse(line);
      } catch {
        return badLine;
      }
    });
    return values.every((value) => value === badLine) ? undefined : values;
  }
}

/** From the headers, the query, the topic that the app would use over MQTT, or the tracker id. */
function ownTracksId(pushed: Pushed, value: Readonly<Record<string, unknown>>): string {
  const user = pushed.user ?? pushed.query.get("u");
  const device = pushed.device ?? pushed.query.get("d");
  if (user && device) return `${user}-${device}`;
  const { topic, tid } = value;
  const named = typeof topic === "string" ? /^owntracks\/([^/]+)\/([^/]+)/.exec(topic) : null;
  if (named) return `${named[1]}-${named[2]}`;
  return user ?? (typeof tid === "string" ? tid : "");
}
