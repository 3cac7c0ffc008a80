// NOAA Integrated Surface Database: fixed columns, one line an observation.
// https://www.ncei.noaa.gov/data/global-hourly/doc/isd-format-document.pdf

import type { Decoder, DecoderConfig, DecoderTally } from "./decoder.ts";
import { finishDraft } from "./draft.ts";
import { parseTimeText } from "./time-text.ts";

/** The control and the mandatory section; what follows is optional. */
const LINE_CHARS_MIN = 105;

export function createIsdDecoder(config: DecoderConfig, tally: DecoderTally): Decoder {
  return {
    decode(line) {
      if (line.trim() === "") return [];
      tally.received();
      if (line.length < LINE_CHARS_MIN || !isIsdLine(line)) {
        tally.refused("bad-line");
        return [];
      }
      const report = finishDraft(draftOf(line, config), tally);
      return report === undefined ? [] : [report];
    },
    end: () => [],
  };
}

/** True when the control section looks like one. */
export function isIsdLine(line: string): boolean {
  return /^\d{4}[0-9A-Z]{6}[0-9A-Z]{5}\d{12}.[+-]\d{5}[+-]\d{6}/.test(line);
}

function draftOf(line: string, config: DecoderConfig) {
  const date = `${line.slice(15, 19)}-${line.slice(19, 21)}-${line.slice(21, 23)}`;
  return {
    kind: "station",
    id: `${line.slice(4, 10)}-${line.slice(10, 15)}`,
    // Always UTC.
    at: parseTimeText(`${date} ${line.slice(23, 25)}:${line.slice(25, 27)}`),
    lat: scaled(line.slice(28, 34), "+99999", 1000),
    lon: scaled(line.slice(34, 41), "+999999", 1000),
    altitudeM: scaled(line.slice(46, 51), "+9999", 1),
    measurements: {
      windDirectionDeg: checked(line, { from: 60, to: 63, missing: "999", quality: 63 }),
      windSpeedMps: checked(line, { from: 65, to: 69, missing: "9999", quality: 69, scale: 10 }),
      ceilingM: checked(line, { from: 70, to: 75, missing: "99999", quality: 75 }),
      visibilityM: checked(line, { from: 78, to: 84, missing: "999999", quality: 84 }),
      airTemperatureC: checked(line, {
        from: 87,
        to: 92,
        missing: "+9999",
        quality: 92,
        scale: 10,
      }),
      dewPointC: checked(line, { from: 93, to: 98, missing: "+9999", quality: 98, scale: 10 }),
      seaLevelPressureHpa: checked(line, {
        from: 99,
        to: 104,
        missing: "99999",
        quality: 104,
        scale: 10,
      }),
    },
    attributes: { reportType: line.slice(41, 46) },
    source: config.source,
    historical: config.historical,
  };
}

type Column = {
  readonly from: number;
  readonly to: number;
  readonly missing: string;
  /** Where its quality code stands. */
  readonly quality: number;
  readonly scale?: number;
};

/** Quality 2 and 6 are suspect, 3 and 7 erroneous: such a value is not passed on. */
function checked(line: string, column: Column): number | undefined {
  if ("2367".includes(line[column.quality] ?? "")) return undefined;
  return scaled(line.slice(column.from, column.to), column.missing, column.scale ?? 1);
}

function scaled(text: string, missing: string, scale: number): number | undefined {
  if (text === missing || !/^[+-]?\d+$/.test(text)) return undefined;
  return Number(text) / scale;
}
