import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@drover/core/service/clock";
import type { Report } from "@drover/core/model/report";
import { createSbsDecoder } from "./sbs-decoder.ts";
import { createSbsMerger } from "./sbs-merge.ts";
import { parseSbsLine } from "./sbs-message.ts";
import type { SbsZone } from "./sbs-zone.ts";
import { createZoneResolver } from "./sbs-zone.ts";
import { createTally } from "./tally.ts";

const tally = () => createTally({ name: "t", kind: "sbs" }, { clock: systemClock });
const decoderOf = (zone: SbsZone = 0, counts = tally()) =>
  createSbsDecoder({ source: "sbs", zone }, counts);

const stamp = (second: number) => {
  const time = new Date(Date.UTC(2024, 5, 6, 10, 0) + second * 1000).toISOString();
  return `${time.slice(0, 10).replaceAll("-", "/")},${time.slice(11, 23)}`;
};
const callsign = (hex: string, second: number, text: string) =>
  `MSG,1,1,1,${hex},1,${stamp(second)},${stamp(second)},${text},,,,,,,,,,,0`;
const fix = (hex: string, second: number, lat: number, altitude = "35000") =>
  `MSG,3,1,1,${hex},1,${stamp(second)},${stamp(second)},,${altitude},,,${lat},138,,,0,0,0,0`;
const speed = (hex: string, second: number, kt: number) =>
  `MSG,4,1,1,${hex},1,${stamp(second)},${stamp(second)},,,${kt},90,,,64,,,,,0`;
const other = (hex: string, second: number) =>
  `MSG,8,1,1,${hex},1,${stamp(second)},${stamp(second)},,,,,,,,,,,,0`;

function read(lines: readonly string[], decoder = decoderOf()): Report[] {
  return [...lines.flatMap((line) => decoder.line(line)), ...decoder.flush()];
}

test("what one message has is merged into the fix of another, of the same aircraft only", () => {
  const [first, second] = read([
    callsign("7C0001", 0, "QFA1    "),
    speed("7C0002", 0, 300),
    fix("7C0001", 1, -35),
    speed("7C0001", 1.05, 400),
    fix("7C0002", 2, -36),
  ]);
  assert.equal(first?.attributes?.["callsign"], "QFA1");
  assert.equal(first?.motion?.speedMps, 400 * (1852 / 3600));
  assert.equal(first?.at, Date.UTC(2024, 5, 6, 10, 0, 1));
  assert.equal(second?.motion?.speedMps, 300 * (1852 / 3600));
  assert.equal(second?.attributes, undefined);
});

test("a speed half a minute old is not of this fix", () => {
  const report = read([speed("7C0001", 0, 400), other("7C0001", 20), fix("7C0001", 31, -35)]).at(
    -1,
  );
  assert.equal(report?.motion, undefined);
});

test("geometric height comes first, and the other stays as a measurement", () => {
  const [, report] = read([fix("7C0001", 1, -35, "35000"), fix("7C0001", 2, -35.001, "36000H")]);
  assert.equal(report?.position?.altitudeM, 36_000 * 0.3048);
  assert.deepEqual(report?.measurements, { baroAltitudeM: 10_668 });
});

test("0,0 is no place", () => {
  const counts = tally();
  const reports = read([fix("7C0001", 1, 0).replace(",138,", ",0,")], decoderOf(0, counts));
  assert(reports.every((report) => report.position === undefined));
  assert.equal(counts.status().refused["null-island"], 1);
});

test("an aircraft without a fix is reported without a place, every fifteen seconds", () => {
  const lines = Array.from({ length: 61 }, (_, second) => speed("7C0001", second, 400));
  const reports = read(lines);
  assert.equal(reports.length, 4);
  assert(reports.every((report) => report.position === undefined));
});

test("an aircraft heard again after five minutes begins without its old callsign", () => {
  const [, report] = read([
    callsign("7C0001", 0, "OLD1"),
    fix("7C0001", 1, -35),
    other("7C0002", 2),
    fix("7C0001", 400, -36),
  ]);
  assert.equal(report?.attributes, undefined);
});

