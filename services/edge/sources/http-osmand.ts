// What phone apps and trackers send over HTTP: the OsmAnd query (https://www.traccar.org/osmand/), in
// which speed is in knots, and the JSON of the Traccar Client.

import { mpsFromKnots } from "@drover/core/model/units";
import type { Report } from "@drover/core/model/report";
import { finishDraft } from "./draft.ts";
import { isObject, numberIn, textIn, type Refusals } from "./mqtt-format.ts";
import { parseTimeText } from "./time-text.ts";

export interface PushedAbout {
  /** Kind of asset that a device stands for. */
  readonly kind: string;
  readonly source: string;
}

/** Measurements among the query's other names; the rest is left out. */
const measured: Readonly<Record<string, string>> = {
  batt: "batteryPct",
  hdop: "hdop",
  temperature: "temperatureC",
  temp: "temperatureC",
  humidity: "humidityPct",
  fuel: "fuel",
  rpm: "rpm",
  sat: "satellites",
};

/** `?id=…&timestamp=…&lat=…&lon=…&speed=…&bearing=…&altitude=…&accuracy=…&batt=…` */
export function reportOfOsmAnd(
  query: URLSearchParams,
  about: PushedAbout,
  refusals: Refusals,
): Report | undefined {
  const id = query.get("id") ?? query.get("deviceid");
  const at = timeOf(query.get("timestamp"));
  if (id === null || at === undefined) {
    refusals.refused(id === null ? "no-id" : "no-time");
    return undefined;
  }
  const [lat, lon] = (query.get("location") ?? "").split(",");
  const number = (name: string) => numberOf(query.get(name));
  const speedKnots = number("speed");
  const measurements: Record<string, number | undefined> = {};
  for (const [name, metric] of Object.entries(measured)) {
    const value = number(name);
    if (value !== undefined) measurements[metric] = value;
  }
  // `valid=false`: the receiver itself does not believe its place.
  const isValid = query.get("valid") !== "false";
  return finishDraft(
    {
      kind: about.kind,
      id,
      at,
      lat: isValid ? (number("lat") ?? numberOf(lat)) : undefined,
      lon: isValid ? (number("lon") ?? numberOf(lon)) : undefined,
      altitudeM: number("altitude"),
      accuracyM: number("accuracy"),
      speedMps: speedKnots === undefined ? undefined : mpsFromKnots(speedKnots),
      headingDeg: number("bearing") ?? number("heading"),
      measurements,
      attributes: {
        driver: query.get("driverUniqueId") ?? undefined,
        alarm: query.get("alarm") ?? undefined,
      },
      source: about.source,
    },
    refusals,
  );
}

/** `{ location: { timestamp, coords: {…} }, device_id }`; speed is in m/s here, -1 is unknown. */
export function reportOfTraccarClient(
  value: Readonly<Record<string, unknown>>,
  about: PushedAbout,
  refusals: Refusals,
): Report | undefined {
  const { location } = value;
  const coords = isObject(location) ? location["coords"] : undefined;
  if (!isObject(location) || !isObject(coords)) {
    refusals.refused("no-position");
    return undefined;
  }
  const id = textIn(value["device_id"]);
  const at = timeOf(textIn(location["timestamp"]) ?? null);
  if (id === undefined || at === undefined) {
    refusals.refused(id === undefined ? "no-id" : "no-time");
    return undefined;
  }
  const known = (name: string) => {
    const number = numberIn(coords[name]);
    return number === undefined || number < 0 ? undefined : number;
  };
  const battery = location["battery"];
  const level = isObject(battery) ? numberIn(battery["level"]) : undefined;
  return finishDraft(
    {
      kind: about.kind,
      id,
      at,
      lat: numberIn(coords["latitude"]),
      lon: numberIn(coords["longitude"]),
      altitudeM: numberIn(coords["altitude"]),
      accuracyM: known("accuracy"),
      speedMps: known("speed"),
      headingDeg: known("heading"),
      measurements: { batteryPct: level === undefined || level < 0 ? undefined : level * 100 },
      source: about.source,
    },
    refusals,
  );
}

/** Seconds up to 2^31, else milliseconds (as Traccar reads it), or text with a zone. */
function timeOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  const number = numberOf(text);
  if (number !== undefined) return number < 2 ** 31 ? number * 1_000 : number;
  // A time without a zone is the device's own idea of it.
  return /(?:z|[+-]\d{2}:?\d{2})$/i.test(text.trim()) ? parseTimeText(text) : undefined;
}

function numberOf(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined || text.length > 32) return undefined;
  return /^\s*-?\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}
