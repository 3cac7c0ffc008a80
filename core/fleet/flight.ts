// One aircraft that flies a rotation of legs for ever: home → A → home → B → home. Everything about it
// is a function of time.

import type { Report } from "../model/report.ts";
import { metresFromFeet } from "../model/units.ts";
import { aircraftTypes, type AircraftType, type Airline } from "./airlines.ts";
import { airports, type Airport } from "./airports.ts";
import { chance, pick } from "./chance.ts";
import { ticksBetween, type Cadence } from "./cadence.ts";
import { createProfile, type Profile } from "./profile.ts";
import { destinationOf, distanceM, greatCircle, type GreatCircle } from "./sphere.ts";

export interface Leg {
  readonly callsign: string;
  readonly squawk: string;
  readonly from: Airport;
  readonly to: Airport;
  readonly lengthM: number;
  readonly durationMs: number;
}

/** The truth about an aircraft at one moment, before its transponder rounds and blurs it. */
export interface FlightState {
  readonly leg: Leg;
  readonly latDeg: number;
  readonly lonDeg: number;
  readonly altitudeM: number;
  readonly speedMps: number;
  readonly headingDeg: number;
  readonly climbMps: number;
  readonly onGround: boolean;
  /** At the gate, engines off. */
  readonly isParked: boolean;
}

export interface Flight {
  readonly asset: string;
  /** The 24-bit address, six digits in lower case. */
  readonly hex: string;
  readonly type: string;
  readonly cadenceMs: number;
  /** The most by which a reported place differs from the true one. */
  readonly accuracyM: number;
  readonly legs: readonly Leg[];
  stateAt(atMs: number): FlightState;
  /** Its reports with an event time in [fromMs, toMs), in order. */
  reportsBetween(fromMs: number, toMs: number): Report[];
}

export interface FlightConfig {
  readonly seed: number;
  /** Which flight of the fleet this is. */
  readonly index: number;
  readonly airline: Airline;
  readonly hex: string;
  readonly startAt: number;
  /** The `source` of its reports. */
  readonly source: string;
  /** Overrides its own cadence of 1 to 10 s. */
  readonly cadenceMs?: number | undefined;
}

/** Salts keep the draws of one flight apart. */
const salt = {
  type: 1,
  hub: 2,
  outOne: 3,
  outTwo: 4,
  phase: 5,
  cadence: 6,
  accuracy: 7,
  number: 8,
  cruise: 9,
  level: 10,
  bow: 11,
  squawk: 12,
  noiseAngle: 13,
  noiseLength: 14,
  tick: 15,
} as const;

/** An aircraft at the gate is heard no more often than this. */
const PARKED_CADENCE_MS = 30_000;
/** Barometric altitude comes in steps of 25 ft (DO-260B §2.2.3.2.3.4). */
const altitudeStepM = metresFromFeet(25);

interface PlannedLeg extends Leg {
  readonly profile: Profile;
  readonly circle: GreatCircle;
  /** How far the track bows out sideways at its middle; to the left when negative. */
  readonly bowM: number;
  readonly startMs: number;
}

const byIata = new Map(airports.map((airport) => [airport.iata, airport]));

