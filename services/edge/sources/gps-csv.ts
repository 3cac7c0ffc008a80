// Tracks as CSV with a header line: Movebank's columns, those of bus feeds, and plain ones.

import { mpsFromKmh, mpsFromKnots } from "@drover/core/model/units";
import { parseCsvRow } from "./csv-row.ts";
import type { Decoder, DecoderConfig, DecoderTally } from "./decoder.ts";
import { finishDraft } from "./draft.ts";
import { parseTimeText } from "./time-text.ts";

/** What a column means → the names it goes by, best first. Units are those of the name. */
const columns = {
  at: ["timestamp", "time", "datetime", "date_time", "at", "t"],
  lat: ["location-lat", "latitude", "lat"],
  lon: ["location-long", "longitude", "lon", "lng", "long"],
  altitudeM: ["height-above-msl", "height-above-ellipsoid", "altitude_m", "elevation", "ele"],
  accuracyM: ["location-error-numerical", "accuracy_m", "accuracy"],
  speedMps: ["ground-speed", "speed_mps"],
  speedKmh: ["speed_kmh"],
  speedKt: ["speed_kt", "speed_kn"],
  headingDeg: ["heading", "bearing", "course"],
  externalTemperatureC: ["external-temperature"],
  pressureHpa: ["bar:barometric-pressure"],
  satellites: ["gps:satellite-count", "satellites"],
  bird: ["individual-local-identifier", "tag-local-identifier"],
  bus: ["vehicle_id"],
  id: ["asset", "id", "name", "device", "device_id", "traj_id", "trajectory_id"],
} as const;

/** Columns kept as attributes. */
const attributeColumns: Readonly<Record<string, string>> = {
  "individual-taxon-canonical-name": "taxon",
  "tag-local-identifier": "tag",
  trip_id: "trip",
  route_name: "route",
  origin: "origin",
  destination: "destination",
  direction: "direction",
  operator: "operator",
};

/** Rows that Movebank's users marked as wrong. */
const outlierColumns = [
  "import-marked-outlier",
  "manually-marked-outlier",
  "algorithm-marked-outlier",
];

type Column = keyof typeof columns;
type Header = {
  readonly names: readonly string[];
  readonly separator: string;
  readonly indexes: Readonly<Record<Column, number>>;
};

/** True when a line names a time, a latitude and a longitude. */
export function isGpsHeader(line: string): boolean {
  const { at, lat, lon } = headerOf(line).indexes;
  return at >= 0 && lat >= 0 && lon >= 0;
}

export function createGpsCsvDecoder(config: DecoderConfig, tally: DecoderTally): Decoder {
  let header: Header | undefined;
  return {
    decode(line) {
      if (line.trim() === "") return [];
      if (header === undefined) {
        header = headerOf(line);
        return [];
      }
      tally.received();
      const fields = parseCsvRow(line, header.separator);
      if (fields.length !== header.names.length) {
        tally.refused("bad-row");
        return [];
      }
      if (isOutlier(header, fields)) {
        tally.refused("marked-outlier");
        return [];
      }
      const report = finishDraft(draftOf(header, fields, config), tally);
      return report === undefined ? [] : [report];
    },
    end: () => [],
  };
}

function headerOf(line: string): Header {
  const text = line.replace(/^\uFEFF/, "");
  const separator = !text.includes(",") && text.includes(";") ? ";" : ",";
  const names = parseCsvRow(text, separator).map((name) => name.trim().toLowerCase());
  const indexOf = (column: Column) =>
    columns[column].reduce((found, name) => (found >= 0 ? found : names.indexOf(name)), -1);
  return {
    names,
    separator,
    indexes: {
      at: indexOf("at"),
      lat: indexOf("lat"),
      lon: indexOf("lon"),
      altitudeM: indexOf("altitudeM"),
      accuracyM: indexOf("accuracyM"),
      speedMps: indexOf("speedMps"),
      speedKmh: indexOf("speedKmh"),
      speedKt: indexOf("speedKt"),
      headingDeg: indexOf("headingDeg"),
      externalTemperatureC: indexOf("externalTemperatureC"),
      pressureHpa: indexOf("pressureHpa"),
      satellites: indexOf("satellites"),
      bird: indexOf("bird"),
      bus: indexOf("bus"),
      id: indexOf("id"),
    },
  };
}

function isOutlier(header: Header, fields: readonly string[]): boolean {
  if (fields[header.names.indexOf("visible")] === "false") return true;
  return outlierColumns.some((name) => fields[header.names.indexOf(name)] === "true");
}

function draftOf(header: Header, fields: readonly string[], config: DecoderConfig) {
  const text = (column: Column): string => fields[header.indexes[column]]?.trim() ?? "";
  const number = (column: Column): number | undefined => numberOf(text(column));
  const speedKmh = number("speedKmh");
  const speedKt = number("speedKt");
  const fallbackMps =
    speedKmh === undefined
      ? speedKt === undefined
        ? undefined
        : mpsFromKnots(speedKt)
      : mpsFromKmh(speedKmh);
  return {
    ...whoOf(text, config),
    at: timeOf(text("at"), typeof config.zone === "number" ? config.zone : 0),
    lat: number("lat"),
    lon: number("lon"),
    altitudeM: number("altitudeM"),
    accuracyM: number("accuracyM"),
    speedMps: number("speedMps") ?? fallbackMps,
    headingDeg: number("headingDeg"),
    measurements: {
      // Of the tag, which the sun warms: not the air's.
      externalTemperatureC: number("externalTemperatureC"),
      pressureHpa: number("pressureHpa"),
      satellites: number("satellites"),
    },
    attributes: Object.fromEntries(
      header.names.flatMap((name, index) => {
        const ours = attributeColumns[name];
        return ours === undefined ? [] : [[ours, fields[index]?.replaceAll("_", " ")]];
      }),
    ),
    source: config.source,
    historical: config.historical,
  };
}

function whoOf(
  text: (column: Column) => string,
  config: DecoderConfig,
): { readonly kind: string; readonly id: string } {
  if (text("bird") !== "") return { kind: config.kind ?? "bird", id: text("bird") };
  if (text("bus") !== "") return { kind: config.kind ?? "bus", id: text("bus") };
  const given = text("id") === "" ? config.asset : text("id");
  const cut = given.indexOf(":");
  return cut < 0
    ? { kind: config.kind ?? "asset", id: given }
    : { kind: config.kind ?? given.slice(0, cut).toLowerCase(), id: given.slice(cut + 1) };
}

/** Text, or Unix time in seconds or milliseconds. */
function timeOf(text: string, zoneMinutes: number): number | undefined {
  const unix = numberOf(text);
  if (unix !== undefined) return unix < 1e11 ? unix * 1000 : unix;
  return parseTimeText(text, zoneMinutes);
}

function numberOf(text: string): number | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
