// Quantities of movers as the viewer wants them. Inside all is SI; this is the only way out.

import { metresPerFoot, mpsPerKnot } from "@drover/core/model/units";
import { numberText } from "./metric.ts";

export type Units = "metric" | "aviation";

export interface Quantity {
  readonly unit: string;
  /** From SI to what is shown. */
  readonly shown: (si: number) => number;
  /** And back. */
  readonly si: (shown: number) => number;
}

const linear = (unit: string, siPerUnit: number): Quantity => ({
  unit,
  shown: (si) => si / siPerUnit,
  si: (shown) => shown * siPerUnit,
});

/** Metres above sea level, and speeds over ground and upwards in m/s, by system of units. */
export const quantities: Readonly<
  Record<Units, Readonly<Record<"altitude" | "speed" | "climb", Quantity>>>
> = {
  metric: {
    altitude: linear("m", 1),
    speed: linear("km/h", 1 / 3.6),
    climb: linear("m/s", 1),
  },
  aviation: {
    altitude: linear("ft", metresPerFoot),
    speed: linear("kt", mpsPerKnot),
    climb: linear("ft/min", metresPerFoot / 60),
  },
};

/** A whole number, its thousands apart by a thin space: `11 278`; a dash for what is unknown. */
export function wholeText(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "–";
  const digits = String(Math.abs(Math.round(value)));
  const grouped = digits.length > 4 ? digits.replaceAll(/\B(?=(?:\d{3})+$)/g, "\u2009") : digits;
  return Math.round(value) < 0 ? `−${grouped}` : grouped;
}

/** `10 668 m` or `35 000 ft`. */
export function quantityText(quantity: Quantity, si: number | undefined): string {
  if (si === undefined || !Number.isFinite(si)) return "–";
  const shown = quantity.shown(si);
  const number = Math.abs(shown) < 10 ? numberText(Number(shown.toFixed(1))) : wholeText(shown);
  return `${number} ${quantity.unit}`;
}

const degreesText = (value: number, names: readonly [string, string]): string =>
  `${Math.abs(value).toFixed(4)}° ${value < 0 ? names[1] : names[0]}`;

/** `31.9523° S, 115.8613° E`. */
export const placeText = (lat: number, lon: number): string =>
  `${degreesText(lat, ["N", "S"])}, ${degreesText(lon, ["E", "W"])}`;

/** A distance or a width: `850 m`, `12.5 km`. */
export function distanceText(metres: number): string {
  if (!Number.isFinite(metres)) return "–";
  if (Math.abs(metres) < 1_000) return `${wholeText(metres)} m`;
  const km = metres / 1_000;
  return `${Math.abs(km) < 100 ? numberText(Number(km.toFixed(1))) : wholeText(km)} km`;
}

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `512 B`, `3.4 MiB`. */
export function bytesText(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return "–";
  const step = bytes < 1 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${byteUnits[step]}`;
}

const points = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"] as const;

/** `274° W`. */
export function headingText(headingDeg: number | undefined): string {
  if (headingDeg === undefined || !Number.isFinite(headingDeg)) return "–";
  const whole = Math.round(headingDeg) % 360;
  return `${String(whole).padStart(3, "0")}° ${points[Math.round(whole / 45) % 8] ?? ""}`;
}
