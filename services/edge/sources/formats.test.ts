import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@drover/core/service/clock";
import type { Report } from "@drover/core/model/report";
import type { DecoderConfig } from "./decoder.ts";
import { readStations } from "./dpird.ts";
import { detect, formats } from "./replay-format.ts";
import type { FormatName } from "./replay-format.ts";
import { createTally } from "./tally.ts";

const base: DecoderConfig = {
  source: "replay",
  historical: false,
  zone: "auto",
  asset: "vessel:gps",
  kind: undefined,
  stations: new Map(),
};

function decode(
  format: FormatName,
  records: readonly string[],
  config: Partial<DecoderConfig> = {},
): { readonly reports: Report[]; readonly refused: Readonly<Record<string, number>> } {
  const tally = createTally({ name: "t", kind: "replay" }, { clock: systemClock });
  const decoder = formats[format]({ ...base, ...config }, tally);
  const reports = [...records.flatMap((record) => decoder.decode(record)), ...decoder.end()];
  return { reports, refused: tally.status().refused };
}

/** Adds `$` and the checksum. */
const nmea = (body: string): string => {
  const sum = Buffer.from(body).reduce((xor, byte) => xor ^ byte, 0);
  return `$${body}*${sum.toString(16).toUpperCase().padStart(2, "0")}`;
};

test("nmea: RMC and GGA of one moment are one report, in either order", () => {
  const rmc = nmea("GPRMC,085411.000,A,5222.3215,N,00454.5778,W,10.00,251.34,030414,,,A");
  const gga = nmea("GPGGA,085411.000,5222.3215,N,00454.5778,W,1,4,2.95,16.0,M,47.0,M,,");
  const { reports } = decode("nmea", [rmc, gga]);
  assert.deepEqual(decode("nmea", [gga, rmc]).reports, reports);
  assert.deepEqual(reports, [
    {
      asset: "vessel:gps",
      kind: "vessel",
      at: Date.UTC(2014, 3, 3, 8, 54, 11),
      position: {
        lat: 52 + 22.3215 / 60,
        lon: -(4 + 54.5778 / 60),
        altitudeM: 16,
        accuracyM: 14.75,
      },
      motion: { speedMps: 18_520 / 3_600, headingDeg: 251.34 },
      measurements: { hdop: 2.95, satellites: 4 },
      source: "replay",
    },
  ]);
});

test("nmea: a wrong checksum, no fix, and a time without a day give nothing", () => {
  const { reports, refused } = decode("nmea", [
    nmea("GPGGA,085410.000,5222.3215,N,00454.5778,E,1,4,2.95,16.0,M,47.0,M,,"),
    nmea("GPRMC,085411.000,V,,,,,,,030414,,,N"),
    nmea("GPRMC,085412.000,A,5222.3215,N,00454.5778,E,1,2,030414,,,A").replace("5222", "5223"),
    nmea("GPGGA,085413.000,5222.3215,N,00454.5778,E,0,0,,,M,,M,,"),
    nmea("GPGSV,3,1,12,13,73,068,33,10,69,286,21,04,47,217,,02,42,290,"),
    "!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24",
  ]);
  assert.deepEqual(reports, []);
  assert.deepEqual(refused, { "no-date": 1, "no-fix": 2, "bad-checksum": 1, "bad-line": 1 });
});

test("nmea: a height without a date takes the day of the fix before, over midnight too", () => {
  const { reports } = decode("nmea", [
    nmea("GNRMC,235959.00,A,5222.3215,N,00454.5778,E,1,2,311225,,,A"),
    nmea("GNGGA,000000.00,5222.3215,N,00454.5778,E,1,4,1.0,16.0,M,47.0,M,,"),
  ]);
  assert.deepEqual(
    reports.map(({ at }) => at),
    [Date.UTC(2025, 11, 31, 23, 59, 59), Date.UTC(2026, 0, 1)],
  );
});

const wind = { height: 3, avg: { speed: 36, direction: { degrees: 90 } }, max: { speed: 72 } };
const summary = {
  metadata: {},
  collection: [
    {
      stationCode: "BI",
      stationName: "Binnu",
      summaries: [
        {
          period: {
            from: "2022-10-27T15:45:00Z",
            to: "2022-10-27T16:00:00Z",
            year: 2022,
            month: 10,
            day: 28,
            hour: 0,
            minute: 0,
          },
          airTemperature: { avg: 20.5, min: 19, max: 22 },
          wind: [wind, { ...wind, height: 10 }],
        },
      ],
    },
  ],
};

