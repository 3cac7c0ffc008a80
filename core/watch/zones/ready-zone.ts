// One version of a zone with everything that its judging needs worked out.

import { createGeometry, type Geometry } from "../../geometry/geometry.ts";
import { Confirmation, type Zone } from "../../model/zone.ts";
import { type Selector, selectorOf } from "../selection.ts";
import { createSchedule } from "./schedule.ts";

/** Why nobody can be in a zone at a time. */
export type Unwatched = "ended" | "disabled" | "closed";

export interface ReadyZone {
  readonly zone: Zone;
  readonly geometry: Geometry;
  readonly selector: Selector;
  readonly confirmation: Confirmation;
  /** Distance beyond the border, over and above the accuracy, that an exit needs, metres. */
  readonly exitMarginM: number;
  /** Of who has moved more than noise no entry need be deeper than this, whatever the accuracy, metres. */
  readonly enterDepthMaxM: number;
  readonly hasBand: boolean;
  /** Why it is not watched at `at`; undefined when it is. */
  unwatched(at: number): Unwatched | undefined;
  /** Since when, after `from` and not after `to`, it is not watched, epoch ms; it must not be at `to`. */
  unwatchedSince(from: number, to: number): number;
}

/** A tenth of the zone's size, but never so little that a receiver's noise passes it, nor so much that who parks down the road never left. */
const exitMarginM = { share: 0.1, min: 20, max: 500 } as const;
/** Of a zone's size: in a zone of 40 m one cannot be deeper than 20 m. */
const enterDepthShare = 0.2;

/** Makes a zone ready. @throws RangeError when the runtime does not know the schedule's time zone */
export function readyZone(zone: Zone): ReadyZone {
  const geometry = createGeometry(zone.shape);
  const confirmation = Confirmation.parse(zone.confirmation ?? {});
  const schedule = zone.schedule && createSchedule(zone.schedule);
  const { validFrom, validUntil = Infinity, isEnabled } = zone;
  const unwatched = (at: number): Unwatched | undefined => {
    if (at >= validUntil) return "ended";
    if (!isEnabled) return "disabled";
    return schedule === undefined || schedule.isOpen(at) ? undefined : "closed";
  };
  return {
    zone,
    geometry,
    selector: selectorOf(zone.applies),
    confirmation,
    exitMarginM:
      confirmation.exitMarginM ??
      Math.min(exitMarginM.max, Math.max(exitMarginM.min, geometry.sizeM * exitMarginM.share)),
    enterDepthMaxM: geometry.sizeM * enterDepthShare,
    hasBand: zone.floorM !== undefined || zone.ceilingM !== undefined,
    unwatched,
    unwatchedSince(from, to) {
      const since = !isEnabled
        ? Math.max(from, validFrom)
        : Math.min(validUntil, schedule?.closedSince(from, to) ?? to);
      return Math.min(to, Math.max(from, since));
    },
  };
}
