// Every kind of source in one table, and the reading of source specs.

import { sourcePattern } from "@drover/core/model/report";
import { httpKind } from "./http.ts";
import { mqttKind } from "./mqtt.ts";
import { openskyKind } from "./opensky.ts";
import { readsbKind } from "./readsb.ts";
import { replayKind } from "./replay.ts";
import { sbsKind } from "./sbs.ts";
import { simKind } from "./sim.ts";
import type { PreparedSource, SourceKind } from "./kind.ts";

/** Kind → what reads its spec and makes it. A new kind is a line here. */
export const sourceKinds: Readonly<Record<string, SourceKind>> = {
  opensky: openskyKind,
  readsb: readsbKind,
  sbs: sbsKind,
  replay: replayKind,
  mqtt: mqttKind,
  http: httpKind,
  sim: simKind,
};

/** `KIND=…` of a command line, or an object of a config file: `{ kind, name?, ...options }`. */
export type SourceSpec = string | Readonly<Record<string, unknown>>;

/** More sources than this on one edge is a mistake. */
const SOURCES_MAX = 64;

/** Every mistake of every spec, each with the spec that it stands in. */
export class SourceSpecError extends Error {
  override name = "SourceSpecError";
  readonly mistakes: readonly string[];
  constructor(mistakes: readonly string[]) {
    super(`sources: ${mistakes.join("; ")}`);
    this.mistakes = mistakes;
  }
}

/**
 * Reads and checks specs; opens nothing. A source without a name gets its kind's, with `-2`, `-3`
 * behind it where that is taken.
 *
 * @throws SourceSpecError with all mistakes at once.
 */
export function prepareSources(
  specs: readonly SourceSpec[],
  kinds: Readonly<Record<string, SourceKind>> = sourceKinds,
): readonly PreparedSource[] {
  const mistakes: string[] = [];
  const prepared: PreparedSource[] = [];
  const names = new Set<string>();
  if (specs.length > SOURCES_MAX) mistakes.push(`${specs.length} are more than ${SOURCES_MAX}`);
  for (const [index, spec] of specs.slice(0, SOURCES_MAX).entries()) {
    const at = (mistake: string) => mistakes.push(`source ${index + 1}: ${mistake}`);
    const read = typeof spec === "string" ? readText(spec) : readObject(spec);
    if (read.mistake !== undefined) at(read.mistake);
    const kind = Object.hasOwn(kinds, read.kind) ? kinds[read.kind] : undefined;
    if (kind === undefined) {
      at(`kind "${read.kind}" is none of ${Object.keys(kinds).join(", ")}`);
      continue;
    }
    if (kind.isSingle && prepared.some((other) => other.kind === read.kind)) {
      at(`${read.kind}: one per edge; put both into one (${kind.usage})`);
    }
    if (read.name !== undefined && names.has(read.name)) at(`name "${read.name}" is taken`);
    const result = kind.prepare(read.input);
    if (result.kind === "mistakes") {
      for (const mistake of result.mistakes) at(`${read.kind}: ${mistake}`);
      continue;
    }
    const name = read.name ?? freeName(read.kind, names);
    names.add(name);
    prepared.push({ kind: read.kind, name, create: (deps) => result.create(name, deps) });
  }
  if (mistakes.length > 0) throw new SourceSpecError(mistakes);
  return prepared;
}

type ReadSpec = {
  readonly kind: string;
  readonly name?: string | undefined;
  readonly input: string | Readonly<Record<string, unknown>>;
  readonly mistake?: string;
};

function readText(spec: string): ReadSpec {
  const cut = spec.indexOf("=");
  if (cut < 0) return { kind: spec, input: "" };
  return { kind: spec.slice(0, cut), input: spec.slice(cut + 1) };
}

function readObject(spec: Readonly<Record<string, unknown>>): ReadSpec {
  const { kind, name, ...input } = spec;
  const kindText = typeof kind === "string" ? kind : "";
  if (name === undefined) return { kind: kindText, input };
  if (typeof name === "string" && sourcePattern.test(name)) return { kind: kindText, name, input };
  return { kind: kindText, input, mistake: "name: must be 1 to 64 of [a-z0-9._:-]" };
}

function freeName(kind: string, taken: ReadonlySet<string>): string {
  let name = kind;
  for (let next = 2; taken.has(name); next++) name = `${kind}-${next}`;
  return name;
}
