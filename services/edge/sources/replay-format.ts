// Every recorded format in one table, and how one is told by what a file begins with.

import type { Report } from "@drover/core/model/report";
import { parseLine } from "@drover/core/model/codec";
import type { Decoder, DecoderConfig, DecoderTally } from "./decoder.ts";
import { createDpirdDecoder } from "./dpird.ts";
import { createFlightsDecoder } from "./flights-json.ts";
import { createGpsCsvDecoder, isGpsHeader } from "./gps-csv.ts";
import { createNmeaDecoder } from "./nmea.ts";
import { createIsdDecoder, isIsdLine } from "./noaa-isd.ts";
import { readStates } from "./opensky-states.ts";
import { readAircraft } from "./readsb-aircraft.ts";
import { createSbsDecoder } from "./sbs-decoder.ts";
import { isTarHeader } from "./tar-entries.ts";

export const formatNames = [
  "opensky",
  "readsb",
  "sbs",
  "nmea",
  "dpird",
  "isd",
  "csv",
  "flights",
  "drover",
] as const;
export type FormatName = (typeof formatNames)[number];

/**
 * What one record is: a line, a JSON value (an array at the top gives its elements with
 * `json-elements`), or a file of an archive.
 */
export type Framing = "lines" | "json-values" | "json-elements" | "tar";

/** Format → what decodes its records. A new format is a line here and one in `detect`. */
export const formats: Readonly<
  Record<FormatName, (config: DecoderConfig, tally: DecoderTally) => Decoder>
> = {
  opensky: (config, tally) => jsonDecoder(tally, (body) => readStates(body, config, tally)),
  readsb: (config, tally) => jsonDecoder(tally, (body) => readAircraft(body, config, tally)),
  sbs(config, tally) {
    const { source, zone, historical } = config;
    const decoder = createSbsDecoder({ source, zone, historical }, tally);
    return { decode: (line) => decoder.line(line), end: () => decoder.flush() };
  },
  nmea: createNmeaDecoder,
  dpird: createDpirdDecoder,
  isd: createIsdDecoder,
  csv: createGpsCsvDecoder,
  flights: createFlightsDecoder,
  drover: createDroverDecoder,
};

function jsonDecoder(tally: DecoderTally, read: (body: unknown) => readonly Report[]): Decoder {
  return {
    decode(record) {
      if (record.trim() === "") return [];
      let body: unknown;
      try {
        body = JSON.parse(record);
      } catch {
        tally.refused("bad-json");
        return [];
      }
      try {
        return read(body);
      } catch {
        tally.refused("bad-body");
        return [];
      }
    },
    end: () => [],
  };
}

/** Drover's own NDJSON keeps the source that it was recorded from. */
function createDroverDecoder(config: DecoderConfig, tally: DecoderTally): Decoder {
  return {
    decode(line) {
      if (line.trim() === "") return [];
      tally.received();
      const parsed = parseLine(line, { unknownFields: "ignore" });
      switch (parsed.kind) {
        case "report": {
          const report: Record<string, unknown> & Report = { ...parsed.report };
          delete report["seq"];
          if (config.historical) report.historical = true;
          else delete report.historical;
          return [report];
        }
        case "gap":
          tally.refused("gap");
          return [];
        case "fault":
          tally.refused(parsed.fault.reason);
          return [];
      }
    },
    end: () => [],
  };
}

/** Tells format and framing by the first bytes (already decompressed); undefined for neither. */
export function detect(
  head: Uint8Array,
): { readonly format: FormatName; readonly framing: Framing } | undefined {
  // The archives that decoders' folders are kept in.
  if (isTarHeader(head)) return { format: "readsb", framing: "tar" };
  const text = new TextDecoder().decode(head).replace(/^\uFEFF/, "");
  const format = detectText(text);
  return format === undefined ? undefined : { format, framing: framingOf(format, text) };
}

/** The framing of a known format, by what a file of it begins with. */
export function framingOf(format: FormatName, text: string): Framing {
  switch (format) {
    case "opensky":
    case "readsb":
    case "dpird":
    case "drover":
      return isJson(text.slice(0, Math.max(0, text.indexOf("\n")))) ? "lines" : "json-values";
    case "flights":
      return "json-elements";
    case "sbs":
    case "nmea":
    case "isd":
    case "csv":
      return "lines";
  }
}

function detectText(text: string): FormatName | undefined {
  const start = text.trimStart();
  if (start.startsWith("{") || start.startsWith("[")) return detectJson(start);
  const lines = start.split("\n", 20);
  if (lines.some((line) => /^(\d{4}-\d\d-\d\d[^,]*,)?(MSG|MLAT),[1-8],/.test(line))) return "sbs";
  if (lines.some((line) => /^\$[A-Z]{2}[A-Z]{3},/.test(line))) return "nmea";
  if (isIsdLine(lines[0] ?? "")) return "isd";
  return isGpsHeader(lines[0] ?? "") ? "csv" : undefined;
}

function detectJson(text: string): FormatName | undefined {
  if (/"states"\s*:\s*(\[|null)/.test(text)) return "opensky";
  if (/"(aircraft|ac)"\s*:\s*\[/.test(text)) return "readsb";
  if (/"collection"\s*:\s*[[{]/.test(text)) return "dpird";
  if (/"asset"\s*:\s*"/.test(text) && /"at"\s*:\s*\d/.test(text)) return "drover";
  return /"icao24"\s*:\s*"/.test(text) && /"timestamp"\s*:/.test(text) ? "flights" : undefined;
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
