// The deterministic fleet: aircraft and stations whose every report is a function of a seed and a
// time. Two processes with the same config say the same, whoever asks when, so that tests compute what
// to expect from here and never from Drover.

import type { Report } from "../model/report.ts";
import { airlines, type Airline } from "./airlines.ts";
import { chance, pick } from "./chance.ts";
import { createFlight, type Flight } from "./flight.ts";
import { createSite, type Site } from "./site.ts";
import { createStation, type Station } from "./station.ts";

export interface FleetConfig {
  readonly seed: number;
  readonly flights: number;
  readonly stations: number;
  /**
   * Epoch ms from which rotations count; 0 when absent, which makes the fleet a function of the time
   * of day alone, so that it goes on where it was after a restart.
   */
  readonly startAt?: number;
  /** The `source` of its reports; `sim` when absent. */
  readonly source?: string;
  /** Overrides the flights' own cadences of 1 to 10 s. */
  readonly flightCadenceMs?: number | undefined;
  /** Overrides the stations' cadence of 30 s. */
  readonly stationCadenceMs?: number | undefined;
}

export interface Fleet {
  readonly flights: readonly Flight[];
  readonly stations: readonly Station[];
  readonly sites: readonly Site[];
  /** What happened in [fromMs, toMs), by event time, then by asset. */
  reportsBetween(fromMs: number, toMs: number): Report[];
  /**
   * What reaches a reader in [fromMs, toMs): reports over links that are up, and, where a link came
   * back, its backlog with the original times, marked `historical`. In order of arrival.
   */
  arrivalsBetween(fromMs: number, toMs: number): Report[];
}

/** Beyond these the tables would not hold: one address block, one name each. */
const FLIGHTS_MAX = 100_000;
const STATIONS_MAX = 100_000;
/** Stations of one site share a gateway. */
const stationsPerSite = { min: 3, max: 7 } as const;

/** @throws RangeError when a count is beyond what addresses and names can hold. */
export function createFleet(config: FleetConfig): Fleet {
  if (config.flights > FLIGHTS_MAX) throw new RangeError(`fleet: at most ${FLIGHTS_MAX} flights`);
  if (config.stations > STATIONS_MAX) {
    throw new RangeError(`fleet: at most ${STATIONS_MAX} stations`);
  }
  const flights = createFlights(config);
  const { sites, stations } = createStations(config);

  return {
    flights,
    stations,
    sites,
    reportsBetween(fromMs, toMs) {
      const reports: Report[] = [];
      for (const device of [...flights, ...stations]) {
        for (const report of device.reportsBetween(fromMs, toMs)) reports.push(report);
      }
      return reports.toSorted((a, b) => a.at - b.at || compareText(a.asset, b.asset));
    },
    arrivalsBetween(fromMs, toMs) {
      const arrivals: Arrival[] = [];
      for (const flight of flights) {
        for (const report of flight.reportsBetween(fromMs, toMs)) {
          arrivals.push({ report, arrivedAt: report.at });
        }
      }
      for (const station of stations) arrivals.push(...arrivalsOf(station, fromMs, toMs));
      return arrivals
        .toSorted(
          (a, b) =>
            a.arrivedAt - b.arrivedAt ||
            a.report.at - b.report.at ||
            compareText(a.report.asset, b.report.asset),
        )
        .map(({ report }) => report);
    },
  };
}

interface Arrival {
  readonly report: Report;
  readonly arrivedAt: number;
}

function arrivalsOf(station: Station, fromMs: number, toMs: number): Arrival[] {
  const arrivals: Arrival[] = [];
  const { site } = station;
  for (const report of station.reportsBetween(fromMs, toMs)) {
    if (site.outageAt(report.at) === undefined) arrivals.push({ report, arrivedAt: report.at });
  }
  for (const outage of site.outagesEnding(fromMs, toMs)) {
    for (const report of station.reportsBetween(outage.fromMs, outage.toMs)) {
      arrivals.push({ report: { ...report, historical: true }, arrivedAt: outage.toMs });
    }
  }
  return arrivals;
}

function createFlights(config: FleetConfig): readonly Flight[] {
  const { seed, startAt = 0, source = "sim" } = config;
  const taken = new Set<number>();
  return Array.from({ length: config.flights }, (_, index) => {
    const airline = chooseAirline(seed, index);
    const hex = takeHex(seed, index, airline, taken);
    return createFlight({
      seed,
      index,
      airline,
      hex,
      startAt,
      source,
      cadenceMs: config.flightCadenceMs,
    });
  });
}

function createStations(config: FleetConfig) {
  const { seed, source = "sim" } = config;
  const sites: Site[] = [];
  const stations: Station[] = [];
  const spread = stationsPerSite.max - stationsPerSite.min + 1;
  while (stations.length < config.stations) {
    const site = createSite(seed, sites.length);
    sites.push(site);
    const wanted = stationsPerSite.min + pick(spread, seed, site.index, 82);
    const count = Math.min(wanted, config.stations - stations.length);
    for (let number = 1; number <= count; number++) {
      const index = stations.length;
      const cadenceMs = config.stationCadenceMs;
      stations.push(createStation({ seed, index, site, number, source, cadenceMs }));
    }
  }
  return { sites, stations };
}

const shares = airlines.reduce((sum, airline) => sum + airline.share, 0);

function chooseAirline(seed: number, index: number): Airline {
  let drawn = chance(seed, index, 0, 80) * shares;
  for (const airline of airlines) {
    drawn -= airline.share;
    if (drawn < 0) return airline;
  }
  throw new RangeError("fleet: airlines without a share");
}

/** A free address of the airline's state: drawn, then the next one up. */
function takeHex(seed: number, index: number, airline: Airline, taken: Set<number>): string {
  let offset = pick(airline.hexCount, seed, index, 81);
  for (let tries = 0; tries < airline.hexCount; tries++) {
    const address = airline.hexFrom + offset;
    if (!taken.has(address)) {
      taken.add(address);
      return address.toString(16).padStart(6, "0");
    }
    offset = (offset + 1) % airline.hexCount;
  }
  throw new RangeError(`fleet: the address block of ${airline.code} is full`);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
