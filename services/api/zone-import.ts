// Takes a GeoJSON file of zones in. Ids come from the file or from names, so that importing a file
// once more changes what it changed and leaves the rest.

import { setImmediate } from "node:timers/promises";
import {
  featuresOf,
  type ReadFeature,
  readNthFeature,
  type ReadOptions,
} from "@drover/core/model/zone-geojson";
import type { Zone, ZoneInput } from "@drover/core/model/zone";
import { slugOf, withSuffix } from "@drover/core/records/definition-id";
import type { Put } from "@drover/core/records/definitions";
import { isSameJson } from "@drover/core/records/same-json";
import { type Zones, zonesMax } from "@drover/core/records/zones";
import type { FieldMistake } from "@drover/core/service/problem";
import { faultsOfZone } from "./zone-check.ts";

export interface ImportOptions extends Pick<ReadOptions, "nameProperty"> {
  readonly by: string;
  /** Take what is good although something else is not. */
  readonly isPartial: boolean;
  /** Say what would be, change nothing. */
  readonly isDryRun: boolean;
}

export interface ImportedZone {
  /** Which feature of the file, from 0. */
  readonly index: number;
  readonly id: string;
  readonly outcome: "created" | "changed" | "unchanged";
}

/** A mistake of one feature. */
export type ImportFault = FieldMistake & { readonly index: number };

export type ImportResult =
  | { readonly kind: "refused"; readonly faults: readonly ImportFault[] }
  | { readonly kind: "full"; readonly countMax: number }
  | {
      readonly kind: "imported";
      readonly zones: readonly ImportedZone[];
      readonly faults: readonly ImportFault[];
    };

type Item = ReadFeature & { readonly index: number; readonly id: string };

/** Zones changed in one transaction; others of the store wait for no longer than it takes. */
const CHUNK = 200;
const FEATURES_AT_ONCE = 20;

export async function importZones(
  body: unknown,
  options: ImportOptions,
  zones: Zones,
): Promise<ImportResult> {
  const { items, faults } = await readItems(body, options);
  if (faults.length > 0 && (!options.isPartial || items.length === 0)) {
    return { kind: "refused", faults };
  }
  const there = new Map((await zones.list()).map((zone) => [zone.id, zone]));
  const added = items.filter(({ id }) => !there.has(id)).length;
  if (there.size + added > zonesMax) return { kind: "full", countMax: zonesMax };
  if (options.isDryRun) {
    const planned = items.map(({ index, id, input }) => {
      return { index, id, outcome: outcomeOf(there.get(id), input) };
    });
    return { kind: "imported", zones: planned, faults };
  }
  const imported: ImportedZone[] = [];
  for (let start = 0; start < items.length; start += CHUNK) {
    const some = items.slice(start, start + CHUNK);
    const put = await zones.putAll(some, { by: options.by });
    for (const [at, result] of put.entries()) {
      const item = some[at];
      if (item !== undefined) imported.push(importedOf(item, result));
    }
  }
  return { kind: "imported", zones: imported, faults };
}

async function readItems(body: unknown, options: ImportOptions) {
  const collection = featuresOf(body);
  if ("fault" in collection) return { items: [], faults: [{ index: 0, ...collection.fault }] };
  const faults: ImportFault[] = [];
  const ids = new Set<string>();
  const counts = new Map<string, number>();
  const items: Item[] = [];
  for (const [index, feature] of collection.features.entries()) {
    // A large file takes seconds; others are answered meanwhile.
    if (index % FEATURES_AT_ONCE === 0) await setImmediate();
    const read = readNthFeature(feature, index, options);
    const found = read.kind === "faults" ? read.faults : faultsOfZone(read.input);
    faults.push(...found.map((fault) => ({ index, ...fault })));
    if (read.kind === "faults" || found.length > 0) continue;
    const { id, input } = read;
    if (id !== undefined && ids.has(id)) {
      faults.push({ index, field: "id", detail: `another feature of this file has the id ${id}` });
      continue;
    }
    const own = id ?? freeOf(slugOf(input.name, "zone"), ids, counts);
    ids.add(own);
    items.push({ index, id: own, input });
  }
  return { items, faults };
}

/** Features of one name are told apart by their order in the file; `counts` is how far it went. */
function freeOf(slug: string, taken: ReadonlySet<string>, counts: Map<string, number>): string {
  let count = counts.get(slug) ?? 1;
  let id = count === 1 ? slug : withSuffix(slug, String(count));
  while (taken.has(id)) {
    count += 1;
    id = withSuffix(slug, String(count));
  }
  counts.set(slug, count + 1);
  return id;
}

function outcomeOf(zone: Zone | undefined, input: ZoneInput): ImportedZone["outcome"] {
  if (zone === undefined) return "created";
  const { id: _id, version: _version, validFrom: _from, ...rest } = zone;
  return isSameJson(JSON.stringify(rest), JSON.stringify(input)) ? "unchanged" : "changed";
}

function importedOf({ index, id }: Item, put: Put<Zone>): ImportedZone {
  switch (put.kind) {
    case "created":
    case "changed":
    case "unchanged":
      return { index, id, outcome: put.kind };
    // Someone else took the last place meanwhile; the others need a condition that is not given.
    case "full":
    case "repeated":
    case "key-taken":
    case "exists":
    case "unknown":
    case "version-differs":
      throw new Error(`zones: import of ${id} ended as ${put.kind}`);
  }
}