export function createFlight(config: FlightConfig): Flight {
  const { seed, index, hex, source } = config;
  const type = chooseType(seed, index, config.airline);
  const legs = planRotation(config, type);
  const last = legs[legs.length - 1];
  const periodMs = last === undefined ? 1 : last.startMs + last.durationMs + type.turnaroundMs;
  const phaseMs = Math.floor(chance(seed, index, 0, salt.phase) * periodMs);
  const drawnMs = 1_000 * (1 + pick(10, seed, index, salt.cadence));
  const cadenceMs = config.cadenceMs ?? drawnMs;
  const cadence: Cadence = {
    seed,
    key: index,
    salt: salt.tick,
    periodMs: cadenceMs,
    jitter: 0.2,
  };
  const accuracyM = 8 + pick(30, seed, index, salt.accuracy);

  const about = { asset: `aircraft:${hex}`, type: type.code, seed, index, accuracyM, source };

  function legAt(atMs: number): { leg: PlannedLeg; sinceMs: number } {
    const elapsed = (atMs - config.startAt + phaseMs) % periodMs;
    const inCycle = elapsed < 0 ? elapsed + periodMs : elapsed;
    let found: PlannedLeg | undefined;
    for (const leg of legs) if (leg.startMs <= inCycle) found = leg;
    if (found === undefined) throw new RangeError(`flight ${index}: no leg at ${inCycle} ms`);
    return { leg: found, sinceMs: inCycle - found.startMs };
  }

  function stateAt(atMs: number): FlightState {
    const { leg, sinceMs } = legAt(atMs);
    return stateOf(leg, sinceMs);
  }

  return {
    asset: `aircraft:${hex}`,
    hex,
    type: type.code,
    cadenceMs,
    accuracyM,
    legs,
    stateAt,
    reportsBetween(fromMs, toMs) {
      const reports: Report[] = [];
      for (const { tick, atMs } of ticksBetween(cadence, fromMs, toMs)) {
        const state = stateAt(atMs);
        if (state.isParked && !isParkedTick(tick, cadenceMs)) continue;
        reports.push(reportOf(state, { ...about, tick, at: atMs }));
      }
      return reports;
    },
  };
}

interface Hearing {
  readonly asset: string;
  readonly type: string;
  readonly seed: number;
  readonly index: number;
  readonly tick: number;
  readonly at: number;
  readonly accuracyM: number;
  readonly source: string;
}

/** What a receiver hears of a state: steps of the transponder, noise within the accuracy. */
function reportOf(state: FlightState, hearing: Hearing): Report {
  const { seed, index, tick, accuracyM } = hearing;
  const angleDeg = 360 * chance(seed, index, tick, salt.noiseAngle);
  const awayM = (accuracyM / 2) * Math.sqrt(chance(seed, index, tick, salt.noiseLength));
  const seen = destinationOf(state, angleDeg, state.isParked ? 0 : awayM);
  return {
    asset: hearing.asset,
    kind: "aircraft",
    at: hearing.at,
    position: {
      lat: rounded(seen.latDeg, 1e5),
      lon: rounded(seen.lonDeg, 1e5),
      altitudeM: rounded(Math.round(state.altitudeM / altitudeStepM) * altitudeStepM, 100),
      accuracyM,
      onGround: state.onGround,
    },
    motion: {
      speedMps: rounded(state.speedMps, 10),
      headingDeg: rounded(state.headingDeg, 10) % 360,
      climbMps: rounded(state.climbMps, 10),
    },
    attributes: {
      callsign: state.leg.callsign,
      squawk: state.leg.squawk,
      type: hearing.type,
      origin: state.leg.from.iata,
      destination: state.leg.to.iata,
    },
    source: hearing.source,
  };
}

/** A rotation of four legs, out and back twice; every leg starts where the one before it ended. */
function planRotation(config: FlightConfig, type: AircraftType): readonly PlannedLeg[] {
  const { seed, index, airline } = config;
  const hubCode = airline.hubs[pick(airline.hubs.length, seed, index, salt.hub)];
  const hub = hubCode === undefined ? undefined : byIata.get(hubCode);
  if (hub === undefined) throw new RangeError(`airline ${airline.code}: no airport ${hubCode}`);
  const one = chooseDestination(config, type, hub, salt.outOne);
  const two = chooseDestination(config, type, hub, salt.outTwo);
  const stops: readonly (readonly [Airport, Airport])[] = [
    [hub, one],
    [one, hub],
    [hub, two],
    [two, hub],
  ];
  const legs: PlannedLeg[] = [];
  let startMs = 0;
  for (const [number, [from, to]] of stops.entries()) {
    const leg = planLeg(config, type, { number, from, to, startMs });
    legs.push(leg);
    startMs += leg.durationMs + type.turnaroundMs;
  }
  return legs;
}

