// What a zone's schema cannot say: whether its shape and its schedule can work.

import { checkShape } from "@drover/core/geometry/check-shape";
import { badRequest, type FieldMistake } from "@drover/core/service/problem";
import type { ZoneInput } from "@drover/core/model/zone";

/** Everything that cannot work, with its place where it has one; empty when the zone can be watched. */
export function faultsOfZone(input: ZoneInput): readonly FieldMistake[] {
  return [...faultsOfShape(input), ...faultsOfSchedule(input)];
}

function faultsOfShape({ shape }: ZoneInput): readonly FieldMistake[] {
  return checkShape(shape).map(({ path, message, place }) => ({
    field: ["shape", ...path].join("."),
    detail: message,
    ...(place && { place: [place[0], place[1]] as const }),
  }));
}

/** @throws Problem 400 with everything that cannot work. */
export function refuseFaults(input: ZoneInput): void {
  const faults = faultsOfZone(input);
  if (faults.length === 0) return;
  throw badRequest(faults.map(({ field, detail }) => `${field}: ${detail}`).join("; "), faults);
}

function faultsOfSchedule({ schedule }: ZoneInput): readonly FieldMistake[] {
  if (schedule === undefined || isTimeZone(schedule.timeZone)) return [];
  const detail = `${schedule.timeZone} is no time zone; expected a name as Australia/Darwin`;
  return [{ field: "schedule.timeZone", detail }];
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
