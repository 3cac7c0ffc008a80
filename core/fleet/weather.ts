// The weather over one place as a function of time: smooth, plausible for inland Australia, the same
// in every process. It is scenery, not meteorology.

import { wander } from "./chance.ts";

export interface Weather {
  readonly temperatureC: number;
  readonly humidityPct: number;
  /** At the station's own altitude. */
  readonly pressureHpa: number;
  readonly windMps: number;
  readonly windDirectionDeg: number;
  readonly rainMmph: number;
  /** On a horizontal plane. */
  readonly solarWm2: number;
}

export interface WeatherPlace {
  readonly seed: number;
  /** Neighbours share it, and with it their fronts and showers. */
  readonly site: number;
  readonly station: number;
  readonly latDeg: number;
  readonly lonDeg: number;
  readonly altitudeM: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** The June solstice of 2000 falls this far into a mean year, which is enough for scenery. */
const juneSolsticeDay = 172;
const radians = Math.PI / 180;

export function weatherAt(place: WeatherPlace, atMs: number): Weather {
  const siteNoise = (salt: number, periodMs: number) =>
    wander({ seed: place.seed, key: place.site, salt }, atMs, periodMs);
  const ownNoise = (salt: number, periodMs: number) =>
    wander({ seed: place.seed, key: place.station, salt }, atMs, periodMs);

  const yearDay = (atMs / dayMs) % 365.2422;
  const season = Math.cos((2 * Math.PI * (yearDay - juneSolsticeDay)) / 365.2422);
  // Mean solar time: four minutes a degree of longitude.
  const solarHour = ((atMs + place.lonDeg * 240_000) / hourMs) % 24;
  const cloud = Math.max(0, siteNoise(21, 9 * hourMs) - 0.15);
  const shower = Math.max(0, siteNoise(22, 2 * hourMs) - 0.55) * Math.max(0, cloud - 0.25);
  const sun = sunHeight(place.latDeg, 23.44 * season, solarHour);
  const solarWm2 = 1_080 * Math.max(0, sun) * (1 - 0.75 * cloud);

  // South of the equator June is winter; the warmest hour comes about three after noon.
  const seasonC = (place.latDeg < 0 ? -1 : 1) * season * (4 + 0.22 * Math.abs(place.latDeg));
  const meanC = 33 - 0.42 * Math.abs(place.latDeg) - 0.0065 * place.altitudeM + seasonC;
  const dailyC = (8.5 - 5 * cloud) * Math.cos((2 * Math.PI * (solarHour - 15)) / 24);
  const temperatureC =
    meanC + dailyC + 3.5 * siteNoise(23, 30 * hourMs) + 0.6 * ownNoise(24, hourMs) - 4 * shower;

  const dryness = (temperatureC - meanC) * 2.6;
  const humidityPct = 42 - dryness + 22 * cloud + 60 * shower + 5 * ownNoise(25, 2 * hourMs);
  const seaHpa = 1_014 + 9 * siteNoise(26, 40 * hourMs) - 1.2 * Math.cos((Math.PI * solarHour) / 6);
  const gust = 1 + 0.25 * ownNoise(27, 60_000);
  const breeze = 3.2 + 2.4 * siteNoise(28, 6 * hourMs) + 1.8 * Math.max(0, sun);
  return {
    temperatureC,
    humidityPct: Math.min(100, Math.max(4, humidityPct)),
    // International barometric formula (ISO 2533), troposphere.
    pressureHpa: seaHpa * (1 - 2.25577e-5 * place.altitudeM) ** 5.25588,
    windMps: Math.max(0, breeze * gust),
    windDirectionDeg:
      (720 + 180 * siteNoise(29, 18 * hourMs) + 18 * ownNoise(30, 5 * 60_000)) % 360,
    rainMmph: shower * 60,
    solarWm2,
  };
}

/** Sine of the sun's height above the horizon. */
function sunHeight(latDeg: number, declinationDeg: number, solarHour: number): number {
  const hourAngle = ((solarHour - 12) / 12) * Math.PI;
  return (
    Math.sin(latDeg * radians) * Math.sin(declinationDeg * radians) +
    Math.cos(latDeg * radians) * Math.cos(declinationDeg * radians) * Math.cos(hourAngle)
  );
}
