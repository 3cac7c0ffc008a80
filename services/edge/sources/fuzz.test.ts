// Every parser over broken input: never a crash, never a report that is none, never a buffer
// without a bound. Seeds are of the recordings where they stand, and built in elsewhere.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { faultOfReport } from "@drover/core/model/codec";
import { createRandom, systemClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import type { Report } from "@drover/core/model/report";
import fc from "fast-check";
import { fuzzRuns } from "@drover/core/model/fuzz";
import { formatNames, formats } from "./replay-format.ts";
import type { FormatName } from "./replay-format.ts";
import { prepareSources } from "./registry.ts";
import { createTally, refusalReasonsMax } from "./tally.ts";

const builtIn: Readonly<Record<FormatName, string>> = {
  opensky: `{"time":1683488744,"states":[["ab1644","UAL421  ","United States",1683488743,1683488743,-71.1656,42.5372,2217.42,false,137.8,342.17,13,null,2194.56,null,false,0,4]]}`,
  readsb: `{"now":1767225600.5,"messages":1,"aircraft":[{"hex":"7c6b2d","flight":"QFA12   ","alt_baro":"ground","gs":1.5,"track":2,"lat":-33.5,"lon":151.25,"nac_p":9,"seen_pos":2.5,"seen":0.1}]}`,
  sbs: [
    "2018-02-18T05:17:44.139405+00:00,MSG,3,1,1,7C802D,1,2018/02/18,15:47:43.642,2018/02/18,15:47:43.700,,4575H,,,-35.06557,138.57919,,,0,0,0,0",
    "MSG,4,1,1,7C802D,1,2018/02/18,15:47:44.122,2018/02/18,15:47:44.146,,,186,148,,,1344,,,,,0",
  ].join("\n"),
  nmea: [
    "$GPGGA,085411.000,5222.3215,N,00454.5778,E,1,4,2.95,16.0,M,47.0,M,,*61",
    "$GPRMC,085411.000,A,5222.3215,N,00454.5778,E,0.58,251.34,030414,,,A*63",
  ].join("\n"),
  dpird: `{"metadata":{"links":[{"rel":"self","href":"https://x/stations/BI/data"}]},"collection":[{"dateTime":"2018-02-01T05:00:00Z","airTemperature":30.2,"wind":[{"height":3,"avg":{"speed":11.84,"direction":{"degrees":114.2}},"max":{"speed":18.4}}]},{"stationCode":"BI","summaries":[{"period":{"from":"2022-10-27T15:45:00Z","to":"2022-10-27T16:00:00Z"},"wind":[]}]}]}`,
  isd: "0054024130999992016010100004+60750+012767FM-12+020599999V0200901N003019999999N999999999-00221-00371999999ADDAW1701",
  csv: `vehicle_id,timestamp,latitude,longitude,bearing,origin\n"4716","2026-01-26 15:57:02",53.44451,-2.925173,53,"Queen, Square"`,
  flights: `[{"timestamp":1587762390000,"icao24":"7c48a2","latitude":-37.8,"longitude":144.4,"groundspeed":63.0,"track":53.0,"vertical_rate":0.0,"callsign":"VHOMS","squawk":"0","altitude":400.0}]`,
  drover: `{"asset":"bus:1","kind":"bus","at":1767225600000,"position":{"lat":1,"lon":2},"source":"http","seq":3}`,
};

const recorded: Partial<Readonly<Record<FormatName, string>>> = {
  opensky: "aircraft/switzerland-30min/bundle_switzerland_20180801T0910Z_opensky_10s.jsonl.gz",
  readsb: "aircraft/switzerland-30min/bundle_switzerland_20180801T0910Z_aircraft_json_10s.jsonl.gz",
  sbs: "receivers/adelaide/messages-log.txt",
  nmea: "tracks/vessel/gps.log",
  dpird: "stations/dpird/BI_minute_2018-02-01_p1.json.gz",
  isd: "stations/noaa-isd/024130-99999-2016.gz",
  csv: "tracks/bus/route14_outbound.csv",
  flights: "aircraft/flights/sydney.json.gz",
};

/** A recording's text, or nothing. */
function recordingOf(format: FormatName): string {
  const folder = process.env["DROVER_RECORDINGS"];
  const file = recorded[format];
  const path = folder === undefined || file === undefined ? "" : join(folder, file);
  if (path === "" || !existsSync(path)) return "";
  const bytes = readFileSync(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** The beginning of a recording and the built-in seed. */
function seedOf(format: FormatName): string {
  const lines = recordingOf(format).split("\n").slice(0, 40).join("\n").slice(0, 6_000);
  return `${lines}\n${builtIn[format]}`.trimStart();
}

const jsonFormats: readonly FormatName[] = ["opensky", "readsb", "dpird", "flights", "drover"];

/** Whole values of a format, short enough to be broken often. */
function jsonSeedsOf(format: FormatName): readonly unknown[] {
  const text = recordingOf(format);
  const first = text.split("\n", 1)[0] ?? "";
  const values: unknown[] = [builtIn[format], ...(first === "" ? [] : [first])].map(
    (one): unknown => JSON.parse(one),
  );
  return values.map((value) =>
    format === "flights" && Array.isArray(value) ? value[0] : trimmed(value),
  );
}

function trimmed(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 30).map(trimmed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, trimmed(part)]));
}

