// Weather readings of DPIRD (Western Australia), API v2: pages of minute data, pages of summaries.
// https://www.agric.wa.gov.au/apis/dpird-web-apis

import type { Report } from "@drover/core/model/report";
import { mpsFromKmh } from "@drover/core/model/units";
import type { Decoder, DecoderConfig, DecoderTally } from "./decoder.ts";
import { finishDraft } from "./draft.ts";
import { isFields, numberOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { parseTimeText } from "./time-text.ts";

/** Where a station stands; readings come without. */
export interface Station {
  readonly name: string | undefined;
  readonly lat: number | undefined;
  readonly lon: number | undefined;
  readonly altitudeM: number | undefined;
}

/** The API's name → ours. Units are the same; speeds are km/h and stand apart. */
const metrics: Readonly<Record<string, string>> = {
  airTemperature: "airTemperatureC",
  apparentTemperature: "apparentTemperatureC",
  barometricPressure: "pressureHpa",
  batteryVoltage: "batteryV",
  dewPoint: "dewPointC",
  panEvaporation: "panEvaporationMm",
  rainfall: "rainfallMm",
  relativeHumidity: "relativeHumidityPercent",
  soilTemperature: "soilTemperatureC",
  solarIrradiance: "solarIrradianceWpm2",
  wetBulb: "wetBulbC",
};

/** WMO's height for wind; a name without a height means it. */
const WIND_HEIGHT_M = 10;

/** One record is one page. A page that lists stations says nothing about any moment: `no-time`. */
export function createDpirdDecoder(config: DecoderConfig, tally: DecoderTally): Decoder {
  function reportOf(code: string, name: unknown, at: number | undefined, row: Fields): Report[] {
    tally.received();
    if (at === undefined) {
      tally.refused("no-time");
      return [];
    }
    const station = config.stations.get(code.toLowerCase());
    const report = finishDraft(
      {
        kind: "station",
        id: code,
        at,
        lat: station?.lat,
        lon: station?.lon,
        altitudeM: station?.altitudeM,
        measurements: measurementsOf(row),
        attributes: { name: typeof name === "string" ? name : station?.name },
        source: config.source,
        historical: config.historical,
      },
      tally,
    );
    return report === undefined ? [] : [report];
  }

  function readEntry(entry: unknown, pageStation: string | undefined): Report[] {
    if (!isFields(entry)) {
      tally.received();
      tally.refused("bad-row");
      return [];
    }
    const code = typeof entry["stationCode"] === "string" ? entry["stationCode"] : pageStation;
    if (code === undefined) {
      tally.received();
      tally.refused("no-station");
      return [];
    }
    const { summaries, stationName } = entry;
    if (!Array.isArray(summaries)) {
      return reportOf(code, stationName, timeAt(entry["dateTime"]), entry);
    }
    return summaries.flatMap((row: unknown) =>
      isFields(row) ? reportOf(code, stationName, endOf(row["period"]), row) : [],
    );
  }

  return {
    decode(record) {
      const body = parse(record);
      const collection = isFields(body) ? body["collection"] : undefined;
      if (!isFields(body) || !Array.isArray(collection)) {
        tally.refused("bad-body");
        return [];
      }
      const pageStation = stationOfPage(body["metadata"]);
      return collection.flatMap((entry: unknown) => readEntry(entry, pageStation));
    },
    end: () => [],
  };
}

/** Reads a list of stations: code in lower case → where it stands. */
export function readStations(text: string): ReadonlyMap<string, Station> {
  const body = parse(text);
  const collection = isFields(body) ? body["collection"] : undefined;
  const stations = new Map<string, Station>();
  for (const entry of Array.isArray(collection) ? collection : []) {
    if (!isFields(entry) || typeof entry["stationCode"] !== "string") continue;
    stations.set(entry["stationCode"].toLowerCase(), {
      name: typeof entry["stationName"] === "string" ? entry["stationName"] : undefined,
      lat: numberOf(entry["latitude"]),
      lon: numberOf(entry["longitude"]),
      altitudeM: numberOf(entry["altitude"]),
    });
  }
  return stations;
}

/**
 * A summary is of its period's end. `from` and `to` are UTC; year, month, day, hour and minute
 * beside them are local (+08:00) and name the end too.
 */
function endOf(period: unknown): number | undefined {
  return isFields(period) ? timeAt(period["to"]) : undefined;
}

function timeAt(value: unknown): number | undefined {
  return typeof value === "string" ? parseTimeText(value) : undefined;
}

/** Minute data does not repeat the station in its rows; the page's own address has it. */
function stationOfPage(metadata: unknown): string | undefined {
  const links = isFields(metadata) ? metadata["links"] : undefined;
  for (const link of Array.isArray(links) ? links : []) {
    const href: unknown = isFields(link) ? link["href"] : undefined;
    if (typeof href !== "string") continue;
    const code = /\/stations\/([A-Za-z0-9]{1,32})\/data/.exec(href)?.[1];
    if (code !== undefined) return code;
  }
  return undefined;
}

function measurementsOf(row: Fields): Record<string, number | undefined> {
  const measurements: Record<string, number | undefined> = {};
  for (const [theirs, ours] of Object.entries(metrics)) {
    const value = row[theirs];
    if (!isFields(value)) {
      measurements[ours] = numberOf(value);
      continue;
    }
    measurements[ours] = numberOf(value["avg"]);
    const unit = /(C|Hpa|V|Mm|Percent|Wpm2)$/.exec(ours)?.[0] ?? "";
    const stem = ours.slice(0, ours.length - unit.length);
    measurements[`${stem}Min${unit}`] = numberOf(value["min"]);
    measurements[`${stem}Max${unit}`] = numberOf(value["max"]);
  }
  const { wind } = row;
  for (const at of Array.isArray(wind) ? wind : []) {
    if (isFields(at)) Object.assign(measurements, windOf(at));
  }
  return measurements;
}

function windOf(wind: Fields): Record<string, number | undefined> {
  const height = numberOf(wind["height"]);
  const place = height === undefined || height === WIND_HEIGHT_M ? "" : `${Math.round(height)}m`;
  const avg = isFields(wind["avg"]) ? wind["avg"] : {};
  const direction = isFields(avg["direction"]) ? avg["direction"]["degrees"] : undefined;
  return {
    [`windSpeed${place}Mps`]: speedOf(avg),
    [`windSpeedMin${place}Mps`]: speedOf(wind["min"]),
    [`windGust${place}Mps`]: speedOf(wind["max"]),
    [`windDirection${place}Deg`]: numberOf(direction),
  };
}

function speedOf(value: unknown): number | undefined {
  const kmh = isFields(value) ? numberOf(value["speed"]) : undefined;
  return kmh === undefined ? undefined : mpsFromKmh(kmh);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
