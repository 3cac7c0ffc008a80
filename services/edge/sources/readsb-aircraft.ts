// aircraft.json of readsb, tar1090, dump1090 (-fa, -mutability), and the ADSBx-v2 shape of adsb.lol
// and its kin. https://github.com/wiedehopf/readsb/blob/dev/README-json.md

import type { Report } from "@drover/core/model/report";
import { metresFromFeet, mpsFromFeetPerMinute, mpsFromKnots } from "@drover/core/model/units";
import { finishDraft } from "./draft.ts";
import { convertedOf, isFields, numberOf, textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { Draft } from "./draft.ts";
import type { Tally } from "./tally.ts";

/** A body that is not an aircraft.json. */
export class AircraftBodyError extends Error {
  override name = "AircraftBodyError";
}

/** Below it `now` is seconds, above it milliseconds: 1e11 s is the year 5138, 1e11 ms is 1973. */
const SECONDS_MAX = 1e11;

/**
 * `now` and `seen_pos` have tenths of a second, so one fix moves by up to two of them from poll to
 * poll. An aircraft without a fix is heard each second; each ten seconds is enough.
 */
export const aircraftRepeats = { toleranceMs: 300, contactEveryMs: 10_000 } as const;

/**
 * Reads one snapshot of either dialect: `aircraft` with `now` in seconds, or `ac` with `now` in
 * milliseconds. The time of a position is `now - seen_pos`, of a contact without one `now - seen`.
 * A bad entry is counted (`bad-row`, `bad-hex`) and never fails its neighbours.
 *
 * @throws AircraftBodyError when the body is no snapshot, or says no time.
 */
export function readAircraft(
  body: unknown,
  config: { readonly source: string; readonly historical?: boolean },
  tally: Pick<Tally, "received" | "refused">,
): Report[] {
  if (!isFields(body)) throw new AircraftBodyError("aircraft.json: no object");
  const list = body["aircraft"] ?? body["ac"];
  if (!Array.isArray(list)) throw new AircraftBodyError("aircraft.json: no aircraft and no ac");
  const now = numberOf(body["now"]);
  if (now === undefined) throw new AircraftBodyError("aircraft.json: no now");
  const nowMs = now < SECONDS_MAX ? now * 1000 : now;
  const reports: Report[] = [];
  for (const entry of list as readonly unknown[]) {
    tally.received();
    const draft = isFields(entry) ? draftOf(entry, nowMs, tally) : undefined;
    if (draft === undefined) {
      if (!isFields(entry)) tally.refused("bad-row");
      continue;
    }
    const { source, historical = false } = config;
    const report = finishDraft({ ...draft, source, historical }, tally);
    if (report !== undefined) reports.push(report);
  }
  return reports;
}

function draftOf(
  entry: Fields,
  nowMs: number,
  tally: Pick<Tally, "refused">,
): Omit<Draft, "source"> | undefined {
  const hex = textOf(entry["hex"])?.trim() ?? "";
  // `~` marks an address that is no ICAO one; it is kept, because it is another aircraft.
  if (!/^~?[0-9a-f]{6}$/i.test(hex)) {
    tally.refused("bad-hex");
    return undefined;
  }
  const place = placeOf(entry);
  const ageSeconds = place?.ageSeconds ?? numberOf(entry["seen"]);
  const baro = entry["alt_baro"] ?? entry["altitude"];
  const baroM = feet(baro);
  const geoM = feet(entry["alt_geom"]);
  return {
    kind: "aircraft",
    id: hex,
    at: ageSeconds === undefined ? undefined : nowMs - ageSeconds * 1000,
    ...(place && { lat: place.lat, lon: place.lon, altitudeM: geoM ?? baroM }),
    accuracyM: accuracyOf(entry),
    onGround: groundOf(baro, entry["ground"]),
    speedMps: knots(entry["gs"] ?? entry["speed"]),
    headingDeg: numberOf(entry["validtrack"]) === 0 ? undefined : numberOf(entry["track"]),
    climbMps: feetPerMinute(entry["baro_rate"] ?? entry["vert_rate"] ?? entry["geom_rate"]),
    measurements: {
      baroAltitudeM: place && geoM === undefined ? undefined : baroM,
      indicatedAirspeedMps: knots(entry["ias"]),
      trueAirspeedMps: knots(entry["tas"]),
      mach: numberOf(entry["mach"]),
      rollDeg: numberOf(entry["roll"]),
      magneticHeadingDeg: numberOf(entry["mag_heading"]),
      selectedAltitudeM: feet(entry["nav_altitude_mcp"]),
      qnhHpa: numberOf(entry["nav_qnh"]),
      outsideAirTemperatureC: numberOf(entry["oat"]),
      windSpeedMps: knots(entry["ws"]),
      windDirectionDeg: numberOf(entry["wd"]),
    },
    attributes: attributesOf(entry),
  };
}

function attributesOf(entry: Fields): Record<string, string | undefined> {
  const emergency = textOf(entry["emergency"]);
  const type = textOf(entry["type"]);
  return {
    callsign: textOf(entry["flight"]),
    squawk: textOf(entry["squawk"]),
    category: textOf(entry["category"]),
    registration: textOf(entry["r"]),
    type: textOf(entry["t"]),
    description: textOf(entry["desc"]),
    emergency: emergency === "none" ? undefined : emergency,
    positionSource: type?.replace(/_.*$/, ""),
  };
}

/**
 * The entry's own fix. `lastPosition` is older than a minute and `rr_lat`/`rr_lon` a guess from the
 * receiver's range: neither is a position now.
 */
function placeOf(
  entry: Fields,
): { readonly lat: number; readonly lon: number; readonly ageSeconds: number } | undefined {
  const lat = numberOf(entry["lat"]);
  const lon = numberOf(entry["lon"]);
  if (lat === undefined || lon === undefined) return undefined;
  const valid = entry["validposition"];
  if (valid === 0 || valid === false) return undefined;
  // The first dump1090 has no seen_pos, but says that the fix is valid as of the last message.
  const ageSeconds =
    numberOf(entry["seen_pos"]) ?? (valid === undefined ? undefined : numberOf(entry["seen"]));
  return ageSeconds === undefined ? undefined : { lat, lon, ageSeconds };
}

/** NACp → 95 % bound of the horizontal error in metres (DO-260B table 2-14: EPU). */
const epuM = [undefined, 18_520, 7_408, 3_704, 1_852, 926, 555.6, 185.2, 92.6, 30, 10, 3];

/** The estimated error where it is told, else the radius of containment (a bound, so larger). */
function accuracyOf(entry: Fields): number | undefined {
  const byCategory = epuM[numberOf(entry["nac_p"]) ?? 0];
  if (byCategory !== undefined) return byCategory;
  const radiusM = numberOf(entry["rc"]);
  // 0 means unknown.
  return radiusM === 0 ? undefined : radiusM;
}

function groundOf(baro: unknown, ground: unknown): boolean | undefined {
  if (baro === "ground") return true;
  if (typeof ground === "boolean") return ground;
  return typeof baro === "number" ? false : undefined;
}

const feet = (value: unknown) => convertedOf(value, metresFromFeet);
const knots = (value: unknown) => convertedOf(value, mpsFromKnots);
const feetPerMinute = (value: unknown) => convertedOf(value, mpsFromFeetPerMinute);
