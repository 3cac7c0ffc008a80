// Zones made ready for judging. Immutable; a change of any zone makes a new set.

import Flatbush from "flatbush";
import type { Box } from "../../geometry/box.ts";
import type { Zone } from "../../model/zone.ts";
import { type ReadyZone, readyZone } from "./ready-zone.ts";

/** A place to ask about. */
export interface ZonePlace {
  readonly lat: number;
  readonly lon: number;
  /** Without it, a zone with a floor or a ceiling does not hold the place. */
  readonly altitudeM?: number | undefined;
  /** Epoch ms: versions and schedules as they are then. Absent: the newest version, by shape and altitude alone. */
  readonly at?: number | undefined;
}

export interface ZoneSet {
  /** Versions that take part. */
  readonly size: number;
  /** Zones that could not be made ready, with the reason; they take no part. */
  readonly faults: readonly { readonly zone: string; readonly message: string }[];
  /** True when some version of the zone takes part. */
  has(zone: string): boolean;
  /** The version of a zone that had begun at `at`, also when it has ended since. */
  versionAt(zone: string, at: number): ReadyZone | undefined;
  /** Calls with every version whose box touches the range (longitudes may leave [-180, 180]); one may come twice. */
  each(range: Box, call: (zone: ReadyZone) => void): void;
}

/** A zone as it was before, so that a new set need not be built from nothing: its versions are taken over where they are the same. */
const ready = new WeakMap<Zone, ReadyZone>();

/**
 * Makes zones ready. Several versions of one zone may be given: each fix is judged by the one that
 * was valid at its time (`validFrom <= at < validUntil`), so that late data meets the zone as it was.
 * Give every version that was valid within the last `keptMs`; one that ended makes those inside
 * leave at its end. A `Zone` object that was in an earlier set is not built again.
 */
export function createZoneSet(zones: readonly Zone[]): ZoneSet {
  const faults: { zone: string; message: string }[] = [];
  const versions = new Map<string, ReadyZone[]>();
  const boxed: { zone: ReadyZone; box: Box }[] = [];
  for (const zone of zones) {
    const made = madeReady(zone, faults);
    if (made === undefined) continue;
    const all = versions.get(zone.id);
    if (all === undefined) versions.set(zone.id, [made]);
    else all.push(made);
    for (const box of made.geometry.boxes) boxed.push({ zone: made, box });
  }
  let size = 0;
  for (const all of versions.values()) {
    all.sort((a, b) => a.zone.validFrom - b.zone.validFrom || a.zone.version - b.zone.version);
    size += all.length;
  }
  return {
    size,
    faults,
    has: (zone) => versions.has(zone),
    versionAt: (zone, at) => versions.get(zone)?.findLast(({ zone }) => zone.validFrom <= at),
    each: eachOf(boxed),
  };
}

function madeReady(zone: Zone, faults: { zone: string; message: string }[]): ReadyZone | undefined {
  const known = ready.get(zone);
  if (known !== undefined) return known;
  try {
    const made = readyZone(zone);
    ready.set(zone, made);
    return made;
  } catch (cause) {
    // One zone that cannot be judged must not keep the others from being watched.
    faults.push({ zone: zone.id, message: cause instanceof Error ? cause.message : String(cause) });
    return undefined;
  }
}

const column = (lon: number): number => (((Math.floor(lon) + 180) % 360) + 360) % 360;
const row = (lat: number): number => Math.max(0, Math.min(180, Math.floor(lat) + 90));

/** Cells of one degree in which some box lies; most assets are far from any zone, and this says so at once. */
function createTouched(boxed: readonly { readonly box: Box }[]): (range: Box) => boolean {
  const cells = new Uint8Array(360 * 181);
  for (const { box } of boxed) {
    for (let y = row(box.south); y <= row(box.north); y++) {
      for (let x = Math.floor(box.west); x <= Math.floor(box.east); x++)
        cells[y * 360 + column(x)] = 1;
    }
  }
  return ({ west, south, east, north }) => {
    if (east - west > 4 || north - south > 4) return true;
    for (let y = row(south); y <= row(north); y++) {
      for (let x = Math.floor(west); x <= Math.floor(east); x++) {
        if (cells[y * 360 + column(x)] === 1) return true;
      }
    }
    return false;
  };
}

function eachOf(
  boxed: readonly { readonly zone: ReadyZone; readonly box: Box }[],
): ZoneSet["each"] {
  if (boxed.length === 0) return () => {};
  const tree = new Flatbush(boxed.length);
  for (const { box } of boxed) tree.add(box.west, box.south, box.east, box.north);
  tree.finish();
  const isTouched = createTouched(boxed);
  return (range, call) => {
    if (!isTouched(range)) return;
    const found = (at: number): boolean => {
      const entry = boxed[at];
      if (entry !== undefined) call(entry.zone);
      return false;
    };
    const { west, south, east, north } = range;
    for (let turn = Math.ceil((-180 - east) / 360); turn <= (180 - west) / 360; turn++) {
      tree.search(west + 360 * turn, south, east + 360 * turn, north, found);
    }
  };
}

/** Ids of the zones that hold the place, each once. Which assets a zone means is not asked. */
export function zonesAt(set: ZoneSet, place: ZonePlace): readonly string[] {
  const { lon, lat, altitudeM, at } = place;
  const found = new Set<string>();
  set.each({ west: lon, east: lon, south: lat, north: lat }, (ready) => {
    const { zone, geometry } = ready;
    if (set.versionAt(zone.id, at ?? Infinity) !== ready) return;
    if (at !== undefined && ready.unwatched(at) !== undefined) return;
    const { floorM, ceilingM } = zone;
    if (floorM !== undefined && !(altitudeM !== undefined && altitudeM >= floorM)) return;
    if (ceilingM !== undefined && !(altitudeM !== undefined && altitudeM <= ceilingM)) return;
    if (geometry.contains(lon, lat)) found.add(zone.id);
  });
  return [...found];
}
