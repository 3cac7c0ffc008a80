// Units that a mapping may name, and what they become: SI, and for measurements the unit that the
// measurement's name should end in (`temperatureC`, `pressureHpa`).

import { metresPerFoot, metresPerNauticalMile, mpsPerKnot } from "@drover/core/model/units";

interface Unit {
  readonly scale: number;
  readonly offset: number;
}

const scaled = (scale: number): Unit => ({ scale, offset: 0 });

/** value in SI = value · scale + offset */
const units: Readonly<Record<string, Unit>> = {
  m: scaled(1),
  ft: scaled(metresPerFoot),
  km: scaled(1_000),
  mi: scaled(1_609.344),
  nmi: scaled(metresPerNauticalMile),
  "m/s": scaled(1),
  kn: scaled(mpsPerKnot),
  "km/h": scaled(1 / 3.6),
  mph: scaled(0.44704),
  "ft/min": scaled(metresPerFoot / 60),
  C: scaled(1),
  F: { scale: 5 / 9, offset: -160 / 9 },
  K: { scale: 1, offset: -273.15 },
  hPa: scaled(1),
  Pa: scaled(0.01),
  kPa: scaled(10),
  mbar: scaled(1),
  inHg: scaled(33.86389),
  mmHg: scaled(1.333224),
  mm: scaled(1),
  in: scaled(25.4),
  V: scaled(1),
  mV: scaled(0.001),
  "%": scaled(1),
  fraction: scaled(100),
  deg: scaled(1),
  rad: scaled(180 / Math.PI),
};

export const unitNames = Object.keys(units);

export function isUnit(name: string): boolean {
  return Object.hasOwn(units, name);
}

/** `value` of a unit in the unit of the house; unknown units leave it as it is. */
export function convert(value: number, unit: string): number {
  const { scale, offset } = units[unit] ?? scaled(1);
  return value * scale + offset;
}
