// Reports for benchmarks, made as cheaply as possible: the two shapes that figures are quoted for.
// They are valid and differ from one another, but nobody would take them for a flight.

import type { Report } from "../model/report.ts";

export type ShapeName = "aircraft" | "sensor";

export interface ShapeConfig {
  readonly shape: ShapeName;
  /** How many assets take turns. */
  readonly assets: number;
  /** Event time of the first report, epoch ms. */
  readonly startAt: number;
  /** Between two reports of one asset. */
  readonly intervalMs: number;
  readonly seed: number;
}

export interface Shapes {
  /** The next `count` reports: assets in turn, time going on with every round. */
  take(count: number): Report[];
  /** Reports taken so far. */
  taken(): number;
}

const source = "load";

/**
 * About 228 bytes of JSON for `aircraft`, about 113 for `sensor`. Every (asset, at) comes once.
 *
 * Sequences step by the golden ratio, which spreads values evenly at the price of one addition
 * (Weyl sequence).
 */
export function createShapes(config: ShapeConfig): Shapes {
  const { assets, startAt, intervalMs, seed } = config;
  const names = Array.from({ length: assets }, (_, index) =>
    config.shape === "aircraft"
      ? `aircraft:${(0x7c0000 + index).toString(16).padStart(6, "0")}`
      : `station:s-${String(index).padStart(5, "0")}`,
  );
  const make = config.shape === "aircraft" ? aircraftShape : sensorShape;
  let taken = 0;

  return {
    taken: () => taken,
    take(count) {
      const reports: Report[] = [];
      for (let made = 0; made < count; made++, taken++) {
        const index = taken % assets;
        const round = (taken - index) / assets;
        const at = startAt + round * intervalMs + (index % intervalMs);
        const weyl = (taken * 0.6180339887498949 + seed * 0.7548776662466927) % 1;
        reports.push(make(names[index] ?? "", at, weyl));
      }
      return reports;
    },
  };
}

function aircraftShape(asset: string, at: number, weyl: number): Report {
  return {
    asset,
    kind: "aircraft",
    at,
    position: {
      lat: Math.round(-3_800_000 + weyl * 2_600_000) / 1e5,
      lon: Math.round(11_500_000 + ((weyl * 7) % 1) * 3_800_000) / 1e5,
      altitudeM: Math.round(weyl * 12_000),
    },
    motion: {
      speedMps: Math.round(200 + weyl * 60),
      headingDeg: Math.round(((weyl * 13) % 1) * 359),
      climbMps: Math.round((weyl - 0.5) * 200) / 10,
    },
    attributes: { callsign: "QFA123" },
    source,
  };
}

function sensorShape(asset: string, at: number, weyl: number): Report {
  return {
    asset,
    kind: "station",
    at,
    measurements: { temperatureC: Math.round(weyl * 400) / 10 },
    source,
  };
}
