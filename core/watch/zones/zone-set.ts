// Zones made ready for judging. Immutable; a change of any zone makes a new set.

import type { Zone } from "../../model/zone.ts";

/** A place to ask about. */
export interface ZonePlace {
  readonly lat: number;
  readonly lon: number;
  readonly altitudeM?: number | undefined;
  /** Epoch ms: versions and schedules as they are then. Absent: by shape and altitude alone, whichever version is newest. */
  readonly at?: number | undefined;
}

export interface ZoneSet {
  /** Versions that take part. */
  readonly size: number;
  /** Zones that could not be made ready, with the reason; they take no part. */
  readonly faults: readonly { readonly zone: string; readonly message: string }[];
  /** The version of a zone that holds at `at`. */
  versionAt(zone: string, at: number): Zone | undefined;
}

/**
 * Makes zones ready. Several versions of one zone may be given: each fix is judged by the one that
 * was valid at its time (`validFrom <= at < validUntil`), so that late data meets the zone as it was.
 */
export function createZoneSet(zones: readonly Zone[]): ZoneSet {
  throw new Error(`not built yet (${zones.length} zones)`);
}

/** Ids of the zones that hold the place. */
export function zonesAt(set: ZoneSet, place: ZonePlace): readonly string[] {
  throw new Error(`not built yet (${set.size} zones, ${place.lat})`);
}
