// A BaseStation message holds a part of what an aircraft said: the place in one, the speed in the
// next. Here the parts become reports.
//
// A fix waits until a message 100 ms younger comes (of any aircraft, by event time), so that the
// speed sent together with it is in its report. An aircraft that gives no fix is reported without a
// place at most once in 15 s.

import type { Report } from "@drover/core/model/report";
import { metresFromFeet, mpsFromFeetPerMinute, mpsFromKnots } from "@drover/core/model/units";
import { finishDraft } from "./draft.ts";
import type { SbsMessage } from "./sbs-message.ts";
import type { Tally } from "./tally.ts";

const TOGETHER_MS = 100;
/** A part older than this says nothing about a fix. */
const FRESH_MS = 30_000;
const CONTACT_EVERY_MS = 15_000;
/** An aircraft silent for so long is forgotten, with its callsign. */
const SILENT_MS_MAX = 300_000;

/** Fixes that wait; at the bound the first is handed over as it is. */
const WAITING_MAX = 1_000;

/** A value and the event time it is of. */
type Heard<T> = { readonly value: T; readonly at: number };

type Aircraft = {
  readonly hex: string;
  heardAt: number;
  reportedAt: number;
  callsign?: string;
  squawk?: string;
  baroM?: Heard<number>;
  geoM?: Heard<number>;
  speedMps?: Heard<number>;
  headingDeg?: Heard<number>;
  climbMps?: Heard<number>;
  onGround?: Heard<boolean>;
  emergency?: Heard<boolean>;
  spi?: Heard<boolean>;
  fix?: {
    readonly at: number;
    readonly lat: number;
    readonly lon: number;
    readonly isMlat: boolean;
  };
};

export interface SbsMerger {
  /** Takes a message of the event time `at`; answers with the reports that it completes. */
  add(message: SbsMessage, at: number): readonly Report[];
  /** The fixes that still wait. */
  flush(): readonly Report[];
  /** Aircraft held. */
  size(): number;
}

export function createSbsMerger(
  config: {
    readonly source: string;
    readonly historical?: boolean;
    /** Aircraft held; at the bound the one silent for longest goes (drop-oldest). */
    readonly aircraftMax?: number;
  },
  tally: Pick<Tally, "refused">,
): SbsMerger {
  const aircraftMax = config.aircraftMax ?? 10_000;
  // In the order in which they were last heard.
  const table = new Map<string, Aircraft>();
  const waiting = new Set<Aircraft>();

  function complete(aircraft: Aircraft, reports: Report[]): void {
    const { fix } = aircraft;
    waiting.delete(aircraft);
    delete aircraft.fix;
    const at = fix?.at ?? aircraft.heardAt;
    const report = finishDraft(draftOf(aircraft, at, fix, config), tally);
    aircraft.reportedAt = at;
    if (report !== undefined) reports.push(report);
  }

  function forget(reports: Report[]): void {
    for (const oldest of table.values()) {
      if (table.size <= aircraftMax) return;
      if (oldest.fix) complete(oldest, reports);
      table.delete(oldest.hex);
    }
  }

  return {
    add(message, at) {
      const reports: Report[] = [];
      for (const other of waiting) {
        const isFull = waiting.size > WAITING_MAX;
        if (isFull || (other.fix?.at ?? at) < at - TOGETHER_MS) complete(other, reports);
      }
      const aircraft = recall(table, message.hex, at);
      const { lat, lon } = message;
      if (lat !== undefined && lon !== undefined) {
        if (aircraft.fix) complete(aircraft, reports);
        aircraft.fix = { at, lat, lon, isMlat: message.isMlat };
        waiting.add(aircraft);
      }
      hear(aircraft, message, at);
      if (
        !aircraft.fix &&
        Math.abs(at - aircraft.reportedAt) >= CONTACT_EVERY_MS &&
        hasContent(aircraft, at)
      ) {
        complete(aircraft, reports);
      }
      forget(reports);
      return reports;
    },
    flush() {
      const reports: Report[] = [];
      for (const aircraft of waiting) complete(aircraft, reports);
      return reports;
    },
    size: () => table.size,
  };
}

/** The aircraft of an address, moved to the young end of the table. */
function recall(table: Map<string, Aircraft>, hex: string, at: number): Aircraft {
  let aircraft = table.get(hex);
  const isForgotten =
    aircraft !== undefined &&
    aircraft.fix === undefined &&
    Math.abs(at - aircraft.heardAt) > SILENT_MS_MAX;
  if (aircraft === undefined || isForgotten) aircraft = { hex, heardAt: at, reportedAt: at };
  table.delete(hex);
  table.set(hex, aircraft);
  aircraft.heardAt = at;
  return aircraft;
}

function hear(aircraft: Aircraft, message: SbsMessage, at: number): void {
  const altitudeM =
    message.altitudeFt === undefined ? undefined : metresFromFeet(message.altitudeFt);
  if (message.callsign !== undefined) aircraft.callsign = message.callsign;
  if (message.squawk !== undefined) aircraft.squawk = message.squawk;
  if (altitudeM !== undefined) {
    if (message.isGeometric) aircraft.geoM = { value: altitudeM, at };
    else aircraft.baroM = { value: altitudeM, at };
  }
  if (message.speedKt !== undefined) {
    aircraft.speedMps = { value: mpsFromKnots(message.speedKt), at };
  }
  if (message.trackDeg !== undefined) aircraft.headingDeg = { value: message.trackDeg, at };
  if (message.climbFpm !== undefined) {
    aircraft.climbMps = { value: mpsFromFeetPerMinute(message.climbFpm), at };
  }
  if (message.isOnGround !== undefined) aircraft.onGround = { value: message.isOnGround, at };
  if (message.isEmergency !== undefined) aircraft.emergency = { value: message.isEmergency, at };
  if (message.isSpi !== undefined) aircraft.spi = { value: message.isSpi, at };
}

function hasContent(aircraft: Aircraft, at: number): boolean {
  return (
    aircraft.callsign !== undefined ||
    aircraft.squawk !== undefined ||
    fresh(aircraft.baroM, at) !== undefined ||
    fresh(aircraft.geoM, at) !== undefined ||
    fresh(aircraft.speedMps, at) !== undefined
  );
}

function draftOf(
  aircraft: Aircraft,
  at: number,
  fix: Aircraft["fix"],
  config: { readonly source: string; readonly historical?: boolean },
) {
  const baroM = fresh(aircraft.baroM, at);
  const geoM = fresh(aircraft.geoM, at);
  return {
    kind: "aircraft",
    id: aircraft.hex,
    at,
    ...(fix && { lat: fix.lat, lon: fix.lon, altitudeM: geoM ?? baroM }),
    onGround: fresh(aircraft.onGround, at),
    speedMps: fresh(aircraft.speedMps, at),
    headingDeg: fresh(aircraft.headingDeg, at),
    climbMps: fresh(aircraft.climbMps, at),
    measurements: { baroAltitudeM: fix && geoM === undefined ? undefined : baroM },
    attributes: {
      callsign: aircraft.callsign,
      squawk: aircraft.squawk,
      ...(fresh(aircraft.emergency, at) === true && { emergency: "general" }),
      ...(fresh(aircraft.spi, at) === true && { spi: "true" }),
      ...(fix?.isMlat === true && { positionSource: "mlat" }),
    },
    ...config,
  };
}

function fresh<T>(heard: Heard<T> | undefined, at: number): T | undefined {
  return heard !== undefined && Math.abs(at - heard.at) <= FRESH_MS ? heard.value : undefined;
}