function planLeg(
  config: FlightConfig,
  type: AircraftType,
  stop: { number: number; from: Airport; to: Airport; startMs: number },
): PlannedLeg {
  const { seed, index, airline } = config;
  const { from, to, number, startMs } = stop;
  const draw = (of: number) => chance(seed, index, number, of);
  const { min, max } = type.cruiseMps;
  const levels = (type.level.max - type.level.min) / 10 + 1;
  const circle = greatCircle(from, to);
  const profile = createProfile({
    lengthM: circle.lengthM,
    fromElevationM: from.elevationM,
    toElevationM: to.elevationM,
    cruiseM: metresFromFeet(100 * (type.level.min + 10 * Math.floor(draw(salt.level) * levels))),
    cruiseMps: min + (max - min) * draw(salt.cruise),
    climbMps: type.climbMps,
    descentMps: 7.5,
  });
  const flightNumber = 1 + ((100 + index * 7 + number * 3) % 1998);
  return {
    callsign: `${airline.code}${flightNumber}`,
    squawk: squawkOf(draw(salt.squawk)),
    from,
    to,
    lengthM: circle.lengthM,
    durationMs: profile.durationMs,
    profile,
    circle,
    bowM: Math.min(40_000, circle.lengthM * 0.03) * (2 * draw(salt.bow) - 1),
    startMs,
  };
}

function stateOf(leg: PlannedLeg, sinceMs: number): FlightState {
  const motion = leg.profile.at(sinceMs);
  const on = leg.circle.at(motion.alongM);
  // The track bows out by bow·sin²(πu), so that it starts and ends along the great circle.
  const u = Math.min(1, motion.alongM / leg.lengthM);
  const aside = leg.bowM * Math.sin(Math.PI * u) ** 2;
  const slope = (leg.bowM * Math.PI * Math.sin(2 * Math.PI * u)) / leg.lengthM;
  const place = destinationOf(on, on.courseDeg + 90, aside);
  return {
    leg,
    latDeg: place.latDeg,
    lonDeg: place.lonDeg,
    altitudeM: motion.altitudeM,
    speedMps: motion.speedMps * Math.hypot(1, slope),
    headingDeg: (on.courseDeg + (Math.atan(slope) * 180) / Math.PI + 360) % 360,
    climbMps: motion.climbMps,
    onGround: motion.onGround,
    isParked: sinceMs >= leg.durationMs,
  };
}

/** Airports within the type's reach of `hub`, nearer ones more often. */
function chooseDestination(
  config: FlightConfig,
  type: AircraftType,
  hub: Airport,
  of: number,
): Airport {
  const reach = airports
    .map((airport) => ({ airport, lengthM: distanceM(hub, airport) }))
    .filter(({ airport }) => !(type.isWide && airport.isSmall))
    .filter(({ lengthM }) => lengthM >= type.legMMin && lengthM <= type.legMMax)
    .toSorted((a, b) => a.lengthM - b.lengthM);
  const drawn = chance(config.seed, config.index, 0, of);
  const chosen = reach[Math.floor(drawn ** 1.3 * reach.length)];
  if (chosen === undefined) throw new RangeError(`${hub.iata}: nothing in reach of ${type.code}`);
  return chosen.airport;
}

function chooseType(seed: number, index: number, airline: Airline): AircraftType {
  const drawn = chance(seed, index, 0, salt.type);
  const { short, medium, long } = aircraftTypes;
  switch (airline.haul) {
    case "short":
      return drawn < 0.4 ? short : medium;
    case "long":
      return long;
    case "both":
      return drawn < 0.12 ? short : drawn < 0.55 ? medium : long;
  }
}

/** Four octal digits; the emergency codes 75xx to 77xx do not come up by chance. */
function squawkOf(drawn: number): string {
  const code = Math.floor(drawn * 0o7000) + 0o0100;
  return code.toString(8).padStart(4, "0");
}

function isParkedTick(tick: number, cadenceMs: number): boolean {
  return tick % Math.max(1, Math.floor(PARKED_CADENCE_MS / cadenceMs)) === 0;
}

/** Adding 0 turns -0 into 0, which JSON cannot tell apart. */
function rounded(value: number, steps: number): number {
  return Math.round(value * steps) / steps + 0;
}
