// OpenSky state vectors: `{ time, states: [[…], …] | null }`, rows by index.
// https://openskynetwork.github.io/opensky-api/rest.html

import type { Report } from "@drover/core/model/report";
import { finishDraft } from "./draft.ts";
import type { Tally } from "./tally.ts";

/** A body that is not an answer of `/states/all`. */
export class OpenskyBodyError extends Error {
  override name = "OpenskyBodyError";
}

/** Positions are in columns 5 (longitude) and 6 (latitude): longitude first. */
const column = {
  icao24: 0,
  callsign: 1,
  originCountry: 2,
  timePosition: 3,
  lastContact: 4,
  longitude: 5,
  latitude: 6,
  baroAltitude: 7,
  onGround: 8,
  velocity: 9,
  trueTrack: 10,
  verticalRate: 11,
  // 12 is `sensors`, an array; the geometric altitude stands behind it, not beside the other.
  geoAltitude: 13,
  squawk: 14,
  spi: 15,
  positionSource: 16,
  category: 17,
} as const;

/** Fewer columns than these is no state vector; more are taken and ignored. */
const COLUMNS_MIN = 17;

const positionSources = ["adsb", "asterix", "mlat", "flarm"];

/** OpenSky's numbers in the emitter categories of DO-260B (A0–D7), as receivers give them. */
const categories: readonly string[] =
  "none none A1 A2 A3 A4 A5 A6 A7 B1 B2 B3 B4 B5 B6 B7 C1 C2 C3 C4 C5".split(" ");

/**
 * Reads one answer. `states: null` is an empty sky. The event's time is that of the position; a
 * contact without position has the time of the contact and no place. A bad row is counted
 * (`bad-row`) and never fails its neighbours.
 *
 * @throws OpenskyBodyError when the body is no answer at all.
 */
export function readStates(
  body: unknown,
  config: { readonly source: string; readonly historical?: boolean },
  tally: Pick<Tally, "received" | "refused">,
): Report[] {
  if (typeof body !== "object" || body === null || !("states" in body)) {
    throw new OpenskyBodyError("opensky: the answer has no states");
  }
  const { states } = body;
  if (states === null) return [];
  if (!Array.isArray(states)) throw new OpenskyBodyError("opensky: states is no array");
  const reports: Report[] = [];
  for (const row of states) {
    tally.received();
    if (!Array.isArray(row) || row.length < COLUMNS_MIN) {
      tally.refused("bad-row");
      continue;
    }
    const report = readRow(row, config, tally);
    if (report !== undefined) reports.push(report);
  }
  return reports;
}

function readRow(
  row: readonly unknown[],
  config: { readonly source: string; readonly historical?: boolean },
  tally: Pick<Tally, "refused">,
): Report | undefined {
  const icao24 = textAt(row, column.icao24)?.trim() ?? "";
  if (!/^[0-9a-f]{6}$/i.test(icao24)) {
    tally.refused("bad-hex");
    return undefined;
  }
  const timePosition = numberAt(row, column.timePosition);
  const lastContact = numberAt(row, column.lastContact);
  const lat = numberAt(row, column.latitude);
  const lon = numberAt(row, column.longitude);
  const isPlaced = timePosition !== undefined && lat !== undefined && lon !== undefined;
  const atSeconds = isPlaced ? timePosition : lastContact;
  const baroM = numberAt(row, column.baroAltitude);
  const geoM = numberAt(row, column.geoAltitude);
  const onGround = row[column.onGround];
  const category = categories[numberAt(row, column.category) ?? 0];
  return finishDraft(
    {
      kind: "aircraft",
      id: icao24,
      at: atSeconds === undefined ? undefined : atSeconds * 1000,
      ...(isPlaced && { lat, lon, altitudeM: geoM ?? baroM }),
      onGround: typeof onGround === "boolean" ? onGround : undefined,
      speedMps: numberAt(row, column.velocity),
      headingDeg: numberAt(row, column.trueTrack),
      climbMps: numberAt(row, column.verticalRate),
      measurements: { baroAltitudeM: isPlaced && geoM === undefined ? undefined : baroM },
      attributes: {
        callsign: textAt(row, column.callsign),
        originCountry: textAt(row, column.originCountry),
        squawk: textAt(row, column.squawk),
        category: category === "none" ? undefined : category,
        positionSource: positionSources[numberAt(row, column.positionSource) ?? -1],
        ...(row[column.spi] === true && { spi: "true" }),
      },
      source: config.source,
      ...(config.historical === true && { historical: true }),
    },
    tally,
  );
}

function numberAt(row: readonly unknown[], index: number): number | undefined {
  const value = row[index];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function textAt(row: readonly unknown[], index: number): string | undefined {
  const value = row[index];
  return typeof value === "string" ? value : undefined;
}
