// A remote weather or water station: what it measures, as a function of time.

import type { Report } from "../model/report.ts";
import { chance, pick, wander } from "./chance.ts";
import { ticksBetween, type Cadence } from "./cadence.ts";
import { spotNear, type Site } from "./site.ts";
import { weatherAt, type WeatherPlace } from "./weather.ts";

export interface Station {
  readonly asset: string;
  /** Unique in the fleet, `[a-z0-9-]`: `wirrabilla-downs-03`. */
  readonly id: string;
  /** A weather mast, or a tank with a pump. */
  readonly duty: "weather" | "water";
  readonly site: Site;
  readonly latDeg: number;
  readonly lonDeg: number;
  readonly altitudeM: number;
  readonly cadenceMs: number;
  /** Its reports with an event time in [fromMs, toMs), in order; the link plays no part. */
  reportsBetween(fromMs: number, toMs: number): Report[];
}

export interface StationConfig {
  readonly seed: number;
  readonly index: number;
  readonly site: Site;
  /** Its number on the site, from 1. */
  readonly number: number;
  /** The `source` of its reports. */
  readonly source: string;
  readonly cadenceMs?: number | undefined;
}

const dayMs = 86_400_000;
/** Every station says something twice a minute, within a second or two. */
const CADENCE_MS = 30_000;

export function createStation(config: StationConfig): Station {
  const { seed, index, site, source } = config;
  const id = `${site.slug}-${String(config.number).padStart(2, "0")}`;
  const duty = chance(seed, index, 0, 61) < 0.6 ? "weather" : "water";
  const spot = spotNear(site, seed, index);
  const altitudeM = Math.max(0, site.altitudeM + pick(41, seed, index, 62) - 20);
  const cadenceMs = config.cadenceMs ?? CADENCE_MS;
  const cadence: Cadence = { seed, key: index, salt: 63, periodMs: cadenceMs, jitter: 0.05 };
  const place: WeatherPlace = { seed, site: site.index, station: index, ...spot, altitudeM };
  const position = { lat: rounded(spot.latDeg, 1e5), lon: rounded(spot.lonDeg, 1e5), altitudeM };

  function reportAt(atMs: number): Report {
    const measured = duty === "weather" ? weatherOf(place, atMs) : waterOf(place, atMs);
    return {
      asset: `station:${id}`,
      kind: "station",
      at: atMs,
      position: { ...position },
      measurements: { ...measured, ...healthOf(place, atMs) },
      source,
    };
  }

  return {
    asset: `station:${id}`,
    id,
    duty,
    site,
    ...spot,
    altitudeM,
    cadenceMs,
    reportsBetween(fromMs, toMs) {
      return Array.from(ticksBetween(cadence, fromMs, toMs), ({ atMs }) => reportAt(atMs));
    },
  };
}

function weatherOf(place: WeatherPlace, atMs: number): Record<string, number> {
  const weather = weatherAt(place, atMs);
  return {
    temperatureC: rounded(weather.temperatureC, 10),
    humidityPct: rounded(weather.humidityPct, 1),
    pressureHpa: rounded(weather.pressureHpa, 10),
    windMps: rounded(weather.windMps, 10),
    windDirectionDeg: rounded(weather.windDirectionDeg, 1) % 360,
    rainMmph: rounded(weather.rainMmph, 5),
    solarWm2: rounded(weather.solarWm2, 1),
  };
}

/** A tank that a herd drinks empty over some days and a pump fills again in half of one. */
function waterOf(place: WeatherPlace, atMs: number): Record<string, number> {
  const { seed, station } = place;
  const weather = weatherAt(place, atMs);
  const cycleMs = (3 + 5 * chance(seed, station, 0, 64)) * dayMs;
  const x = ((atMs + chance(seed, station, 0, 65) * cycleMs) % cycleMs) / cycleMs;
  const fillShare = 0.5 / (cycleMs / dayMs);
  const low = 18 + 15 * chance(seed, station, 0, 66);
  const isPumping = x > 1 - fillShare;
  const full = isPumping ? (x - 1 + fillShare) / fillShare : 1 - x / (1 - fillShare);
  const levelPct =
    low + (97 - low) * full + 0.3 * wander({ seed, key: station, salt: 67 }, atMs, 9e5);
  return {
    temperatureC: rounded(weather.temperatureC, 10),
    waterTemperatureC: rounded(0.6 * weather.temperatureC + 7, 10),
    tankPct: rounded(Math.min(100, Math.max(0, levelPct)), 10),
    flowLpm: isPumping
      ? rounded(42 + 4 * wander({ seed, key: station, salt: 68 }, atMs, 6e4), 10)
      : 0,
    solarWm2: rounded(weather.solarWm2, 1),
  };
}

/** What every station says of itself. */
function healthOf(place: WeatherPlace, atMs: number): Record<string, number> {
  const { seed, station } = place;
  const sun = weatherAt(place, atMs).solarWm2 / 1_000;
  const age = 0.25 * chance(seed, station, 0, 69);
  const noise = wander({ seed, key: station, salt: 70 }, atMs, 4 * 3_600_000);
  const signal = -88 - 24 * chance(seed, station, 0, 71);
  return {
    batteryV: rounded(12.5 - age + 0.9 * Math.min(1, sun * 1.6) + 0.08 * noise, 100),
    signalDbm: rounded(signal + 4 * wander({ seed, key: station, salt: 72 }, atMs, 120_000), 1),
  };
}

/** Adding 0 turns -0 into 0, which JSON cannot tell apart. */
function rounded(value: number, steps: number): number {
  return Math.round(value * steps) / steps + 0;
}