test("the table is bounded, and a fix that waits is handed over before it goes", () => {
  const merger = createSbsMerger({ source: "sbs", aircraftMax: 10 }, tally());
  const reports: Report[] = [];
  for (let i = 0; i < 1_000; i++) {
    const parsed = parseSbsLine(fix(i.toString(16).padStart(6, "0"), 1, -35));
    assert(parsed.kind === "message");
    reports.push(...merger.add(parsed.message, Date.UTC(2024, 5, 6, 10, 0, 1)));
    assert(merger.size() <= 10);
  }
  assert.equal(reports.length + merger.flush().length, 1_000);
});

test("local times are told from the receive time, in quarter hours", () => {
  const wall = Date.UTC(2018, 1, 18, 15, 47, 41);
  const table = [
    ["Adelaide in summer", 10 * 60 + 30],
    ["Kathmandu", 5 * 60 + 45],
    ["New York", -5 * 60],
    ["UTC", 0],
    ["Kiribati", 14 * 60],
  ] as const;
  for (const [where, minutes] of table) {
    for (const delayMs of [0, 1_300, 5 * 60_000, -2_000]) {
      const resolver = createZoneResolver("auto");
      const utc = wall - minutes * 60_000;
      assert.equal(resolver.resolve(wall, utc + delayMs), utc, where);
    }
  }
});

test("a change of the clocks is taken after twenty messages that agree, one odd message is not", () => {
  const resolver = createZoneResolver("auto");
  const utc = Date.UTC(2024, 3, 6, 16);
  const summerMs = 10.5 * 3_600_000;
  const winterMs = 9.5 * 3_600_000;
  assert.equal(resolver.resolve(utc + summerMs, utc), utc);
  assert.equal(resolver.resolve(utc + winterMs, utc), utc - 3_600_000);
  assert.equal(resolver.resolve(utc + summerMs, utc), utc);
  for (let i = 0; i < 20; i++) resolver.resolve(utc + winterMs, utc);
  assert.equal(resolver.resolve(utc + winterMs, utc), utc);
});

test("without a receive time auto is UTC; without any time there is no report", () => {
  const [report] = read([fix("7C0001", 1, -35)], decoderOf("auto"));
  assert.equal(report?.at, Date.UTC(2024, 5, 6, 10, 0, 1));
  const counts = tally();
  const decoder = decoderOf("auto", counts);
  assert.deepEqual(decoder.line("MSG,3,1,1,7C0001,1,,,,,,35000,,,-35,138,,,,,,0"), []);
  assert.equal(counts.status().refused["no-time"], 1);
});

test("a live feed without times has the receive time", () => {
  const decoder = decoderOf("auto");
  decoder.line("MSG,3,1,1,7C0001,1,,,,,,35000,,,-35,138,,,,,,0", 1_700_000_000_000);
  assert.equal(decoder.flush()[0]?.at, 1_700_000_000_000);
});

test("a receive time in front of a line is UTC and settles the zone", () => {
  const decoder = decoderOf("auto");
  decoder.line(`2024-06-05T23:30:01.250000+00:00,${fix("7C0001", 1, -35)}`);
  assert.equal(decoder.flush()[0]?.at, Date.UTC(2024, 5, 5, 23, 30, 1));
  assert.equal(decoder.offsetMinutes(), 630);
});

test("fixes of a clock that is years ahead do not wait for ever, and hold nothing up", () => {
  const merger = createSbsMerger({ source: "sbs" }, tally());
  const parsed = parseSbsLine(fix("7C0001", 1, -35));
  assert(parsed.kind === "message");
  let count = 0;
  for (let i = 0; i < 5_000; i++) {
    const message = { ...parsed.message, hex: i.toString(16).padStart(6, "0") };
    count += merger.add(message, Date.UTC(2037, 0, 1)).length;
  }
  assert.equal(count, 3_999);
  merger.add(parsed.message, Date.UTC(2026, 0, 1));
  const next = merger.add(parsed.message, Date.UTC(2026, 0, 1, 0, 0, 1));
  const real = next.filter(({ asset }) => asset === "aircraft:7c0001");
  assert.deepEqual(
    real.map(({ at }) => at),
    [Date.UTC(2026, 0, 1)],
  );
});