test("dpird: a summary is of its period's end in UTC, and speeds are km/h", () => {
  const { reports } = decode("dpird", [JSON.stringify(summary)]);
  assert.equal(reports.length, 1);
  // Local midnight at +08:00, which is what year, month, day, hour and minute say.
  assert.equal(reports[0]?.at, Date.UTC(2022, 9, 28, 0, 0) - 8 * 3_600_000);
  assert.deepEqual(reports[0]?.measurements, {
    airTemperatureC: 20.5,
    airTemperatureMinC: 19,
    airTemperatureMaxC: 22,
    windSpeed3mMps: 10,
    windGust3mMps: 20,
    windDirection3mDeg: 90,
    windSpeedMps: 10,
    windGustMps: 20,
    windDirectionDeg: 90,
  });
});

test("dpird: minute rows have their station from the page's address and their place from the list", () => {
  const list = {
    collection: [
      { stationCode: "BI", stationName: "Binnu", latitude: -28, longitude: 114, altitude: 277 },
    ],
  };
  const href = "https://api.dpird.wa.gov.au/v2/weather/stations/BI/data?limit=1000";
  const page = {
    metadata: { links: [{ rel: "self", href }] },
    collection: [{ dateTime: "2018-02-01T05:00:00Z", airTemperature: 30.2 }],
  };
  const stations = readStations(JSON.stringify(list));
  const { reports } = decode("dpird", [JSON.stringify(page)], { stations });
  assert.deepEqual(reports, [
    {
      asset: "station:bi",
      kind: "station",
      at: Date.UTC(2018, 1, 1, 5),
      position: { lat: -28, lon: 114, altitudeM: 277 },
      measurements: { airTemperatureC: 30.2 },
      attributes: { name: "Binnu" },
      source: "replay",
    },
  ]);
});

test("dpird: a list of stations says nothing about any moment", () => {
  const list = {
    metadata: {},
    collection: [{ stationCode: "BI", latitude: -28, longitude: 114 }, 5],
  };
  const { reports, refused } = decode("dpird", [JSON.stringify(list), "{", "{}"]);
  assert.deepEqual(reports, []);
  assert.deepEqual(refused, { "no-time": 1, "bad-row": 1, "bad-body": 2 });
});

const isd =
  "0054024130999992016010100004+60750+012767FM-12+020599999V0200901N003019999999N999999999-00221-00371999999ADDAW1701";

test("isd: columns are fixed, values scaled, and what is missing or erroneous is left out", () => {
  const { reports } = decode("isd", [isd]);
  assert.deepEqual(reports, [
    {
      asset: "station:024130-99999",
      kind: "station",
      at: Date.UTC(2016, 0, 1),
      position: { lat: 60.75, lon: 12.767, altitudeM: 205 },
      measurements: {
        windDirectionDeg: 90,
        windSpeedMps: 3,
        airTemperatureC: -2.2,
        dewPointC: -3.7,
      },
      attributes: { reportType: "FM-12" },
      source: "replay",
    },
  ]);
  const erroneous = decode("isd", [isd.replace("-00221", "-00223")]).reports[0];
  assert.equal(erroneous?.measurements?.["airTemperatureC"], undefined);
  assert.deepEqual(decode("isd", ["", isd.slice(0, 60), "x".repeat(120)]).refused, {
    "bad-line": 2,
  });
});

const movebank =
  "event-id,visible,timestamp,location-long,location-lat,external-temperature,ground-speed,heading,height-above-msl,import-marked-outlier,location-error-numerical,individual-local-identifier";

test("csv: Movebank's columns are in SI, its times UTC, and marked outliers are left out", () => {
  const { reports, refused } = decode("csv", [
    movebank,
    '1,true,2018-05-09 14:59:05.000,6.58,53.0,36.0,0.45,271.6,5.0,false,5.3,"5515851"',
    '2,true,2018-05-09 15:59:05.000,6.58,53.0,,,,,true,5.3,"5515851"',
    '3,false,2018-05-09 16:59:05.000,6.58,53.0,,,,,false,5.3,"5515851"',
    "4,true,2018-05-09",
  ]);
  assert.deepEqual(reports, [
    {
      asset: "bird:5515851",
      kind: "bird",
      at: Date.UTC(2018, 4, 9, 14, 59, 5),
      position: { lat: 53, lon: 6.58, altitudeM: 5, accuracyM: 5.3 },
      motion: { speedMps: 0.45, headingDeg: 271.6 },
      measurements: { externalTemperatureC: 36 },
      source: "replay",
    },
  ]);
  assert.deepEqual(refused, { "marked-outlier": 2, "bad-row": 1 });
});

