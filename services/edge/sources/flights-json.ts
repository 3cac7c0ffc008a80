// Flights as pandas writes them from the `traffic` library: ft, kt, ft/min and milliseconds.
// https://traffic-viz.github.io/data_sources/adsb_data.html

import { metresFromFeet, mpsFromFeetPerMinute, mpsFromKnots } from "@drover/core/model/units";
import type { Decoder, DecoderConfig, DecoderTally } from "./decoder.ts";
import { finishDraft } from "./draft.ts";
import { convertedOf, numberOf, textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { parseTimeText } from "./time-text.ts";

/** One record is one row as an object. */
export function createFlightsDecoder(config: DecoderConfig, tally: DecoderTally): Decoder {
  return {
    decode(record) {
      tally.received();
      const row = parse(record);
      if (row === undefined) {
        tally.refused("bad-row");
        return [];
      }
      const hex = textOf(row["icao24"])?.trim() ?? "";
      if (!/^[0-9a-f]{6}$/i.test(hex)) {
        tally.refused("bad-hex");
        return [];
      }
      const report = finishDraft(draftOf(row, hex, config), tally);
      return report === undefined ? [] : [report];
    },
    end: () => [],
  };
}

function draftOf(row: Fields, hex: string, config: DecoderConfig) {
  const baroM = convertedOf(row["altitude"], metresFromFeet);
  const geoM = convertedOf(row["geoaltitude"], metresFromFeet);
  const squawk = textOf(row["squawk"]);
  const { timestamp, onground } = row;
  return {
    kind: "aircraft",
    id: hex,
    at: typeof timestamp === "string" ? parseTimeText(timestamp) : numberOf(timestamp),
    lat: numberOf(row["latitude"]),
    lon: numberOf(row["longitude"]),
    altitudeM: geoM ?? baroM,
    onGround: typeof onground === "boolean" ? onground : undefined,
    speedMps: convertedOf(row["groundspeed"], mpsFromKnots),
    headingDeg: numberOf(row["track"]),
    climbMps: convertedOf(row["vertical_rate"], mpsFromFeetPerMinute),
    measurements: { baroAltitudeM: geoM === undefined ? undefined : baroM },
    attributes: {
      callsign: textOf(row["callsign"]),
      // pandas writes an absent code as "0".
      squawk: /^[0-7]{4}$/.test(squawk ?? "") ? squawk : undefined,
      registration: textOf(row["registration"]),
      type: textOf(row["typecode"]),
      origin: textOf(row["origin"]),
      destination: textOf(row["destination"]),
    },
    source: config.source,
    historical: config.historical,
  };
}

function parse(record: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(record);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}
