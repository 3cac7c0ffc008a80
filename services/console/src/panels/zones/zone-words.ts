// A zone in a line.

import type { Zone, ZoneShape } from "@drover/core/model/zone";
import { distanceText, wholeText } from "../text/quantity.ts";

/** `circle of 5 km`, `corridor 10 km wide`, `polygon, 6 corners`. */
export function shapeText(shape: ZoneShape): string {
  switch (shape.type) {
    case "circle":
      return `circle of ${distanceText(shape.radiusM)}`;
    case "corridor":
      return `corridor ${distanceText(shape.widthM)} wide`;
    case "polygon": {
      // Rings are closed: their last corner is the first.
      const corners = shape.polygons.flat().reduce((sum, ring) => sum + ring.length - 1, 0);
      const parts = shape.polygons.length;
      const [rings] = shape.polygons;
      const holes = parts === 1 ? (rings?.length ?? 1) - 1 : 0;
      const more = parts > 1 ? `, ${parts} parts` : holes > 0 ? `, ${holes} cut out` : "";
      return `polygon, ${wholeText(corners)} corners${more}`;
    }
  }
}

/** `0 to 3000 m`, `above 500 m`; empty for every altitude. */
export function bandText({ floorM, ceilingM }: Pick<Zone, "floorM" | "ceilingM">): string {
  if (floorM !== undefined && ceilingM !== undefined) {
    return `${wholeText(floorM)} to ${wholeText(ceilingM)} m`;
  }
  if (floorM !== undefined) return `above ${wholeText(floorM)} m`;
  return ceilingM === undefined ? "" : `below ${wholeText(ceilingM)} m`;
}

/** `aircraft and 2 named`; empty for everything. */
export function appliesText({ applies }: Pick<Zone, "applies">): string {
  const { kinds = [], assets = [] } = applies ?? {};
  const named = assets.length === 1 ? assets : assets.length > 1 ? [`${assets.length} named`] : [];
  return [...kinds, ...named].join(" and ");
}

const dayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

const nameOf = (day: number): string => dayNames[day - 1] ?? "";

/** `Mon–Fri`, `Sat, Sun`. */
export function daysText(days: readonly number[]): string {
  const sorted = [...new Set(days)].toSorted((a, b) => a - b);
  const first = sorted[0] ?? 1;
  const isRun = sorted.length > 2 && sorted.every((day, index) => day === first + index);
  if (sorted.length === 7) return "every day";
  return isRun ? `${nameOf(first)}–${nameOf(sorted.at(-1) ?? 1)}` : sorted.map(nameOf).join(", ");
}

/** `Mon–Fri 08:00–18:00 (Australia/Darwin)`; empty for always. */
export function scheduleText({ schedule }: Pick<Zone, "schedule">): string {
  if (schedule === undefined) return "";
  const windows = schedule.windows.map(({ days, from, to }) => `${daysText(days)} ${from}–${to}`);
  return `${windows.join("; ")} (${schedule.timeZone})`;
}

/** What sets a zone apart, in a line. */
export function zoneSummary(zone: Zone): string {
  return [shapeText(zone.shape), bandText(zone), appliesText(zone), zone.schedule && "scheduled"]
    .filter(Boolean)
    .join(" · ");
}