test("csv: other columns are known by name, their unit by the name's end", () => {
  const { reports } = decode(
    "csv",
    [
      "Time;Lat;Lon;speed_kmh;asset",
      "2026-01-26 10:30:00;-35;138;36;truck:42",
      "1767225600;-35;138;;a b",
    ],
    { zone: 630, kind: undefined },
  );
  assert.deepEqual(
    reports.map(({ asset, at, motion }) => ({ asset, at, motion })),
    [
      { asset: "truck:42", at: Date.UTC(2026, 0, 26), motion: { speedMps: 10 } },
      { asset: "asset:a-b", at: 1_767_225_600_000, motion: undefined },
    ],
  );
});

test("flights: feet, knots and milliseconds, and a squawk of 0 is none", () => {
  const row = {
    timestamp: 1_587_762_390_000,
    icao24: "7c48a2",
    latitude: -37.9,
    longitude: 144.5,
    groundspeed: 63,
    track: 53,
    vertical_rate: 120,
    callsign: "VHOMS",
    squawk: "0",
    altitude: 400,
    origin: "YMAV",
    destination: null,
  };
  const { reports } = decode("flights", [JSON.stringify(row), "{", '{"icao24":"zz"}']);
  assert.deepEqual(reports, [
    {
      asset: "aircraft:7c48a2",
      kind: "aircraft",
      at: 1_587_762_390_000,
      position: { lat: -37.9, lon: 144.5, altitudeM: 121.92 },
      motion: { speedMps: 63 * (1852 / 3600), headingDeg: 53, climbMps: 0.6096 },
      attributes: { callsign: "VHOMS", origin: "YMAV" },
      source: "replay",
    },
  ]);
});

test("drover: its own lines keep their source and lose their delivery", () => {
  const line = {
    asset: "bus:1",
    at: 5,
    position: { lat: 1, lon: 2 },
    source: "http",
    seq: 9,
    sentAt: 7,
  };
  const { reports, refused } = decode("drover", [
    JSON.stringify(line),
    "{",
    '{"gap":{"from":1,"to":2}}',
  ]);
  assert.deepEqual(reports, [
    { asset: "bus:1", kind: "bus", at: 5, position: { lat: 1, lon: 2 }, source: "http" },
  ]);
  assert.equal(
    Object.values(refused).reduce((sum, count) => sum + count),
    2,
  );
});

test("a format is told by what a file begins with", () => {
  const table = [
    ['{"time":1,"states":null}\n{"time":2,"states":null}\n', "opensky", "lines"],
    ['{\n "states": [\n', "opensky", "json-values"],
    ['{"now":1,"messages":0,"aircraft":[]}\n', "readsb", "lines"],
    ['{"ac":[],"now":1}', "readsb", "json-values"],
    ["\r\nMSG,8,1,1,7C802D,1,,,,,,,,,,,,,,,,0", "sbs", "lines"],
    ["2018-02-18T05:17:43.217933+00:00,MSG,6,1,1,7C802D", "sbs", "lines"],
    ["$GPGGA,085411.000,5222.3215,N", "nmea", "lines"],
    ['{"metadata":{},"collection":[]}', "dpird", "json-values"],
    [isd, "isd", "lines"],
    [`\uFEFF${movebank}\n`, "csv", "lines"],
    ['"id","timestamp","latitude","longitude"\n', "csv", "lines"],
    ['[{"timestamp":1,"icao24":"7c48a2"}]', "flights", "json-elements"],
    ['{"asset":"bus:1","at":5,"source":"x"}\n', "drover", "lines"],
  ] as const;
  for (const [text, format, framing] of table) {
    assert.deepEqual(detect(Buffer.from(text)), { format, framing }, text);
  }
  for (const text of ["", "hello", "a,b,c\n1,2,3", '{"a":1}', "\u0000\u0001"]) {
    assert.equal(detect(Buffer.from(text)), undefined, text);
  }
});