/** Puts odd values in the place of some, and leaves some out. */
function twisted(value: unknown, random: () => number): unknown {
  if (random() < 0.04) return oddValues[Math.floor(random() * oddValues.length)];
  if (Array.isArray(value)) {
    return value.filter(() => random() > 0.01).map((part: unknown) => twisted(part, random));
  }
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(() => random() > 0.01);
  return Object.fromEntries(kept.map(([key, part]) => [key, twisted(part, random)]));
}

const oddValues: readonly unknown[] = [
  0,
  -1,
  1e308,
  -1e308,
  1e21,
  2 ** 53,
  0.1,
  null,
  true,
  false,
  "",
  " ",
  "ground",
  "NaN",
  "x".repeat(5_000),
  "\u0000",
  "\uD800",
  "2018-02-30T00:00:00Z",
  [],
  {},
  [[]],
  { degrees: {} },
  [null],
  "__proto__",
];
const oddPieces =
  '0 -1 NaN null true 1e400 -1e308 9007199254740993 "" [] {} \u0000 \uFFFD \uD800 $ *00 , ,,,, " [ ] { } : \n \r\n'
    .split(" ")
    .concat("x".repeat(300), "9".repeat(40), "\n", "\r\n");

/** Breaks text in a few places: cuts, doubles, swaps a piece for an odd one. */
function broken(text: string, seed: number): string {
  const random = createRandom(seed);
  let out = text;
  for (let edits = 1 + Math.floor(random() * 6); edits > 0; edits--) {
    const from = Math.floor(random() * (out.length + 1));
    const to = Math.min(out.length, from + Math.floor(random() ** 3 * 60));
    const kind = random();
    const piece =
      kind < 0.3
        ? ""
        : kind < 0.5
          ? out.slice(from, to).repeat(2)
          : kind < 0.6
            ? String.fromCharCode(Math.floor(random() * 65_536))
            : (oddPieces[Math.floor(random() * oddPieces.length)] ?? "");
    out = out.slice(0, from) + piece + out.slice(to);
  }
  return out;
}

function assertReports(reports: readonly Report[]): void {
  for (const report of reports) {
    assert.equal(faultOfReport({ ...report }), undefined, JSON.stringify(report).slice(0, 500));
  }
}

function decoderOf(format: FormatName) {
  const tally = createTally({ name: "fuzz", kind: "replay" }, { clock: systemClock });
  const config = { source: "fuzz", historical: false, zone: "auto", asset: "vessel:fuzz" } as const;
  const decoder = formats[format]({ ...config, kind: undefined, stations: new Map() }, tally);
  return { decoder, tally };
}

for (const format of formatNames) {
  test(`${format}: broken text is counted, and what comes out is a report`, () => {
    const seed = seedOf(format);
    fc.assert(
      fc.property(fc.integer(), (number) => {
        const { decoder, tally } = decoderOf(format);
        const records = broken(seed, number).split("\n");
        assertReports([...records.flatMap((record) => decoder.decode(record)), ...decoder.end()]);
        assert(Object.keys(tally.status().refused).length <= refusalReasonsMax);
      }),
      { seed: 17, numRuns: fuzzRuns(80) },
    );
  });
}

for (const format of jsonFormats) {
  test(`${format}: odd values in the right places are counted, and what comes out is a report`, () => {
    let made = 0;
    const seeds = jsonSeedsOf(format);
    fc.assert(
      fc.property(fc.integer(), (number) => {
        const random = createRandom(number);
        const { decoder } = decoderOf(format);
        const reports = seeds.flatMap((seed) =>
          decoder.decode(JSON.stringify(twisted(seed, random))),
        );
        assertReports(reports);
        made += reports.length;
      }),
      { seed: 17, numRuns: fuzzRuns(200) },
    );
    assert(made > 0, "nothing came through at all");
  });
}

test("any JSON at all is taken for an answer without a crash", () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  const keys = fc.constantFrom(
    "states",
    "aircraft",
    "ac",
    "now",
    "collection",
    "metadata",
    "icao24",
    "timestamp",
    "hex",
    "lat",
  );
  const shaped = fc.dictionary(keys, fc.oneof(value, fc.array(fc.array(value, { maxLength: 20 }))));
  fc.assert(
    fc.property(fc.oneof(value, shaped), (body) => {
      for (const format of jsonFormats) {
        const { decoder } = decoderOf(format);
        assertReports(decoder.decode(JSON.stringify(body)));
      }
    }),
    { seed: 19, numRuns: fuzzRuns(100) },
  );
});

test("broken files end in reports or in a reason, packed or not", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "drover-fuzz-"));
  t.after(() => rm(dir, { recursive: true }));
  for (let seed = 0; seed < 45; seed++) {
    const format = formatNames[seed % formatNames.length] ?? "sbs";
    const text = broken(seedOf(format).slice(0, 3_000), seed);
    const packed = gzipSync(text);
    const at = (seed * 7_919) % packed.length;
    if (seed % 4 === 0) packed[at] = (packed[at] ?? 0) ^ 0x55;
    const file = join(dir, `${seed}`);
    await writeFile(file, seed % 2 === 0 ? packed : text);
    const [prepared] = prepareSources([{ kind: "replay", file, speed: "max", retime: false }]);
    assert(prepared);
    const source = prepared.create({ clock: systemClock, log: silentLog, stateDir: dir });
    const reports: Report[] = [];
    try {
      await source.run(async (batch) => void reports.push(...batch), new AbortController().signal);
      assert(reports.length > 0);
    } catch (error) {
      assert(error instanceof Error && error.name === "SourceError", String(error));
    }
    assertReports(reports);
  }
});
