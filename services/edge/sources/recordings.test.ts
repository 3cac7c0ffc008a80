// The sources over recordings that nobody here wrote. What to expect is computed here from the raw
// file, by other means than the sources'.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { systemClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { faultOfReport } from "@drover/core/model/codec";
import type { Report } from "@drover/core/model/report";
import { prepareSources } from "./registry.ts";
import type { SourceStatus } from "./source.ts";

const folder = process.env["DROVER_RECORDINGS"] ?? "";
const options = { skip: folder === "" ? "DROVER_RECORDINGS is not set" : false };
const swiss = "aircraft/switzerland-30min/bundle_switzerland_20180801T0910Z_";

const pathOf = (file: string): string => join(folder, file);

function rawText(file: string): string {
  const bytes = readFileSync(pathOf(file));
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

const rawLines = (file: string): string[] =>
  rawText(file)
    .split(/\r?\n/)
    .filter((line) => line !== "");

type Played = { readonly reports: Report[]; readonly status: SourceStatus };
const played = new Map<string, Promise<Played>>();

/** Plays a file once, however many tests look at it. */
function replay(file: string, more: Record<string, unknown> = {}): Promise<Played> {
  const key = `${file} ${JSON.stringify(more)}`;
  const again = played.get(key) ?? play(file, more);
  played.set(key, again);
  return again;
}

async function play(file: string, more: Record<string, unknown>): Promise<Played> {
  const spec = { kind: "replay", file: pathOf(file), speed: "max", retime: false, ...more };
  const [prepared] = prepareSources([spec]);
  assert(prepared);
  const stateDir = await mkdtemp(join(tmpdir(), "drover-recordings-"));
  const source = prepared.create({ clock: systemClock, log: silentLog, stateDir });
  const reports: Report[] = [];
  try {
    await source.run(async (batch) => void reports.push(...batch), new AbortController().signal);
  } finally {
    await rm(stateDir, { recursive: true });
  }
  for (const report of reports) assert.equal(faultOfReport({ ...report }), undefined);
  return { reports, status: source.status() };
}

const assetsOf = (reports: readonly Report[]): Set<string> =>
  new Set(reports.map(({ asset }) => asset));
const placed = (reports: readonly Report[]): Report[] =>
  reports.filter(({ position }) => position !== undefined);
const near = (value: number | undefined, want: number, by: number): void =>
  assert(value !== undefined && Math.abs(value - want) <= by, `${value} is not ${want} ± ${by}`);

type Row = readonly unknown[];
type Snapshot = { readonly states: readonly Row[] };
type Sky = { readonly now: number; readonly aircraft: readonly Record<string, unknown>[] };
type Period = {
  readonly from: string;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
};
type Page = {
  readonly collection: readonly [{ readonly summaries: readonly { readonly period: Period }[] }];
};
// The files are JSON of a known shape.
const snapshotOf = (text: string): Snapshot => JSON.parse(text);
const skyOf = (text: string): Sky => JSON.parse(text);
const pageOf = (text: string): Page => JSON.parse(text);
const flightOf = (text: string): readonly Record<string, number>[] => JSON.parse(text);

test("OpenSky over Switzerland: 85 aircraft, every state once", options, async () => {
  const rows = rawLines(`${swiss}opensky_10s.jsonl.gz`).flatMap((line) => snapshotOf(line).states);
  const distinct = new Set(
    rows.map((row) => `${String(row[0])} ${String(row[3])} ${String(row[5])} ${String(row[6])}`),
  );
  const { reports, status } = await replay(`${swiss}opensky_10s.jsonl.gz`);
  assert.equal(assetsOf(reports).size, 85);
  assert.equal(reports.length, distinct.size);
  assert.equal(status.received, rows.length);
  const sumM = rows.reduce((sum, row) => sum + Number(row[7] ?? 0), 0);
  near(
    reports.reduce((sum, { position }) => sum + (position?.altitudeM ?? 0), 0),
    sumM,
    0.01,
  );
});

test("aircraft.json over Switzerland: 85 aircraft, feet and knots converted", options, async () => {
  const entries = rawLines(`${swiss}aircraft_json_10s.jsonl.gz`).flatMap(
    (line) => skyOf(line).aircraft,
  );
  const { reports } = await replay(`${swiss}aircraft_json_10s.jsonl.gz`);
  assert.equal(assetsOf(reports).size, 85);
  assert.equal(
    placed(reports).length,
    entries.filter((entry) => entry["lat"] !== undefined).length,
  );
  // The first entry says 34650 ft, 463.5 kt, −1024 ft/min and a fix 0.4 s old at 1533114600.5.
  const first = reports.find(({ asset }) => asset === "aircraft:02a18f");
  assert.equal(first?.at, 1_533_114_600_100);
  near(first?.position?.altitudeM, 10_561.32, 1e-9);
  near(first?.motion?.speedMps, 238.445, 1e-3);
  near(first?.motion?.climbMps, -5.20192, 1e-9);
  assert.equal(first?.attributes?.["callsign"], "TAR744");
});

test(
  "BaseStation over Switzerland: 85 aircraft, a report for every position message",
  options,
  async () => {
    const lines = rawLines(`${swiss}sbs.log.gz`).map((line) => line.split(","));
    const positions = lines.filter((fields) => fields[1] === "3" && fields[14] !== "");
    const { reports, status } = await replay(`${swiss}sbs.log.gz`);
    assert.equal(assetsOf(reports).size, 85);
    assert.equal(placed(reports).length, positions.length);
    assert.equal(status.received, lines.length);
    // All parts of a moment are in its report: what MSG,4 said after MSG,3 too.
    const speeds = new Map(
      lines
        .filter((fields) => fields[1] === "4")
        .map((f) => [`${f[4]} ${f[6]} ${f[7]}`, Number(f[12])]),
    );
    for (const report of placed(reports).slice(0, 500)) {
      const iso = new Date(report.at).toISOString();
      const hex = report.asset.slice("aircraft:".length).toUpperCase();
      const kt = speeds.get(`${hex} ${iso.slice(0, 10).replaceAll("-", "/")} ${iso.slice(11, 23)}`);
      near(report.motion?.speedMps, (kt ?? Number.NaN) * 0.514444, 0.01);
    }
  },
);

test("the same flights through three sources are one set of tracks", options, async () => {
  const [opensky, readsb, sbs] = await Promise.all(
    ["opensky_10s.jsonl.gz", "aircraft_json_10s.jsonl.gz", "sbs.log.gz"].map((file) =>
      replay(swiss + file),
    ),
  );
  assert(opensky && readsb && sbs);
  assert.deepEqual(assetsOf(readsb.reports), assetsOf(opensky.reports));
  assert.deepEqual(assetsOf(sbs.reports), assetsOf(opensky.reports));
  // OpenSky's file has whole seconds; the decoder's fix is 0.1 s after.
  const bySecond = (reports: readonly Report[]) =>
    new Map(
      placed(reports).map((report) => [`${report.asset} ${Math.floor(report.at / 1000)}`, report]),
    );
  const [theirs, lines] = [bySecond(readsb.reports), bySecond(sbs.reports)];
  for (const [key, report] of bySecond(opensky.reports)) {
    for (const other of [theirs.get(key), lines.get(key)]) {
      // Four decimals in one file, five and six in the others: half a unit of the coarsest.
      near(other?.position?.lat, report.position?.lat ?? Number.NaN, 6e-5);
      near(other?.position?.lon, report.position?.lon ?? Number.NaN, 6e-5);
      near(other?.position?.altitudeM, report.position?.altitudeM ?? Number.NaN, 0.01);
    }
  }
  assert.equal(theirs.size, lines.size);
});

test(
  "Adelaide's receiver writes local time, and ten and a half hours are found by it",
  options,
  async () => {
    const file = "receivers/adelaide/messages-log.txt";
    const lines = rawLines(file).map((line) => line.split(","));
    const positions = lines.filter((fields) => fields[15] !== "" && fields[16] !== "");
    const { reports } = await replay(file);
    assert.equal(placed(reports).length, positions.length);
    for (const [i, report] of placed(reports).entries()) {
      const fields = positions[i] ?? [];
      const localMs = Date.parse(`${fields[7]?.replaceAll("/", "-")}T${fields[8]}Z`);
      assert.equal(report.at, localMs - 10.5 * 3_600_000);
      // A little before it was received, never after.
      const agoMs = Date.parse(fields[0] ?? "") - report.at;
      assert(agoMs >= 0 && agoMs < 3_000, `${agoMs} ms`);
    }
    assert.equal(reports.at(-1)?.asset, "aircraft:7c802d");
    assert.equal(reports.at(-1)?.attributes?.["callsign"], "RXA4631");
  },
);

test("a decoder's lines: every distinct position once, repeats counted", options, async () => {
  const file = "receivers/dump1090/w1_sbs.log.gz";
  const lines = rawLines(file).map((line) => line.split(","));
  const positions = lines.filter((fields) => fields[14] !== "" && fields[15] !== "");
  const distinct = new Set(positions.map((f) => `${f[4]} ${f[6]} ${f[7]} ${f[14]} ${f[15]}`));
  const { reports, status } = await replay(file);
  assert.equal(placed(reports).length, distinct.size);
  assert.equal(status.repeated, positions.length - distinct.size);
  assert.deepEqual(assetsOf(reports), new Set(["aircraft:400f99"]));
});

test("a decoder's snapshots in an archive: positions lost and found again", options, async () => {
  const { reports, status } = await replay("receivers/dump1090/w1_aircraft_json.tar.gz");
  const text = gunzipSync(
    readFileSync(pathOf("receivers/dump1090/w1_aircraft_json.tar.gz")),
  ).toString("latin1");
  const withPlace = text.match(/"lat":[-\d.]+,"lon":/g) ?? [];
  assert.equal(placed(reports).length + status.repeated, withPlace.length);
  assert.equal(status.received, (text.match(/"hex":/g) ?? []).length);
  assert(reports.some(({ position }) => position === undefined));
  // receiver.json lies in the archive too.
  assert.equal(status.refused["bad-body"], 1);
});

for (const [file, rows] of [
  ["sydney", 2_947],
  ["anzac_day", 1_370],
  ["qantas747", 1_088],
] as const) {
  test(`the flight ${file}: every row, in metres and metres per second`, options, async () => {
    const path = `aircraft/flights/${file}.json.gz`;
    const raw = flightOf(rawText(path));
    const { reports } = await replay(path);
    assert.equal(raw.length, rows);
    assert.equal(
      reports.length,
      new Set(raw.map((row) => `${row["timestamp"]} ${row["latitude"]} ${row["longitude"]}`)).size,
    );
    const byTime = new Map(raw.map((row) => [row["timestamp"], row]));
    for (const report of reports) {
      const row = byTime.get(report.at);
      near(report.position?.altitudeM, (row?.["altitude"] ?? 0) * 0.3048, 1e-6);
      near(report.motion?.speedMps, ((row?.["groundspeed"] ?? 0) * 1.852) / 3.6, 1e-6);
    }
  });
}

test("OpenSky's fixture prints over several lines and has 18 columns", options, async () => {
  const { reports } = await replay("aircraft/opensky-fixtures/python-opensky_states.json");
  assert.equal(reports.length, 4);
  const boston = reports.find(({ asset }) => asset === "aircraft:ab1644");
  assert.equal(boston?.position?.altitudeM, 2194.56);
  assert.equal(boston?.measurements?.["baroAltitudeM"], 2217.42);
  assert.equal(boston?.attributes?.["category"], "A3");
  // 243 s old when it was answered.
  assert.equal(reports.find(({ asset }) => asset === "aircraft:e8027e")?.at, 1_683_488_479_000);
  await assert.rejects(
    replay("aircraft/opensky-fixtures/python-opensky_unavailable_states.json"),
    /holds no report/,
  );
});

test("Western Australian readings: every minute, every quarter hour, in UTC", options, async () => {
  const minutes = await Promise.all(
    ["p1", "p2"].map((page) => replay(`stations/dpird/BI_minute_2018-02-01_${page}.json.gz`)),
  );
  const all = minutes.flatMap(({ reports }) => reports);
  assert.equal(all.length, 1_440);
  assert.equal(all[0]?.at, Date.UTC(2018, 1, 1, 5));
  assert.equal(all[0]?.asset, "station:bi");
  assert.equal(all[0]?.measurements?.["airTemperatureC"], 30.2);
  near(all[0]?.measurements?.["windSpeedMps"], 16.88 / 3.6, 1e-9);

  const stations = pathOf("stations/dpird/stations_rich.json.gz");
  const pages = await Promise.all(
    [1, 2, 3, 4, 5, 6, 7].map((page) =>
      replay(`stations/dpird/BI_15min_2022-10-28_p${page}.json.gz`, { stations }),
    ),
  );
  const quarters = pages.flatMap(({ reports }) => reports);
  assert.equal(quarters.length, 6_148);
  assert.equal(new Set(quarters.map(({ at }) => at)).size, 6_148);
  const raw = pageOf(rawText("stations/dpird/BI_15min_2022-10-28_p1.json.gz")).collection[0]
    .summaries;
  for (const [i, { period }] of raw.entries()) {
    const localMs = Date.UTC(period.year, period.month - 1, period.day, period.hour, period.minute);
    assert.equal(quarters[i]?.at, localMs - 8 * 3_600_000);
    assert.equal(quarters[i]?.at, Date.parse(period.from) + 900_000);
  }
  near(quarters[0]?.position?.lat, -28.051, 1e-9);
});

test("a list of stations is not replayed, because it says no time", options, async () => {
  await assert.rejects(
    replay("stations/dpird/stations_rich.json.gz"),
    /holds no report \(252 no-time\)/,
  );
});

test("a Norwegian station of NOAA: every hour, tenths scaled", options, async () => {
  const file = "stations/noaa-isd/024130-99999-2016.gz";
  const lines = rawLines(file);
  const { reports } = await replay(file);
  assert.equal(reports.length, 2_601);
  assert.equal(reports.length, lines.length);
  const coldest = Math.min(
    ...lines.map((line) => Number(line.slice(87, 92))).filter((tenths) => tenths !== 9999),
  );
  const ours = reports.map(({ measurements }) => measurements?.["airTemperatureC"] ?? Infinity);
  near(Math.min(...ours), coldest / 10, 1e-9);
});

test("three oystercatchers: every fix, though the rows are grouped by bird", options, async () => {
  const file = "tracks/oystercatchers/O_ASSEN-gps-2018.csv.gz";
  const { reports } = await replay(file, { window: 20_000 });
  assert.equal(reports.length, 14_893);
  assert.deepEqual(
    [...assetsOf(reports)].filter((asset) => !asset.startsWith("bird:")),
    [],
  );
  assert.equal(assetsOf(reports).size, 3);
  // With a window as large as the file they come in order of time.
  for (const [i, report] of reports.entries()) assert(report.at >= (reports[i - 1]?.at ?? 0));
  const first = reports.find(({ at }) => at === Date.UTC(2018, 4, 9, 14, 59, 5));
  assert.deepEqual(first?.position, {
    lat: 53.0082323,
    lon: 6.5815293,
    altitudeM: 5,
    accuracyM: 5.3,
  });
});

test("eight buses: every fix", options, async () => {
  const { reports } = await replay("tracks/bus/route14_outbound.csv");
  assert.equal(reports.length, 1_533);
  assert.equal(assetsOf(reports).size, 8);
  assert(reports.every(({ asset }) => asset.startsWith("bus:")));
});

test("a moored vessel: a report a second, all within forty-five metres", options, async () => {
  const { reports } = await replay("tracks/vessel/gps.log", { asset: "vessel:testship" });
  const seconds = new Set(
    rawLines("tracks/vessel/gps.log")
      .filter((line) => line.startsWith("$GPGGA"))
      .map((line) => line.slice(7, 13)),
  );
  assert.equal(reports.length, seconds.size);
  const latM = reports.map(({ position }) => (position?.lat ?? 0) * 111_320);
  assert(Math.max(...latM) - Math.min(...latM) < 45);
  // 5222.3215 N is 52° 22.3215′; 0.58 kt.
  near(reports[0]?.position?.lat, 52.37202_5, 1e-9);
  near(reports[0]?.motion?.speedMps, 0.298378, 1e-6);
});
