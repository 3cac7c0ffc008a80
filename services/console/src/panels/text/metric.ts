// A metric's name says its unit, as every name of Drover does: `temperatureC`, `windMps`. This reads it.

import { durationText } from "./duration.ts";

export interface MetricWords {
  /** For people: `Wind direction`. */
  readonly label: string;
  /** `m/s`; empty when the name says none. */
  readonly unit: string;
}

/** Longest suffixes first, so that `Mmph` is not taken for `h`. */
const units: readonly (readonly [suffix: string, unit: string])[] = [
  ["PerSecond", "/s"],
  ["Wm2", "W/m²"],
  ["Mmph", "mm/h"],
  ["Ugm3", "µg/m³"],
  ["Kmh", "km/h"],
  ["Mps", "m/s"],
  ["Lpm", "l/min"],
  ["Hpa", "hPa"],
  ["Kpa", "kPa"],
  ["Dbm", "dBm"],
  ["Dbfs", "dBFS"],
  ["Pct", "%"],
  ["Deg", "°"],
  ["Ppm", "ppm"],
  ["Bytes", "B"],
  ["Km", "km"],
  ["Mm", "mm"],
  ["Cm", "cm"],
  ["Kg", "kg"],
  ["Hz", "Hz"],
  ["Ms", "ms"],
  ["Pa", "Pa"],
  ["Ma", "mA"],
  ["Mv", "mV"],
  ["Lx", "lx"],
  ["C", "°C"],
  ["V", "V"],
  ["A", "A"],
  ["W", "W"],
  ["M", "m"],
  ["S", "s"],
];

/** An explanation names a limit after what it is a limit of: `batteryV.below`. */
const bounded = /^(.+)\.(above|below|clearAt)$/;
const boundWords: Readonly<Record<string, string>> = {
  above: "limit above",
  below: "limit below",
  clearAt: "over again at",
};

/** Label and unit of a measurement or of one of the motion metrics of a rule. */
export function metricWords(name: string): MetricWords {
  if (name === "density") return { label: "Reports", unit: "" };
  const [, of, bound] = bounded.exec(name) ?? [];
  if (of !== undefined && bound !== undefined) {
    const { label, unit } = metricWords(of);
    return { label: `${label}, ${boundWords[bound] ?? bound}`, unit };
  }
  const own = name.replace(/^(?:position|motion)\./, "");
  const found = units.find(([suffix]) => own.length > suffix.length && own.endsWith(suffix));
  const stem = found === undefined ? own : own.slice(0, -found[0].length);
  return { label: labelOf(stem), unit: found?.[1] ?? "" };
}

/** `Wind, m/s`. */
export function metricTitle(name: string): string {
  const { label, unit } = metricWords(name);
  return unit === "" ? label : `${label}, ${unit}`;
}

/** Digits that are worth showing beside a number of this size. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const digits = size >= 1_000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;
  // A minus as wide as a digit; `+ 0` because nobody reads -0.
  return String(Number(value.toFixed(digits)) + 0).replace("-", "−");
}

/** `12.5 °C`; a degree and a percent sign stand as they are written. */
export function measureText(name: string, value: number): string {
  const { unit } = metricWords(name);
  if (unit === "ms") return durationText(value);
  const number = numberText(value);
  if (unit === "" || unit === "°") return `${number}${unit}`;
  return `${number} ${unit}`;
}

function labelOf(stem: string): string {
  const words = stem
    .replaceAll(/[._-]+/g, " ")
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .trim()
    .toLowerCase();
  return words === "" ? stem : words.slice(0, 1).toUpperCase() + words.slice(1);
}
