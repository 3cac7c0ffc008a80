// A log of NMEA 0183 sentences of one receiver: RMC gives date, place and motion, GGA the height.
// Sentences of one epoch (same time of day) make one report.

import type { Report } from "@drover/core/model/report";
import { kindOf } from "@drover/core/model/ids";
import { mpsFromKnots } from "@drover/core/model/units";
import type { Decoder, DecoderConfig, DecoderTally } from "./decoder.ts";
import { finishDraft } from "./draft.ts";

const DAY_MS = 86_400_000;
/** NMEA 0183 allows 82; receivers exceed it. */
const SENTENCE_CHARS_MAX = 256;
/** Metres of error for one unit of HDOP: a civil receiver's ranging error, after GPS SPS PS 2020. */
const METRES_PER_HDOP = 5;

type Epoch = {
  readonly timeOfDayMs: number;
  dateMs?: number;
  lat?: number;
  lon?: number;
  speedMps?: number | undefined;
  headingDeg?: number | undefined;
  altitudeM?: number | undefined;
  hdop?: number | undefined;
  satellites?: number | undefined;
  isVoid: boolean;
};

export function createNmeaDecoder(config: DecoderConfig, tally: DecoderTally): Decoder {
  let epoch: Epoch | undefined;
  let lastAt: number | undefined;

  function close(): readonly Report[] {
    const closed = epoch;
    epoch = undefined;
    if (closed === undefined) return [];
    tally.received();
    if (closed.isVoid || closed.lat === undefined) {
      tally.refused("no-fix");
      return [];
    }
    const at = timeOf(closed, lastAt);
    if (at === undefined) {
      tally.refused("no-date");
      return [];
    }
    lastAt = at;
    const report = finishDraft(draftOf(closed, at, config), tally);
    return report === undefined ? [] : [report];
  }

  return {
    decode(record) {
      const fields = fieldsOf(record, tally);
      const timeOfDayMs = fields === undefined ? undefined : timeOfDay(fields[1]);
      if (fields === undefined || timeOfDayMs === undefined) return [];
      const completed = epoch !== undefined && epoch.timeOfDayMs !== timeOfDayMs ? close() : [];
      epoch ??= { timeOfDayMs, isVoid: false };
      if (fields[0]?.endsWith("RMC")) takeRmc(epoch, fields);
      else takeGga(epoch, fields);
      return completed;
    },
    end: close,
  };
}

/** The fields of an RMC or GGA sentence with a right checksum. */
function fieldsOf(record: string, tally: DecoderTally): readonly string[] | undefined {
  const sentence = record.trim();
  if (sentence === "") return undefined;
  const match = /^\$([A-Z0-9]{3,8},[^*$!]*)\*([0-9A-F]{2})$/i.exec(sentence);
  if (match === null || sentence.length > SENTENCE_CHARS_MAX) {
    tally.refused("bad-line");
    return undefined;
  }
  const body = match[1] ?? "";
  let sum = 0;
  for (let i = 0; i < body.length; i++) sum ^= body.charCodeAt(i);
  if (sum !== Number.parseInt(match[2] ?? "", 16)) {
    tally.refused("bad-checksum");
    return undefined;
  }
  const fields = body.split(",");
  return /(RMC|GGA)$/.test(fields[0] ?? "") ? fields : undefined;
}

function takeRmc(epoch: Epoch, fields: readonly string[]): void {
  const dateMs = dateOf(fields[9]);
  if (dateMs !== undefined) epoch.dateMs = dateMs;
  if (fields[2] !== "A") {
    epoch.isVoid = true;
    return;
  }
  takePlace(epoch, fields.slice(3, 7));
  const speedKt = numberOf(fields[7]);
  epoch.speedMps = speedKt === undefined ? undefined : mpsFromKnots(speedKt);
  epoch.headingDeg = numberOf(fields[8]);
}

function takeGga(epoch: Epoch, fields: readonly string[]): void {
  // Quality 0 is no fix; 6 is dead reckoning and 7, 8 are made up by a simulator.
  if (!/^[1-5]$/.test(fields[6] ?? "")) {
    epoch.isVoid = true;
    return;
  }
  takePlace(epoch, fields.slice(2, 6));
  epoch.satellites = numberOf(fields[7]);
  epoch.hdop = numberOf(fields[8]);
  epoch.altitudeM = fields[10] === "M" ? numberOf(fields[9]) : undefined;
}

function takePlace(epoch: Epoch, fields: readonly string[]): void {
  const lat = angleOf(fields[0], fields[1], "NS");
  const lon = angleOf(fields[2], fields[3], "EW");
  if (lat === undefined || lon === undefined) return;
  epoch.lat = lat;
  epoch.lon = lon;
}

/** A GGA that no RMC goes with takes its day from the report before, within half a day. */
function timeOf(epoch: Epoch, lastAt: number | undefined): number | undefined {
  if (epoch.dateMs !== undefined) return epoch.dateMs + epoch.timeOfDayMs;
  if (lastAt === undefined) return undefined;
  const at = Math.floor(lastAt / DAY_MS) * DAY_MS + epoch.timeOfDayMs;
  return at < lastAt - DAY_MS / 2 ? at + DAY_MS : at;
}

function draftOf(epoch: Epoch, at: number, config: DecoderConfig) {
  return {
    kind: kindOf(config.asset),
    id: config.asset.slice(config.asset.indexOf(":") + 1),
    at,
    lat: epoch.lat,
    lon: epoch.lon,
    altitudeM: epoch.altitudeM,
    accuracyM: epoch.hdop === undefined ? undefined : epoch.hdop * METRES_PER_HDOP,
    speedMps: epoch.speedMps,
    headingDeg: epoch.headingDeg,
    measurements: { hdop: epoch.hdop, satellites: epoch.satellites },
    source: config.source,
    historical: config.historical,
  };
}

/** `hhmmss` or `hhmmss.sss`, ms since midnight UTC. */
function timeOfDay(text: string | undefined): number | undefined {
  const match = /^(\d{2})(\d{2})(\d{2})(?:\.(\d{1,6}))?$/.exec(text ?? "");
  if (match === null) return undefined;
  const [, hour, minute, second, fraction] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  return seconds * 1000 + Math.round(Number(`0.${fraction ?? 0}`) * 1000);
}

/** `ddmmyy`; GPS began in 1980. */
function dateOf(text: string | undefined): number | undefined {
  const match = /^(\d{2})(\d{2})(\d{2})$/.exec(text ?? "");
  if (match === null) return undefined;
  const [day, month, short] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const dateMs = Date.UTC(short < 80 ? 2000 + short : 1900 + short, month - 1, day);
  const date = new Date(dateMs);
  return date.getUTCDate() === day && date.getUTCMonth() === month - 1 ? dateMs : undefined;
}

/** `ddmm.mmmm` with a hemisphere: degrees and minutes in one number. */
function angleOf(
  text: string | undefined,
  hemisphere: string | undefined,
  allowed: "NS" | "EW",
): number | undefined {
  const match = /^(\d{1,3})(\d{2}(?:\.\d{1,9})?)$/.exec(text ?? "");
  if (match === null || hemisphere?.length !== 1 || !allowed.includes(hemisphere)) return undefined;
  const minutes = Number(match[2]);
  if (minutes >= 60) return undefined;
  const degrees = Number(match[1]) + minutes / 60;
  return hemisphere === allowed[1] ? -degrees : degrees;
}

function numberOf(text: string | undefined): number | undefined {
  return /^-?\d{1,9}(\.\d{1,9})?$/.test(text ?? "") ? Number(text) : undefined;
}
